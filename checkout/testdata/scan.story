# A scan charges what is keyed.
online                       => ready
key 1 2 3 4                  => ready entry=1234
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 1234 wechat
buttons                      => cancel
# The phone lingers: the same code does nothing.
scan wechat                  => charging authorizing : ♪read
scan alipay                  => charging authorizing says=scan_not_expected : ♪read
answer authorizing           => charging authorizing says=scan_not_expected
answer password              => charging authorizing says=scan_not_expected : commit attempt_changed/password
key esc                      => charging authorizing says=scan_not_expected
key 5                        => charging authorizing says=scan_not_expected
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
buttons                      => done*
# A phone that still lingers when it is over.
scan wechat                  => approved approved : ♪read
paper                        => approved approved : commit receipt_printed
scan alipay                  => approved approved says=scan_not_expected : ♪read
key 5                        => ready entry=5
scan wechat                  => ready entry=5 : ♪read
wait 4s                      => ready entry=5
scan wechat                  => ready entry=5 says=code_code_used : ♪read
scan alipay                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 5 alipay
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
wait 8s                      => ready
