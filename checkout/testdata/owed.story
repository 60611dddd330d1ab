# What is owed on paper is printed at the next start, until it was: a Z report, the slip of a refund, that of a parked sale.
new                          => ready
online                       => ready
autoshift                    => ready : commit shift_opened/1 with 0
online                       => ready
key 5 00                     => ready entry=500
press cash                   => cash entry=500
press exact                  => approved approved : commit sale_created cash_taken/500-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
receipt                      => sale : ♪read
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
press all                    => sale sale=refunded says=refund_done : commit refund_asked/500 of tender 1 refund_changed/done, drawer, print 1 refund 1
key esc                      => list rows=1
key esc                      => menu
key esc                      => ready
key 8 00                     => ready entry=800
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 800 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
press done                   => ready
press menu                   => menu
press shift                  => shift shift=1 open=true drawer=0
press close_shift            => sum asks=count
key 5 00                     => sum keyed=500 asks=count
press enter                  => shift shift=1 open=false drawer=0 says=shift_closed : commit shift_closed/1 with 500, Z report 1, over 500, unsettled 800
reboot                       => ready : commit shift_opened/2 with 0, print 1 copy refund 1, print slip copy, Z report 1, over 500 copy, unsettled 800
reboot                       => ready : print 1 copy refund 1, print slip copy, Z report 1, over 500 copy, unsettled 800
paper                        => ready : commit slip_printed, commit slip_printed, commit report_printed
reboot                       => ready
# That of a sale that was settled meanwhile would say what is not true any more.
online                       => ready
key 9 00                     => ready entry=900
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 alipay
wait 3s                      => checking checking : query 1, commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
answer approved              => parked approved says=parked_paid : commit attempt_changed/approved receipt 2, ♪attention, print 2
reboot                       => ready : print 2 copy
paper                        => ready : commit receipt_printed
# The Z report again is what it was, whatever has changed since.
press menu                   => menu
press shift                  => shift shift=2 open=true drawer=0
press z_report               => shift shift=2 open=true drawer=0 says=report_printing : Z report 1, over 500 copy, unsettled 800
paper                        => shift shift=2 open=true drawer=0 says=report_printing
