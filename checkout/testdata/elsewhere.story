# A sale of another terminal: by its receipt, or by the bill in the customer's wallet.
online                       => ready
autoshift                    => ready
online                       => ready
press menu                   => menu
unknown                      => menu says=sought : ♪read, seek 01JDEE
sought found                 => sale
buttons                      => cancel (void) refund more (reprint*)
press void                   => sale : ERROR button "void": no such button on this screen, or it is disabled
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
key 5 00                     => refund keyed=500
press refund                 => sale sale=approved says=refund_asked : commit sale_fetched/900 of till-2 refund_asked/500 of tender 1, give back R01 500 of 2
buttons                      => cancel (void) refund more (reprint*)
refund pending               => sale sale=approved says=refund_pending : commit refund_changed/pending
refund done                  => sale sale=approved says=refund_done : commit refund_changed/done, ♪approved, print slip refund 1
# The rest of it; the gateway has the last word on what is left.
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
press all                    => sale sale=approved says=refund_asked : commit refund_asked/400 of tender 1, give back R02 400 of 2
refund refused reason=over_refund => sale sale=approved says=refund_refused : commit refund_changed/refused, ♪attention
buttons                      => cancel (void) refund more (reprint*)
key esc                      => list rows=1
key esc                      => menu
press shift                  => shift shift=1 open=true drawer=0
key esc                      => menu
# What cannot be found.
bill                         => menu says=sought : ♪read, seek 420000
sought sale_unknown          => menu says=sought_sale_unknown
bill                         => menu says=sought : ♪read, seek 420000
sought cash_elsewhere        => menu says=sought_cash_elsewhere
bill                         => menu says=sought : ♪read, seek 420000
sought over_refund           => menu says=sought_over_refund
bill                         => menu says=sought : ♪read, seek 420000
sought broken                => menu says=sought_sale_unknown
bill                         => menu says=sought : ♪read, seek 420000
wait 8s                      => menu says=sought_silence
# An answer that nobody waits for any more.
sought found                 => menu says=sought_silence
bill                         => menu says=sought : ♪read, seek 420000
key esc                      => ready
sought found                 => ready
wait 10s                     => ready
link down                    => ready
press menu                   => menu
bill                         => menu says=sought_offline : ♪read
link up                      => menu says=sought_offline
# A code that pays is nobody's to look for.
scan wechat                  => menu says=scan_not_expected : ♪read
scan alipay                  => menu says=scan_not_expected : ♪read
# This terminal's own, which the gateway knows by the wallet's number.
key esc                      => ready
key 7 00                     => ready entry=700
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
paper                        => approved approved : commit slip_printed, commit receipt_printed
press done                   => ready
press menu                   => menu
bill                         => menu says=sought : ♪read, seek 420000
sought ours                  => sale
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
key 1 00                     => refund keyed=100
press refund                 => sale sale=approved says=refund_asked : commit refund_asked/100 of tender 1, give back R01 100 of 1
# Off line it waits, and after a boot it is asked for again.
refund done                  => sale sale=approved says=refund_done : commit refund_changed/done, ♪approved, print 1 refund 1
unknown                      => sale sale=approved says=sought : ♪read, seek 01JDEE
sought found                 => sale
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
link down                    => refund
press all                    => sale sale=approved says=refund_waits : commit sale_fetched/900 of till-2 refund_asked/900 of tender 1
reboot                       => ready : print 1 copy refund 1
online                       => ready
wait 0s                      => ready : give back R01 900 of 2
refund done                  => ready says=refund_done : commit refund_changed/done, ♪approved, print slip refund 1
# All of what was fetched is refused: it is no void either.
press menu                   => menu
unknown                      => menu says=sought : ♪read, seek 01JDEE
sought found                 => sale
press refund                 => pin
key 2 5 8 0 enter            => refund : commit manager_acted/refund by li
press all                    => sale sale=approved says=refund_asked : commit sale_fetched/900 of till-2 refund_asked/900 of tender 1, give back R01 900 of 2
refund refused reason=over_refund => sale sale=approved says=refund_refused : commit refund_changed/refused, ♪attention
buttons                      => cancel (void) refund more (reprint*)
