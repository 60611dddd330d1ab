# A list has its pages. Products are held as well.
catalogue                    => ready
scan product upc             => ready items=2 due=2550 says=item_taken : ♪read, ♪read
press menu                   => menu items=2 due=2550
press hold                   => ready says=hold_done : commit cart_held/1 of 2 for 2550 by Mei
key 1                        => ready entry=1
press menu                   => menu entry=1
press hold                   => ready says=hold_done : commit cart_held/2 of 1 for 1 by Mei
key 2                        => ready entry=2
press menu                   => menu entry=2
press hold                   => ready says=hold_done : commit cart_held/3 of 1 for 2 by Mei
key 3                        => ready entry=3
press menu                   => menu entry=3
press hold                   => ready says=hold_done : commit cart_held/4 of 1 for 3 by Mei
key 4                        => ready entry=4
press menu                   => menu entry=4
press hold                   => ready says=hold_done : commit cart_held/5 of 1 for 4 by Mei
key 5                        => ready entry=5 due=6
press menu                   => menu entry=5 due=6
press hold                   => ready says=hold_done : commit cart_held/6 of 1 for 6 by Mei
key 6                        => ready entry=6 due=7
press menu                   => menu entry=6 due=7
press hold                   => ready says=hold_done : commit cart_held/7 of 1 for 7 by Mei
key 7                        => ready entry=7 due=8
press menu                   => menu entry=7 due=8
press hold                   => ready says=hold_done : commit cart_held/8 of 1 for 8 by Mei
key 8                        => ready entry=8 due=9
press menu                   => menu entry=8 due=9
press hold                   => ready says=hold_done : commit cart_held/9 of 1 for 9 by Mei
key 9                        => ready entry=9 due=10
press menu                   => menu entry=9 due=10
press hold                   => ready says=hold_done : commit cart_held/10 of 1 for 10 by Mei
key 1 0                      => ready entry=10 due=11
press menu                   => menu entry=10 due=11
press hold                   => ready says=hold_done : commit cart_held/11 of 1 for 11 by Mei
key 1 1                      => ready entry=11 due=12
press menu                   => menu entry=11 due=12
press hold                   => ready says=hold_done : commit cart_held/12 of 1 for 12 by Mei
press menu                   => menu
press held                   => held
buttons                      => cancel (prev) next held_1 held_2
press next                   => held
buttons                      => cancel prev next held_3 held_4
press next                   => held
press prev                   => held
press next                   => held
press next                   => held
press next                   => held
press next                   => held
buttons                      => cancel prev (next) held_11 held_12
press next                   => held : ERROR button "next": no such button on this screen, or it is disabled
key esc                      => menu
key esc                      => ready
# One more is too many: it stays where it is.
key 1 3                      => ready entry=13 due=14
press menu                   => menu entry=13 due=14
press hold                   => menu entry=13 due=14 says=hold_full
key esc                      => ready entry=13 due=14
key esc                      => ready
# One of them may be held again.
press menu                   => menu
press held                   => held
press held_1                 => ready items=2 hold=1 due=2550 says=hold_recalled
buttons                      => menu cash* qr keypad
press menu                   => menu items=2 hold=1 due=2550
press hold                   => ready says=hold_done : commit cart_held/1 of 2 for 2550 by Mei
# With nothing left of it, it is still held as it was.
press menu                   => menu
press held                   => held
press held_2                 => ready entry=1 hold=2 says=hold_recalled
key backspace                => ready says=hold_stays
press menu                   => menu
press held                   => held
press held_2                 => ready entry=1 hold=2 says=hold_recalled
press cash                   => cash entry=1 hold=2
key esc                      => ready entry=1 hold=2
scan product                 => ready entry=1 items=1 hold=2 due=351 says=item_taken : ♪read
key backspace                => ready items=1 hold=2 due=350
key esc                      => ready says=hold_stays
key esc                      => ready
# Operators: what is held is everybody's. Nobody there, it waits as other things do.
operators                    => sign_on
badge MEI-0000-0001          => ready on=mei : ♪read, commit signed_on/mei by secret
press menu                   => menu on=mei
press held                   => held on=mei
press held_2                 => ready entry=1 hold=2 on=mei says=hold_recalled
wait 5m                      => sign_on entry=1 hold=2 : commit signed_off/mei by idling
badge LI-00000-0002          => ready entry=1 hold=2 on=li : ♪read, commit signed_on/li by secret
press menu                   => menu entry=1 hold=2 on=li
press drop                   => ready on=li says=hold_dropped : commit manager_acted/drop_held by li cart_dropped/2
# A step that cannot be kept has not happened.
press menu                   => menu on=li
press held                   => held on=li
press held_3                 => ready entry=2 hold=3 on=li says=hold_recalled
broken                       => ready entry=2 hold=3 on=li says=hold_recalled
press menu                   => menu entry=2 hold=3 on=li
press hold                   => fault entry=2 hold=3 on=li fault=fault_store : ERROR commit cart_held: disk full
