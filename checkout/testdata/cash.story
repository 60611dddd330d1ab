# Cash works with or without a line: exact, a note, keyed.
key 1 2 3 4                  => ready entry=1234
press cash                   => cash entry=1234
buttons                      => cancel note_2000 note_5000 note_10000 exact* (enter) keypad
press exact                  => approved approved : commit sale_created cash_taken/1234-0 receipt 1, drawer, ♪approved, print 1
buttons                      => done*
paper                        => approved approved : commit receipt_printed
press done                   => ready

key 2 00                     => ready entry=200
press cash                   => cash entry=200
press note_500               => approved approved : commit sale_created cash_taken/500-300 receipt 2, drawer, ♪approved, print 2
paper                        => approved approved : commit receipt_printed
# The first digit of the next amount leaves the result, and counts.
key 7                        => ready entry=7

# Keyed, and too little: there is nothing to press, and Enter says why.
key 00                       => ready entry=700
press cash                   => cash entry=700
key 5 00                     => cash entry=700 tendered=500
buttons                      => cancel note_1000 note_2000 note_5000 exact (enter*) keypad
key enter                    => cash entry=700 tendered=500 says=cash_short
press enter                  => cash entry=700 tendered=500 says=cash_short : ERROR button "enter": no such button on this screen, or it is disabled
key 00 esc                   => cash entry=700
key 1 0 00                   => cash entry=700 tendered=1000
buttons                      => cancel note_1000 note_2000 note_5000 exact enter* keypad
key enter                    => approved approved : commit sale_created cash_taken/1000-300 receipt 3, drawer, ♪approved, print 3
wait 9s                      => ready

# Back, with what is keyed kept.
key 3 00                     => ready entry=300
press cash                   => cash entry=300
key 9 backspace              => cash entry=300
key 9                        => cash entry=300 tendered=9
press cancel                 => ready entry=300
press cash                   => cash entry=300
key 4                        => cash entry=300 tendered=4
key esc                      => cash entry=300
key esc                      => ready entry=300

# Enter presses the main button: exact cash.
press cash                   => cash entry=300
key enter                    => approved approved : commit sale_created cash_taken/300-0 receipt 4, drawer, ♪approved, print 4
key esc                      => ready
