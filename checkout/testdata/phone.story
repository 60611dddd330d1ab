# The customer takes the receipt along as a QR; the screen stays for longer.
phone                        => ready
online                       => ready
key 5 00                     => ready entry=500
press cash                   => cash entry=500
press exact                  => approved approved qr=8 : commit sale_created cash_taken/500-0 receipt 1, drawer, ♪approved, print 1
paper                        => approved approved qr=8 : commit receipt_printed
wait 19s                     => approved approved qr=8
wait 1s                      => ready
key 7 00                     => ready entry=700
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 700 wechat
answer approved              => approved approved qr=13 : commit attempt_changed/approved receipt 2, ♪approved, print 2
wait 9s                      => approved approved qr=13
key 8                        => ready entry=8
# A part is no receipt; a sale that is paid in the end is one.
key 00                       => ready entry=800
press menu                   => menu entry=800
press split                  => split entry=800
press half                   => ready entry=800
press cash                   => cash entry=800
press exact                  => part created : commit sale_created cash_taken/400-0, drawer, ♪approved
press cash                   => cash created
press exact                  => approved approved qr=21 : commit cash_taken/400-0 receipt 3, drawer, ♪approved, print 3
press done                   => ready
# On paper where it is asked for.
asked                        => ready : print 2 copy, print 3 copy
online                       => ready
key 9 00                     => ready entry=900
press qr                     => qr created : commit sale_created attempt_started, show 1 900
answer waiting               => qr created
answer approved              => approved approved qr=30 : commit attempt_changed/approved receipt 4, ♪approved
buttons                      => print done*
press done                   => ready : commit receipt_waived receipt 4
