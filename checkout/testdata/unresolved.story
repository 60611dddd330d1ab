# A refund that the wallet takes its time for is carried forward until the money is back.
online                       => ready
key 9 00                     => ready entry=900
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
press sales                  => list rows=1
row 1                        => sale
press refund                 => pin
key 2 5 8 0 enter 3 00 enter => sale sale=approved says=refund_asked : commit manager_acted/refund by li, commit refund_asked/300 of tender 1, give back R01 300 of 1
key esc esc                  => menu
press shift                  => shift shift=1 open=true drawer=0
press x_report               => pin
key 2 5 8 0 enter            => shift shift=1 open=true drawer=0 says=report_printing : commit manager_acted/x_report by li, X report of shift 1, unsettled 300 on its way back
refund pending               => shift shift=1 open=true drawer=0 says=refund_pending : commit refund_changed/pending
press close_shift            => sum asks=count
key 0 enter                  => shift shift=1 open=false drawer=0 says=shift_closed : commit shift_closed/1 with 0, Z report 1, over 0, unsettled 300 on its way back
press open_shift             => sum asks=float
key 0 enter                  => shift shift=2 open=true drawer=0 says=shift_opened : commit shift_opened/2 with 0
refund done                  => shift shift=2 open=true drawer=0 says=refund_done : commit refund_changed/done, ♪approved, print 1 refund 1
press close_shift            => sum asks=count
key 0 enter                  => shift shift=2 open=false drawer=0 says=shift_closed : commit shift_closed/2 with 0, Z report 2, over 0
