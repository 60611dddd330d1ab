# Power can go at any instant. Charging: asked after, never charged again.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
reboot                       => checking checking : commit attempt_changed/checking
buttons                      => cancel park
wait 10s                     => checking checking : ♪attention
online                       => checking checking
wait 0s                      => checking checking : query 1
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
# Approved, and the receipt not on paper: printed as a copy.
reboot                       => ready : print 1 copy
reboot                       => ready : print 1 copy
paper                        => ready : commit receipt_printed
reboot                       => ready
# A QR shown.
online                       => ready
key 6 00                     => ready entry=600
press qr                     => qr created : commit sale_created attempt_started, show 1 600
answer waiting               => qr created
reboot                       => checking checking : commit attempt_changed/checking
online                       => checking checking
wait 0s                      => checking checking : query 1
answer waiting               => qr created : commit attempt_changed/waiting
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
press done                   => ready
# Cancelling.
key 7 00                     => ready entry=700
press qr                     => qr created : commit sale_created attempt_started, show 1 700
press cancel                 => checking created : commit cancel_requested, cancel 1
reboot                       => checking checking : commit attempt_changed/checking
online                       => checking checking
wait 0s                      => checking checking : cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
press done                   => ready
# Declined, then out.
key 8 00                     => ready entry=800
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 800 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
reboot                       => ready
# Parked.
online                       => ready
key 9 00                     => ready entry=900
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 900 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
press other                  => parked parked : commit sale_parked/paid_other, print slip, cancel 1
reboot                       => ready : print slip copy
online                       => ready
wait 0s                      => ready : cancel 1
wait 15s                     => ready : cancel 1
answer reversed              => ready says=parked_closed : commit attempt_changed/reversed, ♪attention
# Cash, its receipt waiting.
key 1                        => ready entry=1
press cash                   => cash entry=1
press exact                  => approved approved : commit sale_created cash_taken/1-0 receipt 3, drawer, ♪approved, print 3
reboot                       => ready : print 3 copy
