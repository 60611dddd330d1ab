# A printer that is lost after all was sent: only the cashier can see whether the receipt came out.
key 5                        => ready entry=5
press cash                   => cash entry=5
press exact                  => approved approved : commit sale_created cash_taken/5-0 receipt 1, drawer, ♪approved, print 1
printer off                  => approved approved : ♪attention
lost                         => approved approved : ♪attention
key 6                        => ready entry=6
lost                         => ready entry=6
press cash                   => cash entry=6
press exact                  => approved approved : commit sale_created cash_taken/6-0 receipt 2, drawer, ♪approved, print 2
press done                   => receipt
buttons                      => again yes*
key 7                        => ready entry=7
press cash                   => cash entry=7
press exact                  => approved approved : commit sale_created cash_taken/7-0 receipt 3, drawer, ♪approved, print 3
paper                        => approved approved : commit receipt_printed, commit receipt_printed
press done                   => receipt
press yes                    => ready : commit receipt_printed
key 8                        => ready entry=8
press cash                   => cash entry=8
press exact                  => approved approved : commit sale_created cash_taken/8-0 receipt 4, drawer, ♪approved, print 4
lost                         => approved approved : ♪attention
press done                   => receipt
press again                  => ready says=receipt_waits : print 4 copy
paper                        => ready says=receipt_waits : commit receipt_printed
reboot                       => ready
# what nobody answered is printed again as a copy after a power cut
key 9                        => ready entry=9
press cash                   => cash entry=9
press exact                  => approved approved : commit sale_created cash_taken/9-0 receipt 5, drawer, ♪approved, print 5
lost                         => approved approved : ♪attention
reboot                       => ready : print 5 copy
