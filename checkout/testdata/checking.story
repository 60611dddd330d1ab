# No word of the gateway: checking, and asked after until settled.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
buttons                      => cancel park
wait 10s                     => checking checking : query 1, query 1, query 1, query 1, ♪attention, query 1
answer checking              => checking checking
key esc                      => checking checking
key 1                        => checking checking
scan alipay                  => checking checking says=scan_not_expected : ♪read
answer reversing             => checking checking says=scan_not_expected : commit attempt_changed/reversing
answer reversed              => reversed reversed : commit attempt_changed/reversed, ♪declined
press done                   => ready

# An answer that was overtaken on its way changes nothing; nor does one said twice.
key 6                        => ready entry=6
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 6 alipay
answer password rev=5000     => charging authorizing : commit attempt_changed/password
answer authorizing rev=4999  => charging authorizing
answer approved rev=5001     => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
answer declined rev=5002     => approved approved
answer approved rev=5001     => approved approved
press done                   => ready

# The line goes while it charges.
key 7                        => ready entry=7
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 7 wechat
link down                    => charging authorizing
wait 3s                      => checking checking : commit attempt_changed/checking
press cancel                 => checking checking : commit cancel_requested
buttons                      => park
wait 20s                     => checking checking : ♪attention
link up                      => checking checking
wait 1s                      => checking checking : cancel 1
answer reversing             => checking checking : commit attempt_changed/reversing
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
press done                   => ready
