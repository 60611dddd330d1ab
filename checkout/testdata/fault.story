# A commit that fails shows the fault, and does nothing outside.
online                       => ready
key 5 00                     => ready entry=500
broken                       => ready entry=500
scan wechat                  => fault entry=500 fault=fault_store : ERROR commit sale_created: disk full
buttons                      => retry*
scan wechat                  => fault entry=500 fault=fault_store
key 5                        => fault entry=500 fault=fault_store
key enter                    => fault entry=500 fault=fault_store
wait 60s                     => fault entry=500 fault=fault_store
# It stays a fault: a manager restarts the terminal.
mended                       => fault entry=500 fault=fault_store
wait 60s                     => fault entry=500 fault=fault_store
reboot                       => ready
