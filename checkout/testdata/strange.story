# Answers of a gateway that is newer, mistaken or out of its mind.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
answer haggling              => charging authorizing
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
press done                   => ready
# The first word of the end was lost; the second says that money came later still.
key 6                        => ready entry=6
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 6 alipay
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press cancel                 => checking checking : commit cancel_requested, cancel 1
answer cancelled late        => cancelled cancelled says=late_refunded : commit attempt_changed/cancelled late_refunded, ♪attention
press done                   => ready
