# A step that its sale cannot take is a bug; nothing of it happens.
currency XXQ                 => ready
online                       => ready
key 5 00                     => ready entry=500
press cash                   => cash entry=500
press exact                  => fault entry=500 fault=fault_internal
