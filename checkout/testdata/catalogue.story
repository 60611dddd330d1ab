# A product's barcode adds it to the sale; a customer's code charges it.
catalogue                    => ready
online                       => ready
scan product                 => ready items=1 due=350 says=item_taken : ♪read
scan product upc             => ready items=3 due=2900 says=item_taken : ♪read, ♪read
press menu                   => menu items=3 due=2900
buttons                      => cancel split hold items exempt (reprint) sales shift status doctor
press cancel                 => ready items=3 due=2900
scan wechat                  => charging authorizing : commit sale_created/2700-0+200+0 attempt_started, ♪read, charge 1 2900 wechat
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
# The next product begins the next sale.
scan product                 => ready items=1 due=350 says=item_taken : ♪read
# What has no barcode, or cannot be read, is in the list.
press menu                   => menu items=1 due=350
press items                  => items items=1 due=350
buttons                      => cancel (prev) next item_0 item_1
press next                   => items items=1 due=350
buttons                      => cancel prev (next) item_2
press item_2                 => ready items=2 due=460 says=item_taken
key 5 00                     => ready entry=500 items=2 due=1010
press cash                   => cash entry=500 items=2 due=1010
press exact                  => approved approved : commit sale_created/950-0+60+0 cash_taken/1010-0 receipt 2, drawer, ♪approved, print 2
paper                        => approved approved : commit receipt_printed, commit receipt_printed
press done                   => ready
# Taken back, thing by thing.
scan upc product             => ready items=2 due=2550 says=item_taken : ♪read, ♪read
key backspace                => ready items=1 due=2200
key backspace                => ready
# Where no sale is made up, a product is none.
key 5                        => ready entry=5 due=6
press cash                   => cash entry=5 due=6
scan product                 => cash entry=5 due=6 says=code_product_code : ♪read
key esc                      => ready entry=5 due=6 says=code_product_code
key esc                      => ready
key 5                        => ready entry=5 due=6
press qr                     => qr created : commit sale_created/5-0+1+0 attempt_started, show 1 6
scan product                 => qr created says=code_product_code : ♪read
answer expired               => expired expired : commit attempt_changed/expired, ♪declined
scan product                 => expired expired says=code_product_code : ♪read
press done                   => ready
scan no_upc                  => ready says=item_unknown : ♪read
# A sale has its limits.
key 9 9 9 9 9 9 9 9          => ready entry=99999999 due=109999999
scan product                 => ready entry=99999999 due=109999999 says=amount_too_large : ♪read
