# A QR is cancelled, and the customer would rather pay cash: what was rung up is paid so, as a new sale.
trade                        => ready
online                       => ready
key 5 00                     => ready entry=500 due=544
press dept_1                 => ready items=1 due=544
press tip                    => tip items=1 due=544
press tip_2000               => ready items=1 due=644
press qr                     => qr created : commit sale_created/500-0+44+100 attempt_started, show 1 644
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
buttons                      => cash qr done*
press cash                   => cash items=1 due=644
press cancel                 => ready items=1 due=644
press cash                   => cash items=1 due=644
press exact                  => approved approved : commit sale_created/500-0+44+100 cash_taken/644-0 receipt 1, drawer, ♪approved, print 1
# The customer pays the old QR after all: that goes back, and the new sale stays.
answer cancelled late sale=1 => approved approved says=late_refunded : commit late_refunded, ♪attention
paper                        => approved approved says=late_refunded : commit receipt_printed
press done                   => ready
# By another QR: an order of its own each time. A code that is still before the scanner is not taken.
key 6 00                     => ready entry=600 due=653
press dept_2                 => ready items=1 due=600
press qr                     => qr created : commit sale_created/600-0+0+0 attempt_started, show 1 600
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
press qr                     => qr created : commit sale_created/600-0+0+0 attempt_started, show 1 600
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
scan wechat                  => cancelled cancelled says=scan_not_expected : ♪read
press qr                     => qr created : commit sale_created/600-0+0+0 attempt_started, show 1 600
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
press done                   => ready
# A charge that was cancelled, likewise. The same code again does nothing.
key 7 00                     => ready entry=700 due=761
press dept_2                 => ready items=1 due=700
scan alipay                  => charging authorizing : commit sale_created/700-0+0+0 attempt_started, ♪read, charge 1 700 alipay
press cancel                 => checking authorizing : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
scan alipay                  => cancelled cancelled : ♪read
wait 4s                      => cancelled cancelled
scan alipay                  => cancelled cancelled says=code_code_used : ♪read
press qr                     => qr created : commit sale_created/700-0+0+0 attempt_started, show 1 700
answer approved              => approved approved : commit attempt_changed/approved receipt 3, ♪approved, print 3
paper                        => approved approved : commit receipt_printed
press done                   => ready
# Done, a digit and the timeout leave it, and take nothing along.
key 8 00                     => ready entry=800 due=870
press dept_2                 => ready items=1 due=800
press qr                     => qr created : commit sale_created/800-0+0+0 attempt_started, show 1 800
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
key enter                    => ready
key 8 00                     => ready entry=800 due=870
press qr                     => qr created : commit sale_created/800-0+70+0 attempt_started, show 1 870
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
key 9                        => ready entry=9 due=10
key esc                      => ready
# Of a sale that is paid in part, the rest is gone on with.
key 9 00                     => ready entry=900 due=979
press menu                   => menu entry=900 due=979
press split                  => split entry=900 due=979
key 4 00 enter               => ready entry=900 due=979
press cash                   => cash entry=900 due=979
press exact                  => part created : commit sale_created/900-0+79+0 cash_taken/400-0, drawer, ♪approved
press qr                     => qr created : commit attempt_started, show 1 579
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
buttons                      => done*
press done                   => part cancelled
buttons                      => give_back split cash qr*
press cash                   => cash cancelled
press exact                  => approved approved : commit cash_taken/579-0 receipt 4, drawer, ♪approved, print 4
press done                   => ready
# A held sale that was cancelled is of the same hold when it is begun anew.
key 5 00                     => ready entry=500 due=544
press dept_2                 => ready items=1 due=500
press menu                   => menu items=1 due=500
press hold                   => ready says=hold_done : commit cart_held/1 of 1 for 500 by Mei
press menu                   => menu
press held                   => held
press held_1                 => ready items=1 hold=1 due=500 says=hold_recalled
press qr                     => qr created : commit sale_created/of hold 1/500-0+0+0 attempt_started, show 1 500
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
press cash                   => cash items=1 hold=1 due=500
press exact                  => approved approved : commit sale_created/of hold 1/500-0+0+0 cash_taken/500-0 receipt 5, drawer, ♪approved, print 5
# After a power cut there is the bill.
press done                   => ready
key 5 00                     => ready entry=500 due=544
press dept_1                 => ready items=1 due=544
press qr                     => qr created : commit sale_created/500-0+44+0 attempt_started, show 1 544
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
reboot                       => checking checking : commit attempt_changed/checking, print 4 copy, print 5 copy
online                       => checking checking
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
press cash                   => cash items=1 due=544
press exact                  => approved approved : commit sale_created/500-0+44+0 cash_taken/544-0 receipt 6, drawer, ♪approved, print 6
