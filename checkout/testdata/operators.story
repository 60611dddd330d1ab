# Nobody sells before signing on.
operators                    => sign_on
buttons                      => status doctor (enter*) keypad
online                       => sign_on
key 5 enter                  => sign_on digits=1
key 1 1                      => sign_on digits=3
key esc                      => sign_on
scan wechat                  => sign_on says=sign_on_first : ♪read
scan product                 => sign_on says=badge_unknown : ♪read, ♪declined
key 9 9 9 9 enter            => sign_on says=pin_wrong : commit pin_refused, ♪declined
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
buttons                      => menu (cash) (qr*) keypad
# A sale is that cashier's.
key 5 00                     => ready entry=500 on=mei
press cash                   => cash entry=500 on=mei
press exact                  => approved approved on=mei : commit sale_created cash_taken/500-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved on=mei : commit receipt_printed
press done                   => ready on=mei
# A step that is a manager's takes one, by PIN or by badge. A cashier's is none.
press menu                   => menu on=mei
buttons                      => cancel reprint sales shift status doctor training sign_off
press shift                  => shift on=mei shift=1 open=true drawer=500
press no_sale                => pin on=mei
key 1 1 1 1 enter            => pin on=mei says=not_a_manager : ♪declined
badge MEI-0000-0001          => pin on=mei says=not_a_manager : ♪read, ♪declined
badge SOME-0000-0009         => pin on=mei says=badge_unknown : ♪read, ♪declined
badge LI-00000-0002          => why on=mei : ♪read, commit manager_acted/no_sale by li
buttons                      => cancel reason_change reason_check reason_other
press reason_check           => shift on=mei shift=1 open=true drawer=500 : commit cash_moved/no_sale 0 for check, drawer
# Whoever leaves the counter signs off, or is signed off; what is keyed waits.
key esc                      => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
badge MEI-0000-0001          => ready on=mei : ♪read, commit signed_on/mei by secret
key 7 00                     => ready entry=700 on=mei
wait 4m59s                   => ready entry=700 on=mei
key 5                        => ready entry=7005 on=mei
wait 5m                      => sign_on entry=7005 : commit signed_off/mei by idling
badge LI-00000-0002          => ready entry=7005 on=li : ♪read, commit signed_on/li by secret
# A manager who is signed on is not asked.
key esc                      => ready on=li
press menu                   => menu on=li
press shift                  => shift on=li shift=1 open=true drawer=500
press no_sale                => why on=li : commit manager_acted/no_sale by li
buttons                      => cancel reason_change reason_check reason_other
press reason_check           => shift on=li shift=1 open=true drawer=500 : commit cash_moved/no_sale 0 for check, drawer
key esc esc                  => ready on=li
# A wrong PIN is a slip of the finger. After some, each takes longer, and the power
# going does not make the terminal forget.
press menu                   => menu on=li
press sign_off               => sign_on : commit signed_off/li by button
key 1 2 3 4 enter            => sign_on says=pin_wrong : commit pin_refused, ♪declined
key 1 2 3 4 enter            => sign_on says=pin_wrong : commit pin_refused, ♪declined
key 1 2 3 4 enter            => sign_on says=pin_wait : commit pin_refused, ♪declined
key 1 1 1 1                  => sign_on digits=4
buttons                      => status doctor (enter*) keypad
key enter                    => sign_on says=pin_wait
wait 9s                      => sign_on says=pin_wait
key 1 1 1 1 enter            => sign_on says=pin_wait
wait 2s                      => sign_on
key 1 2 3 4 enter            => sign_on says=pin_wait : commit pin_refused, ♪declined
wait 20s                     => sign_on
key 1 2 3 4 enter            => sign_on says=pin_wait : commit pin_refused, ♪declined
reboot                       => sign_on
key 1 1 1 1 enter            => sign_on says=pin_wait
wait 39s                     => sign_on says=pin_wait
key enter                    => sign_on says=pin_wait
wait 1s                      => sign_on
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
# In the middle of a sale nobody is signed off.
online                       => ready on=mei
key 3 00                     => ready entry=300 on=mei
scan wechat                  => charging authorizing on=mei : commit sale_created attempt_started, ♪read, charge 1 300 wechat
link down                    => charging authorizing on=mei
wait 6m                      => checking checking on=mei : commit attempt_changed/checking, ♪attention
link up                      => checking checking on=mei
answer approved              => approved approved on=mei : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved on=mei : commit receipt_printed
wait 8s                      => ready on=mei
wait 5m                      => sign_on : commit signed_off/mei by idling
reboot                       => sign_on
# What has to be seen of the terminal can be, without an operator.
press status                 => status
key esc                      => sign_on
press doctor                 => doctor : examine
key esc                      => sign_on
# A sale that was open when the power went is seen to its end. Another is not begun
# before somebody has signed on; what is keyed waits.
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
online                       => ready on=mei
key 4 00                     => ready entry=400 on=mei
press qr                     => qr created on=mei : commit sale_created attempt_started, show 1 400
reboot                       => checking checking : commit signed_off/mei by restart attempt_changed/checking
online                       => checking checking
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press qr                     => sign_on entry=400 says=sign_on_first
key 1 1 1 1 enter            => ready entry=400 on=mei : commit signed_on/mei by secret
press qr                     => qr created on=mei : commit sale_created attempt_started, show 1 400
answer approved              => approved approved on=mei : commit attempt_changed/approved receipt 3, ♪approved, print 3
press done                   => ready on=mei
# A terminal may be set to sign somebody on by itself, at each start.
mei                          => ready on=mei : commit signed_off/mei by restart signed_on/mei by settings, print 3 copy
buttons                      => menu (cash) (qr*) keypad
press menu                   => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
reboot                       => ready on=mei : commit signed_on/mei by settings, print 3 copy
