# All else lies under menu.
press menu                   => menu
buttons                      => cancel (reprint) sales shift status doctor training
key esc                      => ready
press menu                   => menu
press sales                  => list rows=0
buttons                      => cancel find (prev) (next)
key esc                      => menu
press status                 => status
buttons                      => cancel more
press cancel                 => menu
press cancel                 => ready
key 5                        => ready entry=5
press cash                   => cash entry=5
press exact                  => approved approved : commit sale_created cash_taken/5-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
# What is keyed stays while the menu is looked at.
key 4                        => ready entry=4
press menu                   => menu entry=4
press reprint                => menu entry=4 says=reprinting : print 1 copy
wait 6s                      => menu entry=4
press cancel                 => ready entry=4
press menu                   => menu entry=4
press sales                  => list entry=4 rows=1
buttons                      => cancel find (prev) (next) row
row 1                        => sale entry=4
buttons                      => cancel (void) refund more reprint*
press reprint                => sale entry=4 says=reprinting : print 1 copy
paper                        => sale entry=4 says=reprinting : commit receipt_printed, commit receipt_printed
key enter                    => sale entry=4 says=reprinting : print 1 copy
press cancel                 => list entry=4 rows=1
press cancel                 => menu entry=4
press cancel                 => ready entry=4
press menu                   => menu entry=4
wait 30s                     => ready entry=4
