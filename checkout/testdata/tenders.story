# What a shop takes, and up to how much at a time.
tenders                      => ready
online                       => ready
key 4 00                     => ready entry=400
buttons                      => menu cash qr* keypad
scan alipay                  => ready entry=400 says=wallet_closed : ♪read, ♪declined
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 400 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
press done                   => ready
key 6 00                     => ready entry=600
buttons                      => menu (cash) qr* keypad
key esc                      => ready
key 9 00                     => ready entry=900
buttons                      => menu (cash) (qr*) keypad
scan wechat2                 => ready entry=900 says=wallet_limit : ♪read, ♪declined
key enter                    => ready entry=900 says=wallet_limit : ♪declined
press menu                   => menu entry=900
press split                  => split entry=900
press half                   => ready entry=900
buttons                      => menu cash qr* keypad
press cash                   => cash entry=900
press exact                  => part created : commit sale_created cash_taken/450-0, drawer, ♪approved
buttons                      => give_back split cash qr*
scan wechat2                 => charging authorizing : commit attempt_started, ♪read, charge 1 450 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
press done                   => ready
# Up to a limit is with it.
key 5 00                     => ready entry=500
buttons                      => menu cash qr* keypad
key 1                        => ready entry=5001
buttons                      => menu (cash) (qr*) keypad
key esc 8 00                 => ready entry=800
buttons                      => menu (cash) qr* keypad
key esc 8 0 1                => ready entry=801
buttons                      => menu (cash) (qr*) keypad
key esc                      => ready
# Cash alone.
cashonly                     => ready : print 1 copy, print 2 copy
online                       => ready
key 5                        => ready entry=5
buttons                      => menu cash* (qr) keypad
scan wechat                  => ready entry=5 says=wallet_closed : ♪read, ♪declined
key enter                    => cash entry=5
press cash                   => cash entry=5 : ERROR button "cash": no such button on this screen, or it is disabled
press exact                  => approved approved : commit sale_created cash_taken/5-0 receipt 3, drawer, ♪approved, print 3
