# The cashier cancels, and the approval comes all the same: it is given back, never shown as paid.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
press cancel                 => checking authorizing : commit cancel_requested, cancel 1
answer approved              => checking authorizing : cancel 1
answer reversing             => checking checking : commit attempt_changed/reversing
answer reversed              => reversed reversed : commit attempt_changed/reversed, ♪declined
press done                   => ready
# Parked because the customer paid another way.
key 6 00                     => ready entry=600
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 600 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press other                  => parked parked : commit sale_parked/paid_other, print slip, cancel 1
press done                   => ready
answer approved              => ready : cancel 1
answer reversed              => ready says=parked_closed : commit attempt_changed/reversed, ♪attention
# Parked with the goods given: it stays.
key 7 00                     => ready entry=700
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
answer approved              => parked approved says=parked_paid : commit attempt_changed/approved receipt 1, ♪attention, print 1
