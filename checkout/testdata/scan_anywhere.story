# A code that is held out while the tip is asked for is charged with the tip as it is.
trade                        => ready
online                       => ready
key 1 0 00                   => ready entry=1000 due=1088
press dept_2                 => ready items=1 due=1000
press tip                    => tip items=1 due=1000
scan wechat                  => charging authorizing : commit sale_created/1000-0+0+0 attempt_started, ♪read, charge 1 1000 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
press done                   => ready
key 1 0 00                   => ready entry=1000 due=1088
press dept_2                 => ready items=1 due=1000
press tip                    => tip items=1 due=1000
press tip_1500               => ready items=1 due=1150
press tip                    => tip items=1 due=1150
key 7 7                      => tip items=1 due=1150 keyed=77
scan alipay                  => charging authorizing : commit sale_created/1000-0+0+150 attempt_started, ♪read, charge 1 1150 alipay
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
press done                   => ready
# What cannot be paid is not charged there either.
key 9 9 9 9 9 9 9 9          => ready entry=99999999 due=108749999
press tip                    => tip entry=99999999 due=108749999
scan wechat2                 => tip entry=99999999 due=108749999 says=amount_too_large : ♪read
key esc esc                  => ready
link down                    => ready
key 1 0 00                   => ready entry=1000 due=1088
press tip                    => tip entry=1000 due=1088
scan wechat2                 => offline entry=1000 due=1088 : ♪read, ♪declined
press cancel                 => ready entry=1000 due=1088
key esc                      => ready
link up                      => ready
# On the cash screen it is charged while no cash was keyed.
key 5 00                     => ready entry=500 due=544
press dept_2                 => ready items=1 due=500
press cash                   => cash items=1 due=500
key 1                        => cash items=1 due=500 tendered=1
scan wechat2                 => cash items=1 due=500 tendered=1 says=scan_not_expected : ♪read
key backspace                => cash items=1 due=500 says=scan_not_expected
scan wechat2                 => charging authorizing : commit sale_created/500-0+0+0 attempt_started, ♪read, charge 1 500 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
press cash                   => cash declined
scan alipay                  => charging authorizing : commit attempt_started, ♪read, charge 2 500 alipay
wait 4s                      => checking checking : commit attempt_changed/checking, query 2
scan wechat                  => checking checking says=scan_not_expected : ♪read
answer approved              => approved approved : commit attempt_changed/approved receipt 3, ♪approved, print 3
press done                   => ready
# Of a sale that is paid in part too.
key 9 00                     => ready entry=900 due=979
press menu                   => menu entry=900 due=979
press split                  => split entry=900 due=979
key 4 00 enter               => ready entry=900 due=979
press cash                   => cash entry=900 due=979
press exact                  => part created : commit sale_created/900-0+79+0 cash_taken/400-0, drawer, ♪approved
press cash                   => cash created
scan wechat2                 => charging authorizing : commit attempt_started, ♪read, charge 1 579 wechat
wait 4s                      => checking checking : commit attempt_changed/checking, query 1
answer approved              => approved approved : commit attempt_changed/approved receipt 4, ♪approved, print 4
press done                   => ready
# A discount or a split that is being keyed changes the amount, so nothing is charged.
key 5 00                     => ready entry=500 due=544
press dept_2                 => ready items=1 due=500
press menu                   => menu items=1 due=500
press discount               => discount items=1 due=500
scan wechat                  => discount items=1 due=500 says=scan_not_expected : ♪read
press cancel                 => ready items=1 due=500
press menu                   => menu items=1 due=500
press split                  => split items=1 due=500
scan wechat                  => split items=1 due=500 says=scan_not_expected : ♪read
press cancel                 => ready items=1 due=500
press menu                   => menu items=1 due=500
scan wechat                  => menu items=1 due=500 says=scan_not_expected : ♪read
