# A merchant with departments, sales tax, discounts and tips.
trade                        => ready
online                       => ready
buttons                      => menu (dept_1) (dept_2) (tip) (cash) (qr*) keypad
key 1 2 3 4                  => ready entry=1234 due=1342
buttons                      => menu dept_1 dept_2 tip* cash qr keypad
press dept_2                 => ready items=1 due=1234
key 1 00                     => ready entry=100 items=1 due=1343
press dept_1                 => ready items=2 due=1343
key 5                        => ready entry=5 items=2 due=1348
key backspace                => ready items=2 due=1343
# Nothing keyed: the last item goes.
key backspace                => ready items=1 due=1234
key 1 00                     => ready entry=100 items=1 due=1343
press dept_1                 => ready items=2 due=1343
# Enter leads to the tip, then to the QR.
key enter                    => tip items=2 due=1343
buttons                      => cancel tip_1500 tip_1800 tip_2000 no_tip* (enter) keypad
press tip_1800               => ready items=2 due=1583
buttons                      => menu (dept_1) (dept_2) tip cash qr* keypad
key enter                    => qr created : commit sale_created/1334-0+9+240 attempt_started, show 1 1583
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
# Custom, none, back, and a customer who chooses none.
key 2 00                     => ready entry=200 due=218
key enter                    => tip entry=200 due=218
key 7                        => tip entry=200 due=218 keyed=7
buttons                      => cancel tip_1500 tip_1800 tip_2000 no_tip enter* keypad
key enter                    => ready entry=200 due=225
key esc                      => ready
key 2 00                     => ready entry=200 due=218
press tip                    => tip entry=200 due=218
press no_tip                 => ready entry=200 due=218
key enter                    => qr created : commit sale_created/200-0+18+0 attempt_started, show 1 218
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
key 3 00                     => ready entry=300 due=326
press tip                    => tip entry=300 due=326
press cancel                 => ready entry=300 due=326
press tip                    => tip entry=300 due=326
wait 45s                     => ready entry=300 due=326
press cash                   => cash entry=300 due=326
press exact                  => approved approved : commit sale_created/300-0+26+0 cash_taken/326-0 receipt 3, drawer, ♪approved, print 3
press done                   => ready
# A scan charges in any case, with no tip where none was chosen.
key 1 00                     => ready entry=100 due=109
scan wechat                  => charging authorizing : commit sale_created/100-0+9+0 attempt_started, ♪read, charge 1 109 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 4, ♪approved, print 4
press done                   => ready
# A discount up to the limit, above it a manager's, and none.
key 1 0 00                   => ready entry=1000 due=1088
press menu                   => menu entry=1000 due=1088
buttons                      => cancel split hold discount exempt reprint sales shift status doctor
press discount               => discount entry=1000 due=1088
buttons                      => cancel off_500 off_1000 (percent) no_discount* (enter) keypad
press off_1000               => ready entry=1000 due=979
press cash                   => cash entry=1000 due=979
press cancel                 => ready entry=1000 due=979
press menu                   => menu entry=1000 due=979
press discount               => discount entry=1000 due=979
key 2 5                      => discount entry=1000 due=979 keyed=25
buttons                      => cancel off_500 off_1000 percent no_discount enter* keypad
press percent                => pin entry=1000 due=979
key 2 5 8 0                  => pin entry=1000 due=979 digits=4
key enter                    => ready entry=1000 due=816 : commit manager_acted/discount by li
press menu                   => menu entry=1000 due=816
press discount               => discount entry=1000 due=816
key 1 0 0                    => discount entry=1000 due=816 keyed=100
press enter                  => ready entry=1000 due=979
press menu                   => menu entry=1000 due=979
press discount               => discount entry=1000 due=979
key 2 00                     => discount entry=1000 due=979 keyed=200
press enter                  => pin entry=1000 due=979
press cancel                 => discount entry=1000 due=979
press cancel                 => ready entry=1000 due=979
press menu                   => menu entry=1000 due=979
press discount               => discount entry=1000 due=979
press no_discount            => ready entry=1000 due=1088
# More off than there is cannot be keyed.
press menu                   => menu entry=1000 due=1088
press discount               => discount entry=1000 due=1088
key 1 0 0 1                  => discount entry=1000 due=1088 keyed=1001
buttons                      => cancel off_500 off_1000 (percent) no_discount (enter*) keypad
key enter                    => discount entry=1000 due=1088 keyed=1001
key esc                      => discount entry=1000 due=1088
key esc                      => ready entry=1000 due=1088
# A customer who pays no tax.
press menu                   => menu entry=1000 due=1088
press exempt                 => ready entry=1000
press menu                   => menu entry=1000
buttons                      => cancel split hold discount taxable reprint sales shift status doctor
press cancel                 => ready entry=1000
press cash                   => cash entry=1000
press cancel                 => ready entry=1000
press menu                   => menu entry=1000
press taxable                => ready entry=1000 due=1088
press menu                   => menu entry=1000 due=1088
press exempt                 => ready entry=1000
press cash                   => cash entry=1000
press exact                  => approved approved : commit sale_created/1000-0+0+0 cash_taken/1000-0 receipt 5, drawer, ♪approved, print 5
press done                   => ready
# What was taken up is begun anew with a new sale after an expired code.
key 5 00                     => ready entry=500 due=544
press dept_1                 => ready items=1 due=544
press tip                    => tip items=1 due=544
press tip_2000               => ready items=1 due=644
scan wechat2                 => charging authorizing : commit sale_created/500-0+44+100 attempt_started, ♪read, charge 1 644 wechat
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press qr                     => qr created : commit sale_created/500-0+44+100 attempt_started, show 1 644
answer approved              => approved approved : commit attempt_changed/approved receipt 6, ♪approved, print 6
press done                   => ready
# It waits where the menu is left alone, and through a lost connection.
key 9 00                     => ready entry=900 due=979
press dept_1                 => ready items=1 due=979
press menu                   => menu items=1 due=979
wait 30s                     => ready items=1 due=979
link down                    => ready items=1 due=979
press qr                     => offline items=1 due=979 : ♪declined
press cancel                 => ready items=1 due=979
link up                      => ready items=1 due=979
key esc                      => ready
# Tax and tip may come to more than a terminal charges.
key 9 9 9 9 9 9 9 9          => ready entry=99999999 due=108749999
buttons                      => menu dept_1 dept_2 tip* (cash) (qr) keypad
scan wechat                  => ready entry=99999999 due=108749999 says=amount_too_large : ♪read
press tip                    => tip entry=99999999 due=108749999
press no_tip                 => ready entry=99999999 due=108749999
key enter                    => ready entry=99999999 due=108749999 says=amount_too_large
key esc                      => ready
# A discount up to the limit is one also where rounding makes it more.
key 4 8 5                    => ready entry=485 due=527
press menu                   => menu entry=485 due=527
press discount               => discount entry=485 due=527
press off_1000               => ready entry=485 due=474
key esc                      => ready
