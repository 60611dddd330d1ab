# The list cannot be read: it is empty, and whoever pressed is told.
key 1                        => ready entry=1
press cash                   => cash entry=1
press exact                  => approved approved : commit sale_created cash_taken/1-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
unreadable                   => ready
press menu                   => menu
press sales                  => list rows=0 : ERROR list recent sales: bad page
