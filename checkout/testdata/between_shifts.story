# A sale that is paid in part, in cash, is parked: the customer left. The shift is closed before the wallet is heard.
online                       => ready
key 1 0 00                   => ready entry=1000
press menu                   => menu entry=1000
press split                  => split entry=1000
key 4 00 enter               => ready entry=1000
press cash                   => cash entry=1000
press exact                  => part created : commit sale_created cash_taken/400-0, drawer, ♪approved
scan wechat                  => charging authorizing : commit attempt_started, ♪read, charge 1 600 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press other                  => parked parked : commit sale_parked/paid_other, print slip, cancel 1
press done                   => ready
press menu                   => menu
press shift                  => shift shift=1 open=true drawer=400
press close_shift            => sum asks=count
key 4 00 enter               => shift shift=1 open=false drawer=0 says=shift_closed : commit shift_closed/1 with 400, Z report 1, over 0, unsettled 600
# The cash goes back while no shift is open. The next one has it in its figures, and it is in what is counted as it opens.
answer reversed              => shift shift=1 open=false drawer=-400 says=parked_closed : commit attempt_changed/reversed refund_asked/400 of tender 1 void refund_changed/done, drawer, print slip refund 1, ♪attention
press open_shift             => sum asks=float
key 0 enter                  => shift shift=2 open=true drawer=0 says=shift_opened : commit shift_opened/2 with 400
press close_shift            => sum asks=count
key 0 enter                  => shift shift=2 open=false drawer=0 says=shift_closed : commit shift_closed/2 with 0, Z report 2, over 0
