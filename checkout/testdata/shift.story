# A day at the drawer.
new                          => ready
online                       => ready
press menu                   => menu
press shift                  => shift shift=0 open=false drawer=0
buttons                      => cancel (z_report) open_shift*
press open_shift             => sum asks=float
key 1 00 00                  => sum keyed=10000 asks=float
key enter                    => shift shift=1 open=true drawer=10000 says=shift_opened : commit shift_opened/1 with 10000
buttons                      => cancel x_report (z_report) pay_in pay_out no_sale close_shift*
key esc                      => menu
key esc                      => ready
key 5 00                     => ready entry=500
press cash                   => cash entry=500
press exact                  => approved approved : commit sale_created cash_taken/500-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
key 7 00                     => ready entry=700
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
press shift                  => shift shift=1 open=true drawer=10500
press pay_in                 => sum asks=pay_in
key enter                    => sum asks=pay_in says=amount_first
key 2 00                     => sum keyed=200 asks=pay_in
key enter                    => shift shift=1 open=true drawer=10700 says=pay_in_done : commit cash_moved/pay_in 200, drawer
press pay_out                => pin
key 2 5 8 0 enter            => sum asks=pay_out : commit manager_acted/pay_out by li
key 9 9 00 00                => sum keyed=990000 asks=pay_out
key enter                    => sum keyed=990000 asks=pay_out says=pay_out_too_much
key esc 3 00                 => sum keyed=300 asks=pay_out
key enter                    => shift shift=1 open=true drawer=10400 says=pay_out_done : commit cash_moved/pay_out 300, drawer
press no_sale                => pin
key 1 2 3 4 enter            => pin says=pin_wrong : commit pin_refused, ♪declined
press cancel                 => shift shift=1 open=true drawer=10400
press no_sale                => pin
key 2 5 8 0 enter            => why : commit manager_acted/no_sale by li
buttons                      => cancel reason_change reason_check reason_other
press reason_check           => shift shift=1 open=true drawer=10400 : commit cash_moved/no_sale 0 for check, drawer
press x_report               => pin
key 2 5 8 0 enter            => shift shift=1 open=true drawer=10400 says=report_printing : commit manager_acted/x_report by li, X report of shift 1
# The drawer is counted blind.
press close_shift            => sum asks=count
key 1 0 4 0 0                => sum keyed=10400 asks=count
press enter                  => shift shift=1 open=false drawer=0 says=shift_closed : commit shift_closed/1 with 10400, Z report 1, over 0
buttons                      => cancel z_report open_shift*
press z_report               => shift shift=1 open=false drawer=0 says=report_printing : Z report 1, over 0 copy
# What is unresolved is carried forward, and the next shift has what comes meanwhile.
key esc                      => menu
key esc                      => ready
press menu                   => menu
press shift                  => shift shift=1 open=false drawer=0
press open_shift             => sum asks=float
press enter                  => sum asks=float says=count_first
key 0 backspace enter        => sum asks=float says=count_first
key 0 esc enter              => sum asks=float says=count_first
key 0                        => sum asks=float
press enter                  => shift shift=2 open=true drawer=0 says=shift_opened : commit shift_opened/2 with 0
key esc esc                  => ready
key 8 00                     => ready entry=800
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 800 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
press done                   => ready
press menu                   => menu
press shift                  => shift shift=2 open=true drawer=0
press close_shift            => sum asks=count
press enter                  => sum asks=count says=count_first
key 0 0 enter                => shift shift=2 open=false drawer=0 says=shift_closed : commit shift_closed/2 with 0, Z report 2, over 0, unsettled 800
answer approved              => shift shift=2 open=false drawer=0 says=parked_paid : commit attempt_changed/approved receipt 3, ♪attention, print 3
paper                        => shift shift=2 open=false drawer=0 says=parked_paid : commit report_printed, commit report_printed, commit receipt_printed
press open_shift             => sum asks=float
key esc                      => shift shift=2 open=false drawer=0
press cancel                 => menu
wait 30s                     => ready
# No sale is begun outside a shift, and no cash goes back. What is keyed waits.
key 1 0 00                   => ready entry=1000
buttons                      => menu cash qr* keypad
press cash                   => ready entry=1000 says=open_shift_first : ♪declined
press qr                     => ready entry=1000 says=open_shift_first : ♪declined
key enter                    => ready entry=1000 says=open_shift_first : ♪declined
scan wechat                  => ready entry=1000 says=open_shift_first : ♪read, ♪declined
press menu                   => menu entry=1000
press sales                  => list entry=1000 rows=2
press next                   => list entry=1000 rows=1
row 1                        => sale entry=1000
buttons                      => cancel void refund more reprint*
press void                   => sale entry=1000 says=open_shift_first
press refund                 => sale entry=1000 says=open_shift_first
key esc                      => list entry=1000 rows=1
press prev                   => list entry=1000 rows=2
row 1                        => sale entry=1000
press refund                 => pin entry=1000
key esc esc esc esc          => ready entry=1000
link down                    => ready entry=1000
press qr                     => offline entry=1000 : ♪declined
press cash                   => ready entry=1000 says=open_shift_first : ♪declined
press menu                   => menu entry=1000
press shift                  => shift entry=1000 shift=2 open=false drawer=0
press open_shift             => sum entry=1000 asks=float
key 7 7 enter                => shift entry=1000 shift=3 open=true drawer=77 says=shift_opened : commit shift_opened/3 with 77
key esc esc                  => ready entry=1000
press cash                   => cash entry=1000
press exact                  => approved approved : commit sale_created cash_taken/1000-0 receipt 4, drawer, ♪approved, print 4
press done                   => ready
press menu                   => menu
press shift                  => shift shift=3 open=true drawer=1077
press close_shift            => sum asks=count
key 0 enter                  => shift shift=3 open=false drawer=0 says=shift_closed : commit shift_closed/3 with 0, Z report 3, over -1077
key esc esc                  => ready
# Where the merchant leaves it to the terminal, a shift opens by itself.
autoshift                    => ready : commit shift_opened/4 with 0, print 4 copy, Z report 3, over -1077 copy
press menu                   => menu
press shift                  => shift shift=4 open=true drawer=0
press close_shift            => sum asks=count
key 0 enter                  => shift shift=4 open=false drawer=0 says=shift_closed : commit shift_closed/4 with 0, Z report 4, over 0
key esc                      => menu
key esc                      => ready
key 4 00                     => ready entry=400
press cash                   => cash entry=400
press exact                  => approved approved : commit shift_opened/5 with 0 sale_created cash_taken/400-0 receipt 5, drawer, ♪approved, print 5
