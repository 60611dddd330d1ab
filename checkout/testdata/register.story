# A cash register's order is shown, and given up by the cashier without a number pad.
online                       => ready
order a 700                  => ready entry=700
buttons                      => cancel menu cash qr* keypad
key 5                        => ready entry=700 says=order_amount
press menu                   => menu entry=700
press cancel                 => ready entry=700
press cancel                 => ready
buttons                      => menu (cash) (qr*) keypad
order b 700                  => ready entry=700
cancel b                     => ready
# Refused, it can be paid by another try as long as it is on the screen.
order c 700                  => ready entry=700
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
order d 300                  => declined declined
cancel c                     => ready
scan wechat2                 => ready says=amount_first : ♪read
order d 300                  => ready entry=300
# What is checked, charged or paid in part is not left for the next order.
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 300 wechat
order e 100                  => charging authorizing
wait 10s                     => checking checking : commit attempt_changed/checking, query 1, query 1, query 1, query 1
order e 100                  => checking checking
cancel d                     => checking checking : commit cancel_requested, cancel 1
order e 100                  => checking checking
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
# A result is, as by the first digit of the next amount.
order e 100                  => ready entry=100
press cash                   => cash entry=100
order f 200                  => cash entry=100
press exact                  => approved approved : commit sale_created cash_taken/100-0 receipt 1, drawer, ♪approved, print 1
order f 200                  => ready entry=200
cancel e                     => ready entry=200
press cash exact             => approved approved : commit sale_created cash_taken/200-0 receipt 2, drawer, ♪approved, print 2
lost                         => approved approved : ♪attention, ♪attention
press done                   => receipt
order g 300                  => ready entry=300
cancel g                     => receipt
order g 300                  => ready entry=300
press cash exact             => approved approved : commit sale_created cash_taken/300-0 receipt 3, drawer, ♪approved, print 3
press done                   => receipt
press yes                    => receipt : commit receipt_printed
press yes                    => ready : commit receipt_printed
# Another sale's key gives nothing up.
order h 400                  => ready entry=400
cancel g                     => ready entry=400
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 400 alipay
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
cancel g                     => declined declined
wait 30s                     => ready
scan alipay                  => ready says=code_code_used : ♪read
