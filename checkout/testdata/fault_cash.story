key 5 00                     => ready entry=500
press cash                   => cash entry=500
broken                       => cash entry=500
press exact                  => fault entry=500 fault=fault_store : ERROR commit sale_created: disk full
reboot                       => ready
mended                       => ready
reboot                       => ready
