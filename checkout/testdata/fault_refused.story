# The gateway will not have this journal: what was begun is still taken in, the screen stays.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
refused its chain is forked  => fault authorizing fault=fault_refused
wait 20s                     => fault authorizing fault=fault_refused
answer approved              => fault approved fault=fault_refused : commit attempt_changed/approved receipt 1, print 1
scan wechat2                 => fault approved fault=fault_refused
key 1                        => fault approved fault=fault_refused
