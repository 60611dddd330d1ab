# After a refusal: cancel is the way out, another code or cash pays the same sale.
# Once one expired, its wallet may not have closed it yet: what follows is a new sale.
online                       => ready
key 1 0 00                   => ready entry=1000
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 1000 wechat
answer declined reason=funds_missing => declined declined : commit attempt_changed/declined, ♪declined
buttons                      => cancel cash qr done*
# the same code again
scan wechat                  => declined declined : ♪read
wait 3s                      => declined declined
scan wechat                  => declined declined says=code_code_used : ♪read
scan alipay                  => charging authorizing : commit attempt_started, ♪read, charge 2 1000 alipay
answer declined reason=code_expired => declined declined : commit attempt_changed/declined, ♪declined
press qr                     => qr created : commit attempt_started, show 3 1000
answer waiting               => qr created
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press cash                   => cash entry=1000
press cancel                 => ready entry=1000
press cash                   => cash entry=1000
press exact                  => approved approved : commit sale_created cash_taken/1000-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready

# Cancel, esc, done, a digit, the timeout: all leave it.
key 5                        => ready entry=5
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
press cancel                 => ready
key 5                        => ready entry=5
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
key esc                      => ready
key 5                        => ready entry=5
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 alipay
answer reversed              => reversed reversed : commit attempt_changed/reversed, ♪declined
buttons                      => cancel cash qr done*
press done                   => ready
key 5                        => ready entry=5
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
key 7                        => ready entry=7
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 7 alipay
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
wait 30s                     => ready
# Enter too.
key 5                        => ready entry=5
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
key enter                    => ready
