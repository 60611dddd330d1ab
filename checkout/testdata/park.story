# A manager parks a sale that stays unresolved.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
buttons                      => cancel (enter*) keypad
key 1 1 1 1                  => pin checking digits=4
buttons                      => cancel enter* keypad
press enter                  => pin checking says=not_a_manager : ♪declined
key 1 2 esc                  => pin checking
press cancel                 => checking checking
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
buttons                      => cancel goods other
press cancel                 => checking checking
press park                   => pin checking
press 2 5 8 0 enter          => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
buttons                      => done*
# The answer to its question does not bring it back to the screen.
answer checking              => parked parked
answer reversing             => parked parked : commit attempt_changed/reversing
press done                   => ready
wait 15s                     => ready : query 1
# The counter goes on, and is told how it ended.
key 7                        => ready entry=7
answer approved sale=1       => ready entry=7 says=parked_paid : commit attempt_changed/approved receipt 1, ♪attention, print 1
paper                        => ready entry=7 says=parked_paid : commit receipt_printed
press cash                   => cash entry=7
press exact                  => approved approved : commit sale_created cash_taken/7-0 receipt 2, drawer, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
press done                   => ready

# Not paid: owed where the goods left, closed where they did not.
key 8 00                     => ready entry=800
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 800 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
answer reversed              => parked reversed says=parked_owed : commit attempt_changed/reversed, ♪attention
press done                   => ready
key 9 00                     => ready entry=900
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press other                  => parked parked : commit sale_parked/paid_other, print slip, cancel 1
wait 15s                     => parked parked : cancel 1
press done                   => ready
answer cancelled             => ready says=parked_closed : commit attempt_changed/cancelled, ♪attention

# Who does not park after all sees it being checked, as before, whatever was heard before that.
key 9 00                     => ready entry=900
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 wechat
answer authorizing           => charging authorizing
wait 10s                     => checking checking : query 1, query 1, commit attempt_changed/checking
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press cancel                 => checking checking
answer authorizing           => charging authorizing : commit attempt_changed/authorizing
