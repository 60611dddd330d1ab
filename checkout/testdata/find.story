# A receipt is found by its number.
online                       => ready
nopin                        => ready
online                       => ready
key 1 00                     => ready entry=100
press cash                   => cash entry=100
press exact                  => approved approved : commit sale_created cash_taken/100-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
key 2 00                     => ready entry=200
press cash                   => cash entry=200
press exact                  => approved approved : commit sale_created cash_taken/200-0 receipt 2, drawer, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
press sales                  => list rows=2
press find                   => find
buttons                      => cancel (enter*) keypad
key 1                        => find keyed=1
buttons                      => cancel enter* keypad
press enter                  => sale
press refund                 => refund : commit manager_acted/refund by 
press all                    => sale sale=refunded says=refund_done : commit refund_asked/100 of tender 1 refund_changed/done, drawer, print 1 refund 1
key esc                      => list rows=1
press find                   => find
key 9                        => find keyed=9
press backspace              => find
key 7 7 enter                => find says=receipt_not_found
scan wechat                  => find says=scan_not_expected : ♪read
unknown                      => find says=sought : ♪read, seek 01JDEE
sought sale_unknown          => find says=sought_sale_unknown
key esc                      => list rows=2
key esc                      => menu
wait 30s                     => ready
