# The screen where an amount is keyed: digits are minor units.
buttons                      => menu (cash) (qr*) keypad
key 1 2 3 4                  => ready entry=1234
buttons                      => menu cash* qr keypad
key .                        => ready entry=1234
key backspace                => ready entry=123
key 00                       => ready entry=12300
key esc                      => ready
key esc                      => ready
key enter                    => ready says=amount_first
wait 6s                      => ready
key 9 9 9 9 9 9 9 9          => ready entry=99999999
key 1                        => ready entry=99999999 says=amount_too_large
key 00                       => ready entry=99999999 says=amount_too_large
key backspace                => ready entry=9999999
key 0                        => ready entry=99999990
press 5                      => ready entry=99999990 says=amount_too_large
press 00                     => ready entry=99999990 says=amount_too_large
press backspace              => ready entry=9999999
press qr                     => offline entry=9999999 : ♪declined
press nothing                => offline entry=9999999 : ERROR button "nothing": no such button on this screen, or it is disabled
press esc                    => offline entry=9999999 : ERROR button "esc": no such button on this screen, or it is disabled
key x                        => offline entry=9999999
