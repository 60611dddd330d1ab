# A discount within the limit is dropped as the cart shrinks below what it was allowed for.
trade                        => ready
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 1 0 00                   => discount items=2 due=10000 keyed=1000
press enter                  => ready items=2 due=9000
key backspace                => ready items=1 due=2000 says=discount_dropped
buttons                      => menu (dept_1) (dept_2) tip* cash qr keypad
key esc                      => ready
# Likewise a digit, and what esc clears.
key 1 0 0 00                 => ready entry=10000 due=10875
press menu                   => menu entry=10000 due=10875
press discount               => discount entry=10000 due=10875
key 1 0 00                   => discount entry=10000 due=10875 keyed=1000
press enter                  => ready entry=10000 due=9788
key backspace                => ready entry=1000 due=1088 says=discount_dropped
key esc                      => ready
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press menu                   => menu entry=8000 items=1 due=10700
press discount               => discount entry=8000 items=1 due=10700
key 1 0 00                   => discount entry=8000 items=1 due=10700 keyed=1000
press enter                  => ready entry=8000 items=1 due=9630
key esc                      => ready items=1 due=2000 says=discount_dropped
key esc                      => ready
# Per cent go with the cart.
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
press off_1000               => ready items=2 due=9000
key backspace                => ready items=1 due=1800
key esc                      => ready
# What a manager granted holds, in money and in per cent.
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 2 0 00                   => discount items=2 due=10000 keyed=2000
press enter                  => pin items=2 due=10000
key 2 5 8 0 enter            => ready items=2 due=8000 : commit manager_acted/discount by li
key backspace                => ready items=1
key esc                      => ready
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 5 0                      => discount items=2 due=10000 keyed=50
press percent                => pin items=2 due=10000
key 2 5 8 0 enter            => ready items=2 due=5000 : commit manager_acted/discount by li
key backspace                => ready items=1 due=1000
key esc                      => ready
# A grant is of that discount, and not of the next.
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 5 0                      => discount items=2 due=10000 keyed=50
press percent                => pin items=2 due=10000
key 2 5 8 0 enter            => ready items=2 due=5000 : commit manager_acted/discount by li
press menu                   => menu items=2 due=5000
press discount               => discount items=2 due=5000
key 1 0 00                   => discount items=2 due=5000 keyed=1000
press enter                  => ready items=2 due=9000
key backspace                => ready items=1 due=2000 says=discount_dropped
key esc                      => ready
# Putting the sale aside is no way round, and takes no grant away.
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 1 0 00                   => discount items=2 due=10000 keyed=1000
press enter                  => ready items=2 due=9000
press menu                   => menu items=2 due=9000
press hold                   => ready says=hold_done : commit cart_held/1 of 2 for 9000 by Mei
press menu                   => menu
press held                   => held
press held_1                 => ready items=2 hold=1 due=9000 says=hold_recalled
key backspace                => ready items=1 hold=1 due=2000 says=discount_dropped
press menu                   => menu items=1 hold=1 due=2000
press discount               => discount items=1 hold=1 due=2000
key 1 0 00                   => discount items=1 hold=1 due=2000 keyed=1000
press enter                  => pin items=1 hold=1 due=2000
key 2 5 8 0 enter            => ready items=1 hold=1 due=1000 : commit manager_acted/discount by li
press menu                   => menu items=1 hold=1 due=1000
press hold                   => ready says=hold_done : commit cart_held/1 of 1 for 1000 by Mei
press menu                   => menu
press held                   => held
press held_1                 => ready items=1 hold=1 due=1000 says=hold_recalled
press menu                   => menu items=1 hold=1 due=1000
press discount               => discount items=1 hold=1 due=1000
press no_discount            => ready items=1 hold=1 due=2000
press menu                   => menu items=1 hold=1 due=2000
press drop                   => pin items=1 hold=1 due=2000
key 2 5 8 0 enter            => ready says=hold_dropped : commit manager_acted/drop_held by li cart_dropped/1
# Nor is a sale that is begun anew: what was given in per cent stays so.
online                       => ready says=hold_dropped
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
press off_1000               => ready items=2 due=9000
press qr                     => qr created : commit sale_created/10000-1000+0+0 attempt_started, show 1 9000
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press cash                   => cash items=2 due=9000
press cancel                 => ready items=2 due=9000
key backspace                => ready items=1 due=1800
key esc                      => ready
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 1 0 00                   => discount items=2 due=10000 keyed=1000
press enter                  => ready items=2 due=9000
press qr                     => qr created : commit sale_created/10000-1000+0+0 attempt_started, show 1 9000
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press cash                   => cash items=2 due=9000
press cancel                 => ready items=2 due=9000
key backspace                => ready items=1 due=2000 says=discount_dropped
key esc                      => ready
# After a power cut its bill alone is known.
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
press off_1000               => ready items=2 due=9000
press qr                     => qr created : commit sale_created/10000-1000+0+0 attempt_started, show 1 9000
reboot                       => checking checking : commit attempt_changed/checking
online                       => checking checking
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press cash                   => cash items=2 due=9000
press cancel                 => ready items=2 due=9000
key backspace                => ready items=1 due=2000 says=discount_dropped
key esc                      => ready
key 2 0 00                   => ready entry=2000 due=2175
press dept_2                 => ready items=1 due=2000
key 8 0 00                   => ready entry=8000 items=1 due=10700
press dept_2                 => ready items=2 due=10000
press menu                   => menu items=2 due=10000
press discount               => discount items=2 due=10000
key 2 5                      => discount items=2 due=10000 keyed=25
press percent                => pin items=2 due=10000
key 2 5 8 0 enter            => ready items=2 due=7500 : commit manager_acted/discount by li
press qr                     => qr created : commit sale_created/10000-2500+0+0 attempt_started, show 1 7500
reboot                       => checking checking : commit attempt_changed/checking
online                       => checking checking
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press cash                   => cash items=2 due=7500
press cancel                 => ready items=2 due=7500
key backspace                => ready items=1
