# A sale is split over cash and wallets.
online                       => ready
key 2 5 00                   => ready entry=2500
press menu                   => menu entry=2500
buttons                      => cancel split hold (reprint) sales shift status doctor
press split                  => split entry=2500
buttons                      => cancel half third whole* (enter) keypad
key 1 0 00                   => split entry=2500 keyed=1000
buttons                      => cancel half third whole enter* keypad
key enter                    => ready entry=2500
press cash                   => cash entry=2500
press exact                  => part created : commit sale_created cash_taken/1000-0, drawer, ♪approved
buttons                      => give_back split cash qr*
# Nothing ends it half way: not the first digit of another amount, not esc, not the menu.
key 7                        => part created
key esc                      => part created
wait 10m                     => part created
key enter                    => qr created : commit attempt_started, show 1 1500
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
press done                   => ready
# Half and half, both by wallet: the first declines, then pays.
key 3 00                     => ready entry=300
press menu                   => menu entry=300
press split                  => split entry=300
press half                   => ready entry=300
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 150 wechat
answer declined              => declined declined : commit attempt_changed/declined, ♪declined
scan wechat2                 => charging authorizing : commit attempt_started, ♪read, charge 2 150 wechat
answer approved              => part created : commit attempt_changed/approved, ♪approved
scan alipay                  => charging authorizing : commit attempt_started, ♪read, charge 3 150 alipay
answer approved              => approved approved : commit attempt_changed/approved receipt 2, ♪approved, print 2
press done                   => ready
# The rest in thirds, and what is given in cash with change.
key 3 00                     => ready entry=300
press menu                   => menu entry=300
press split                  => split entry=300
press third                  => ready entry=300
key enter                    => qr created : commit sale_created attempt_started, show 1 100
answer approved              => part created : commit attempt_changed/approved, ♪approved
press cash                   => cash created
press cancel                 => part created
press split                  => split created
key 1 00                     => split created keyed=100
key enter                    => part created
press cash                   => cash created
key 5 00                     => cash created tendered=500
key enter                    => part created says=part_change : commit cash_taken/500-400, drawer, ♪approved
press qr                     => qr created : commit attempt_started, show 2 100
answer approved              => approved approved : commit attempt_changed/approved receipt 3, ♪approved, print 3
press done                   => ready
# The customer has not enough: a manager gives back what was paid.
key 9 00                     => ready entry=900
press menu                   => menu entry=900
press split                  => split entry=900
press half                   => ready entry=900
press cash                   => cash entry=900
press exact                  => part created : commit sale_created cash_taken/450-0, drawer, ♪approved
press give_back              => pin created
press cancel                 => part created
press give_back              => pin created
key 2 5 8 0                  => pin created digits=4
key enter                    => ready says=abandoned : commit manager_acted/abandon by li refund_asked/450 of tender 1 void refund_changed/done, drawer, print slip refund 1
press menu                   => menu
press sales                  => list rows=2
row 1                        => sale sale=voided
buttons                      => cancel (void) (refund) more (reprint*)
# Where a wallet's code expired, only cash goes on with the same sale.
key esc                      => list rows=2
key esc                      => menu
key esc                      => ready
key 8 00                     => ready entry=800
press menu                   => menu entry=800
press split                  => split entry=800
press half                   => ready entry=800
key enter                    => qr created : commit sale_created attempt_started, show 1 400
answer approved              => part created : commit attempt_changed/approved, ♪approved
key enter                    => qr created : commit attempt_started, show 2 400
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
press done                   => part expired
buttons                      => give_back (split) cash* (qr)
scan alipay                  => part expired : ♪read
press cash                   => cash expired
press exact                  => approved approved : commit cash_taken/400-0 receipt 4, drawer, ♪approved, print 4
press done                   => ready
# A power cut in between: it is gone on with.
key 6 00                     => ready entry=600
press menu                   => menu entry=600
press split                  => split entry=600
press half                   => ready entry=600
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 300 wechat
answer approved              => part created : commit attempt_changed/approved, ♪approved
reboot                       => part created : print 1 copy, print 2 copy, print 3 copy, print slip copy refund 1, print 4 copy
buttons                      => give_back split cash qr*
online                       => part created
press qr                     => qr created : commit attempt_started, show 2 300
reboot                       => checking checking : commit attempt_changed/checking, print 1 copy, print 2 copy, print 3 copy, print slip copy refund 1, print 4 copy
online                       => checking checking
answer approved              => approved approved : commit attempt_changed/approved receipt 5, ♪approved, print 5
press done                   => ready
# A void that is refused: it is paid in part again.
key 5 00                     => ready entry=500
press menu                   => menu entry=500
press split                  => split entry=500
press half                   => ready entry=500
scan wechat2                 => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 250 wechat
answer approved              => part created : commit attempt_changed/approved, ♪approved
press give_back              => pin created
key 2 5 8 0                  => pin created digits=4
key enter                    => ready says=abandoned : commit manager_acted/abandon by li refund_asked/250 of tender 1 void, give back R01 250 of 1 void
refund refused 1 reason=over_refund => ready says=refund_refused : commit refund_changed/refused, ♪attention
press menu                   => menu
press sales                  => list rows=2
row 1                        => sale sale=created
buttons                      => cancel void (refund) more (reprint*)
press void                   => pin
key 2 5 8 0                  => pin digits=4
key enter                    => void : commit manager_acted/void by li
press void                   => sale sale=voided says=refund_asked : commit refund_asked/250 of tender 1 void, give back R02 250 of 1 void
refund done 2                => sale sale=voided says=refund_done : commit refund_changed/done, ♪approved, print slip refund 2
# The whole after all, and what cannot be.
key esc                      => list rows=2
key esc                      => menu
key esc                      => ready
key 1                        => ready entry=1
press menu                   => menu entry=1
press split                  => split entry=1
buttons                      => cancel (half) (third) whole* (enter) keypad
press whole                  => ready entry=1
key esc                      => ready
key 4 00                     => ready entry=400
press menu                   => menu entry=400
press split                  => split entry=400
key 4 00                     => split entry=400 keyed=400
buttons                      => cancel half third whole (enter*) keypad
key enter                    => split entry=400 keyed=400
key esc                      => split entry=400
key esc                      => ready entry=400
# Goods were given while the second of three parts was unknown; it turns out paid, and the rest is owed.
key esc                      => ready
key 9 00                     => ready entry=900
press menu                   => menu entry=900
press split                  => split entry=900
press third                  => ready entry=900
press cash                   => cash entry=900
press exact                  => part created : commit sale_created cash_taken/300-0, drawer, ♪approved
press split                  => split created
key 3 00                     => split created keyed=300
key enter                    => part created
press qr                     => qr created : commit attempt_started, show 1 300
wait 20s                     => checking checking : commit attempt_changed/checking, query 1, query 1, query 1, query 1, query 1, ♪attention, query 1, query 1, query 1, query 1
press park                   => pin checking
key 2 5 8 0                  => pin checking digits=4
key enter                    => park checking : commit manager_acted/park by li
press goods                  => parked parked : commit sale_parked/goods_given, print slip, query 1
press done                   => ready
answer approved              => ready says=parked_owed : commit attempt_changed/approved, ♪attention
press menu                   => menu
press sales                  => list rows=2
row 1                        => sale
buttons                      => cancel void (refund) more (reprint*)
key esc                      => list rows=2
key esc                      => menu
key esc                      => ready
reboot                       => ready : print 1 copy, print 2 copy, print 3 copy, print slip copy refund 1, print 4 copy, print 5 copy, print slip copy refund 2
# Half and a third of odd cents are rounded up: the rest is no more than its part.
currency USD                 => ready : print 1 copy, print 2 copy, print 3 copy, print slip copy refund 1, print 4 copy, print 5 copy, print slip copy refund 2
key 1 0 0 1                  => ready entry=1001
press menu                   => menu entry=1001
press split                  => split entry=1001
press half                   => ready entry=1001
press cash                   => cash entry=1001
press exact                  => part created : commit sale_created cash_taken/501-0, drawer, ♪approved
press cash                   => cash created
press exact                  => approved approved : commit cash_taken/500-0 receipt 6, drawer, ♪approved, print 6
press done                   => ready
key 1 0 00                   => ready entry=1000
press menu                   => menu entry=1000
press split                  => split entry=1000
press third                  => ready entry=1000
press cash                   => cash entry=1000
press exact                  => part created : commit sale_created cash_taken/334-0, drawer, ♪approved
press split                  => split created
press half                   => part created
press cash                   => cash created
press exact                  => part created : commit cash_taken/333-0, drawer, ♪approved
press cash                   => cash created
press exact                  => approved approved : commit cash_taken/333-0 receipt 7, drawer, ♪approved, print 7
press done                   => ready
