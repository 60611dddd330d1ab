# Receipts print by themselves; one that is not out yet holds nothing up.
printer no-paper             => ready : ♪attention
key 5                        => ready entry=5
press cash                   => cash entry=5
press exact                  => approved approved : commit sale_created cash_taken/5-0 receipt 1, drawer, ♪approved, print 1
press done                   => ready
torn                         => ready
key 6                        => ready entry=6
press cash                   => cash entry=6
press exact                  => approved approved : commit sale_created cash_taken/6-0 receipt 2, drawer, ♪approved, print 2
printer off                  => approved approved : ♪attention
printer ready                => approved approved
paper                        => approved approved : commit receipt_printed, commit receipt_printed
press done                   => ready
