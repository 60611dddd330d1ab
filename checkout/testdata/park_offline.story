# With no PIN set, and no line.
nopin                        => ready
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
link down                    => charging authorizing
wait 3s                      => checking checking : commit attempt_changed/checking
press park                   => park checking : commit manager_acted/park by 
press other                  => parked parked : commit sale_parked/paid_other, print slip
press done                   => ready
key 1 00                     => ready entry=100
press cash                   => cash entry=100
press exact                  => approved approved : commit sale_created cash_taken/100-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit slip_printed, commit receipt_printed
link up                      => approved approved
wait 1s                      => approved approved : cancel 1
answer checking sale=1       => approved approved
wait 15s                     => ready : cancel 1
answer reversed sale=1       => ready says=parked_closed : commit attempt_changed/reversed, ♪attention
