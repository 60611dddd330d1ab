# A sale in the making is put aside, and gone on with later.
online                       => ready
press menu                   => menu
buttons                      => cancel (reprint) sales shift status doctor training
key esc                      => ready
key 5 00                     => ready entry=500
press menu                   => menu entry=500
buttons                      => cancel split hold (reprint) sales shift status doctor
press hold                   => ready says=hold_done : commit cart_held/1 of 1 for 500 by Mei
# It is on no screen, and the next customer's turn.
key 7 00                     => ready entry=700
press cash                   => cash entry=700
press exact                  => approved approved : commit sale_created cash_taken/700-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
buttons                      => cancel held reprint sales shift status doctor training
press held                   => held
buttons                      => cancel (prev) (next) held_1
press held_1                 => ready entry=500 hold=1 says=hold_recalled
# The keyed amount is the keyed amount again.
key backspace                => ready entry=50 hold=1
key esc                      => ready says=hold_stays
# Left alone it stays held: recalling takes nothing out.
press menu                   => menu
press held                   => held
press held_1                 => ready entry=500 hold=1 says=hold_recalled
key 5                        => ready entry=5005 hold=1
press menu                   => menu entry=5005 hold=1
buttons                      => cancel split hold drop reprint sales shift status doctor
# Held again after it was changed, under its number.
press hold                   => ready says=hold_done : commit cart_held/1 of 1 for 5005 by Mei
press menu                   => menu
press held                   => held
press held_1                 => ready entry=5005 hold=1 says=hold_recalled
scan wechat                  => charging authorizing : commit sale_created/of hold 1 attempt_started, ♪read, charge 1 5005 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
buttons                      => cancel reprint sales shift status doctor training
key esc                      => ready
# The power goes, and what was held is held; what was recalled too.
key 1 00                     => ready entry=100
press menu                   => menu entry=100
press hold                   => ready says=hold_done : commit cart_held/2 of 1 for 100 by Mei
press menu                   => menu
press held                   => held
press held_2                 => ready entry=100 hold=2 says=hold_recalled
reboot                       => ready
online                       => ready
press menu                   => menu
press held                   => held
press held_2                 => ready entry=100 hold=2 says=hold_recalled
key esc                      => ready says=hold_stays
# Time does not clear a recalled sale away, and does not lose it.
press menu                   => menu
press held                   => held
press held_2                 => ready entry=100 hold=2 says=hold_recalled
press menu                   => menu entry=100 hold=2
wait 30s                     => ready entry=100 hold=2
key esc                      => ready says=hold_stays
press menu                   => menu
press held                   => held
wait 30s                     => ready
# To drop one takes a manager: it is how cash goes missing.
press menu                   => menu
press held                   => held
press held_2                 => ready entry=100 hold=2 says=hold_recalled
press menu                   => menu entry=100 hold=2
press drop                   => pin entry=100 hold=2
key 1 1 1 1 enter            => pin entry=100 hold=2 says=not_a_manager : ♪declined
press cancel                 => menu entry=100 hold=2
press drop                   => pin entry=100 hold=2
key 2 5 8 0 enter            => ready says=hold_dropped : commit manager_acted/drop_held by li cart_dropped/2
press menu                   => menu
buttons                      => cancel reprint sales shift status doctor training
key esc                      => ready
# A payment that is declined takes nothing away: it is held yet.
key 4 00                     => ready entry=400
press menu                   => menu entry=400
press hold                   => ready says=hold_done : commit cart_held/3 of 1 for 400 by Mei
press menu                   => menu
press held                   => held
press held_3                 => ready entry=400 hold=3 says=hold_recalled
scan wechat2                 => charging authorizing : commit sale_created/of hold 3 attempt_started, ♪read, charge 1 400 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
press cancel                 => ready
press menu                   => menu
buttons                      => cancel held (reprint) sales shift status doctor training
key esc                      => ready
# Expired, it is renewed under another sale, which is of the held one too.
key 4 00                     => ready entry=400
press menu                   => menu entry=400
press hold                   => ready says=hold_done : commit cart_held/4 of 1 for 400 by Mei
press menu                   => menu
press held                   => held
press held_4                 => ready entry=400 hold=4 says=hold_recalled
press qr                     => qr created : commit sale_created/of hold 4 attempt_started, show 1 400
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
scan alipay                  => charging authorizing : commit sale_created/of hold 4 attempt_started, ♪read, charge 1 400 alipay
answer approved              => approved approved : commit attempt_changed/approved receipt 3, ♪approved, print 3
paper                        => approved approved : commit receipt_printed
press done                   => ready
# All that makes up a sale is held: departments, discount, tip, exemption.
trade                        => ready
key 1 0 00                   => ready entry=1000 due=1088
press dept_1                 => ready items=1 due=1088
key 5 00                     => ready entry=500 items=1 due=1631
press menu                   => menu entry=500 items=1 due=1631
press discount               => discount entry=500 items=1 due=1631
press off_1000               => ready entry=500 items=1 due=1468
press tip                    => tip entry=500 items=1 due=1468
press tip_2000               => ready entry=500 items=1 due=1738
press menu                   => menu entry=500 items=1 due=1738
press exempt                 => ready entry=500 items=1 due=1620
press menu                   => menu entry=500 items=1 due=1620
press hold                   => ready says=hold_done : commit cart_held/5 of 2 for 1620 by Mei
press menu                   => menu
press held                   => held
press held_5                 => ready entry=500 items=1 hold=5 due=1620 says=hold_recalled
press menu                   => menu entry=500 items=1 hold=5 due=1620
press taxable                => ready entry=500 items=1 hold=5 due=1738
press cash                   => cash entry=500 items=1 hold=5 due=1738
press exact                  => approved approved : commit sale_created/of hold 5/1500-150+118+270 cash_taken/1738-0 receipt 4, drawer, ♪approved, print 4
paper                        => approved approved : commit receipt_printed
press done                   => ready
# What tax and tip come to is that of the day that it is paid on.
key 1 0 00                   => ready entry=1000 due=1088
press menu                   => menu entry=1000 due=1088
press hold                   => ready says=hold_done : commit cart_held/6 of 1 for 1088 by Mei
currency USD                 => ready
nopin                        => ready
online                       => ready
press menu                   => menu
press shift                  => shift shift=1 open=true drawer=2438
press x_report               => shift shift=1 open=true drawer=2438 says=report_printing : commit manager_acted/x_report by , X report of shift 1, 2 held for 1488
key esc                      => menu
key esc                      => ready
press menu                   => menu
press held                   => held
press held_6                 => ready entry=1000 hold=6 due=1088 says=hold_recalled
press menu                   => menu entry=1000 hold=6 due=1088
press drop                   => ready says=hold_dropped : commit manager_acted/drop_held by  cart_dropped/6
press menu                   => menu
press shift                  => shift shift=1 open=true drawer=2438
press close_shift            => sum asks=count
key 0 enter                  => shift shift=1 open=false drawer=0 says=shift_closed : commit shift_closed/1 with 0, Z report 1, over -2438, 1 held for 400
press z_report               => shift shift=1 open=false drawer=0 says=report_printing : Z report 1, over -2438 copy, 1 held for 400
