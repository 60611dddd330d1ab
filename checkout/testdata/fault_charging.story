# The journal breaks while the gateway charges: nothing is claimed, nothing hurries.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
broken                       => charging authorizing
answer approved              => fault authorizing fault=fault_store : ERROR commit attempt_changed: disk full
wait 60s                     => fault authorizing fault=fault_store
# The next start tells the truth.
mended                       => fault authorizing fault=fault_store
reboot                       => checking checking : commit attempt_changed/checking
online                       => checking checking
wait 0s                      => checking checking : query 1
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
