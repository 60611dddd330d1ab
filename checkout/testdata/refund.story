# A part of a wallet's sale, then the rest of it.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
press menu                   => menu
press sales                  => list rows=1
row 1                        => sale
buttons                      => cancel void refund more reprint*
press refund                 => pin
key 1 1 1 1 enter            => pin says=not_a_manager : ♪declined
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
buttons                      => cancel all* (refund) keypad
key 1 2 3                    => refund keyed=123
buttons                      => cancel all refund* keypad
press refund                 => sale sale=approved says=refund_asked : commit refund_asked/123 of tender 1, give back R01 123 of 1
buttons                      => cancel (void) refund more reprint*
refund pending               => sale sale=approved says=refund_pending : commit refund_changed/pending
refund pending               => sale sale=approved says=refund_pending
refund done                  => sale sale=approved says=refund_done : commit refund_changed/done, ♪approved, print 1 refund 1
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
key 5 00                     => refund keyed=500
buttons                      => cancel all (refund*) keypad
key enter                    => refund keyed=500 says=refund_too_much
key esc                      => refund says=refund_too_much
key esc                      => sale sale=approved
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
press all                    => sale sale=approved says=refund_asked : commit refund_asked/377 of tender 1, give back R02 377 of 1
refund requested             => sale sale=approved says=refund_asked
refund done                  => sale sale=refunded says=refund_done : commit refund_changed/done, ♪approved, print 1 refund 2
buttons                      => cancel (void) (refund) more reprint*
# Asked after again and again while on line, and after a boot.
key esc                      => list rows=1
key esc                      => menu
key esc                      => ready
key 7 00                     => ready entry=700
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 alipay
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved : commit slip_printed, commit slip_printed, commit receipt_printed
press done                   => ready
press menu                   => menu
receipt                      => sale : ♪read
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
press all                    => sale sale=approved says=refund_asked : commit refund_asked/700 of tender 1, give back R01 700 of 1
wait 5s                      => sale sale=approved says=refund_asked : give back R01 700 of 1
link down                    => sale sale=approved says=refund_asked
wait 20s                     => sale sale=approved
link up                      => sale sale=approved
wait 0s                      => sale sale=approved : give back R01 700 of 1
reboot                       => ready
online                       => ready
wait 0s                      => ready : give back R01 700 of 1
refund refused reason=over_refund => ready says=refund_refused : commit refund_changed/refused, ♪attention
# Refused, so it can be asked for again; with the line down it waits.
link down                    => ready says=refund_refused
press menu                   => menu
receipt                      => sale sale=approved : ♪read
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
key 1 enter                  => sale sale=approved says=refund_waits : commit refund_asked/1 of tender 1
link up                      => sale sale=approved says=refund_waits
wait 0s                      => sale sale=approved says=refund_waits : give back R02 1 of 1
refund done rev=100          => sale sale=approved says=refund_done : commit refund_changed/done, ♪approved, print 2 refund 2
