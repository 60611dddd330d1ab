# The list has as many rows as fit on the screen.
key 1                        => ready entry=1
press cash exact             => approved approved : commit sale_created cash_taken/1-0 receipt 1, drawer, ♪approved, print 1
key 2                        => ready entry=2
press cash exact             => approved approved : commit sale_created cash_taken/2-0 receipt 2, drawer, ♪approved, print 2
key 3                        => ready entry=3
press cash exact             => approved approved : commit sale_created cash_taken/3-0 receipt 3, drawer, ♪approved, print 3
press done                   => ready
press menu sales             => list rows=2
buttons                      => cancel find (prev) next row row
press next                   => list rows=1
buttons                      => cancel find prev (next) row
row 1                        => sale
press reprint                => sale says=reprinting : print 1 copy
press cancel                 => list rows=1
buttons                      => cancel find prev (next) row
press prev                   => list rows=2
press next                   => list rows=1
press next                   => list rows=1 : ERROR button "next": no such button on this screen, or it is disabled
press cancel                 => menu
press sales                  => list rows=2
buttons                      => cancel find (prev) next row row
