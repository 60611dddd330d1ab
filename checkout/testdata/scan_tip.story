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
# While cash is taken nothing is charged.
key 5 00                     => ready entry=500 due=544
press dept_2                 => ready items=1 due=500
press cash                   => cash items=1 due=500
scan wechat2                 => cash items=1 due=500 says=scan_not_expected : ♪read
press cancel                 => ready items=1 due=500 says=scan_not_expected
key esc                      => ready
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
