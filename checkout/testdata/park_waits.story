# Nobody keys a PIN, or answers the question: back to the sale.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
wait 3s                      => checking checking : commit attempt_changed/checking, query 1
press park                   => pin checking
key 9                        => pin checking digits=1
wait 29s                     => pin checking digits=1 : query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1
wait 1s                      => checking checking digits=1 : query 1
press park                   => pin checking
key 2 5 8 0 enter            => park checking : commit manager_acted/park by li
wait 30s                     => checking checking : query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1, query 1
# Settled while the manager keys.
press park                   => pin checking
key 2 5                      => pin checking digits=2
answer approved              => approved approved digits=2 : commit attempt_changed/approved receipt 1, ♪approved, print 1
press done                   => ready
