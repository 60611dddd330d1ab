# The whole sale, the same day.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
receipt                      => sale : ♪read
buttons                      => cancel void refund more reprint*
press void                   => pin
press cancel                 => sale
press void                   => pin
key 2 5 8 0 enter            => void : commit manager_acted/void by li
buttons                      => cancel void*
press cancel                 => sale
press void                   => pin
key 2 5 8 0 enter            => void : commit manager_acted/void by li
press void                   => sale sale=approved says=refund_asked : commit refund_asked/500 of tender 1 void, give back R01 500 of 1 void
buttons                      => cancel (void) (refund) more reprint*
refund done                  => sale sale=voided says=refund_done : commit refund_changed/done, ♪approved, print 1 refund 1
# Cash goes back out of the drawer at once.
key esc                      => list rows=1
key esc                      => menu
key esc                      => ready
key 5                        => ready entry=5
press cash                   => cash entry=5
press exact                  => approved approved : commit sale_created cash_taken/5-0 receipt 2, drawer, ♪approved, print 2
paper                        => approved approved : commit slip_printed, commit receipt_printed
press done                   => ready
press menu                   => menu
receipt                      => sale : ♪read
press void                   => pin
key 2 5 8 0 enter            => void : commit manager_acted/void by li
key enter                    => sale sale=voided says=refund_done : commit refund_asked/5 of tender 1 void refund_changed/done, drawer, print 2 refund 1
# The next day there is no void, but a refund.
key esc                      => list rows=1
key esc                      => menu
key esc                      => ready
key 6                        => ready entry=6
press cash                   => cash entry=6
press exact                  => approved approved : commit sale_created cash_taken/6-0 receipt 3, drawer, ♪approved, print 3
paper                        => approved approved : commit slip_printed, commit receipt_printed
press done                   => ready
day                          => ready
press menu                   => menu
receipt                      => sale : ♪read
buttons                      => cancel (void) refund more reprint*
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
key 9 enter                  => refund keyed=9 says=refund_too_much
key backspace 4 enter        => sale sale=approved says=refund_done : commit refund_asked/4 of tender 1 refund_changed/done, drawer, print 3 refund 1
buttons                      => cancel (void) refund more reprint*
# A receipt that is not of this terminal.
unknown                      => sale sale=approved says=sought : ♪read, seek 01JDEE
# Without a PIN a manager's step asks for none.
nopin                        => ready : print 3 copy refund 1
press menu                   => menu
receipt                      => sale sale=approved : ♪read
press refund                 => refund : commit manager_acted/refund by 
