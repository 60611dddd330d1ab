# No line: a phone payment is refused at once, cash is the main button.
key 1 2 3 4                  => ready entry=1234
scan wechat                  => offline entry=1234 : ♪read, ♪declined
buttons                      => cancel cash*
scan wechat                  => offline entry=1234 : ♪read, ♪declined
press cancel                 => ready entry=1234
press qr                     => offline entry=1234 : ♪declined
key enter                    => cash entry=1234
press exact                  => approved approved : commit sale_created cash_taken/1234-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready

# The line comes back while it is refused: the same code is taken then.
key 5                        => ready entry=5
scan wechat                  => offline entry=5 : ♪read, ♪declined
online                       => ready entry=5 says=online_again
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
press done                   => ready
# On line again, yet off once more after a refusal.
key 8                        => ready entry=8
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 8 alipay
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
link down                    => declined declined
press qr                     => declined declined says=offline_wallet
scan wechat2                 => declined declined says=offline_wallet : ♪read
press cash                   => cash declined
press exact                  => approved approved : commit cash_taken/8-0 receipt 3, drawer, ♪approved, print 3
