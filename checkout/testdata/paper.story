# A receipt is printed where somebody asks for it.
asked                        => ready
online                       => ready
key 5 00                     => ready entry=500
press cash                   => cash entry=500
press exact                  => approved approved : commit sale_created cash_taken/500-0 receipt 1, drawer, ♪approved
buttons                      => print done*
press print                  => approved approved : print 1
buttons                      => (print) done*
paper                        => approved approved : commit receipt_printed
press done                   => ready
# Nobody does: that is kept as the screen is left, and it is printed by nobody.
key 7 00                     => ready entry=700
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved
press print                  => approved approved : print 2
press done                   => ready
key 8 00                     => ready entry=800
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 800 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 3, ♪approved
press done                   => ready : commit receipt_waived receipt 3
reboot                       => ready : print 2 copy
online                       => ready
# By its button, by esc, by the first digit of the next amount, by time: it is left.
key 1 00                     => ready entry=100
press cash                   => cash entry=100
press exact                  => approved approved : commit sale_created cash_taken/100-0 receipt 4, drawer, ♪approved
key esc                      => ready : commit receipt_waived receipt 4
key 1 00                     => ready entry=100
press cash                   => cash entry=100
press exact                  => approved approved : commit sale_created cash_taken/100-0 receipt 5, drawer, ♪approved
key 2                        => ready entry=2 : commit receipt_waived receipt 5
key 00                       => ready entry=200
press cash                   => cash entry=200
press exact                  => approved approved : commit sale_created cash_taken/200-0 receipt 6, drawer, ♪approved
wait 19s                     => approved approved
wait 1s                      => ready : commit receipt_waived receipt 6
# The power went first: paper is the safe side.
key 3 00                     => ready entry=300
press cash                   => cash entry=300
press exact                  => approved approved : commit sale_created cash_taken/300-0 receipt 7, drawer, ♪approved
reboot                       => ready : print 2 copy, print 7 copy
paper                        => ready : commit receipt_printed, commit receipt_printed
online                       => ready
# After all: the first paper is no copy, the next one is. The power does not make it forgotten.
key 4 00                     => ready entry=400
press cash                   => cash entry=400
press exact                  => approved approved : commit sale_created cash_taken/400-0 receipt 8, drawer, ♪approved
press done                   => ready : commit receipt_waived receipt 8
press menu                   => menu
press reprint                => menu says=printing : commit receipt_wanted receipt 8, print 8
reboot                       => ready : print 8 copy
paper                        => ready : commit receipt_printed
online                       => ready
key 5 00                     => ready entry=500
press cash                   => cash entry=500
press exact                  => approved approved : commit sale_created cash_taken/500-0 receipt 9, drawer, ♪approved
press done                   => ready : commit receipt_waived receipt 9
press menu                   => menu
press reprint                => menu says=printing : commit receipt_wanted receipt 9, print 9
paper                        => menu says=printing : commit receipt_printed
press reprint                => menu says=reprinting : print 9 copy
press sales                  => list rows=2
row 1                        => sale
press reprint                => sale says=reprinting : print 9 copy
key esc esc esc              => ready
# Without paper it waits.
key 6 00                     => ready entry=600
press cash                   => cash entry=600
press exact                  => approved approved : commit sale_created cash_taken/600-0 receipt 10, drawer, ♪approved
printer no-paper             => approved approved : ♪attention
press print                  => approved approved : print 10
press done                   => ready
key 7 00                     => ready entry=700
press cash                   => cash entry=700
press exact                  => approved approved : commit sale_created cash_taken/700-0 receipt 11, drawer, ♪approved
press done                   => ready : commit receipt_waived receipt 11
press menu                   => menu
press reprint                => menu says=receipt_waits : commit receipt_wanted receipt 11, print 11
printer ready                => menu says=receipt_waits
paper                        => menu says=receipt_waits : commit receipt_printed, commit receipt_printed
key esc                      => ready
# Parked, and paid when nobody is there to be asked.
key 9 00                     => ready entry=900
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
press done                   => ready
answer approved              => ready says=parked_paid : commit attempt_changed/approved receipt 12 receipt_waived receipt 12, ♪attention
reboot                       => ready
online                       => ready
# Paid while its screen says that it is parked, which has no button for paper.
key 9 00                     => ready entry=900
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
answer approved              => parked approved says=parked_paid : commit attempt_changed/approved receipt 13, ♪attention
press done                   => ready : commit receipt_waived receipt 13
# Slips of money that goes back are no receipts.
press menu                   => menu
receipt                      => sale : ♪read
press refund                 => pin
key 2 5 8 0 enter 3 enter    => sale sale=approved says=refund_asked : commit manager_acted/refund by li, commit refund_asked/3 of tender 1, give back R01 3 of 1
refund done                  => sale sale=approved says=refund_done : commit refund_changed/done, ♪approved, print 13 refund 1
paper                        => sale sale=approved says=refund_done : commit slip_printed
key esc esc esc              => ready
# The printer was lost at it: the question is asked as always.
key 1 1 00                   => ready entry=1100
press cash                   => cash entry=1100
press exact                  => approved approved : commit sale_created cash_taken/1100-0 receipt 14, drawer, ♪approved
press print                  => approved approved : print 14
lost                         => approved approved : ♪attention
press done                   => receipt
press again                  => ready says=reprinting : print 14 copy
paper                        => ready says=reprinting : commit receipt_printed
