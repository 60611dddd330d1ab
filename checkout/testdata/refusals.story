# Whatever else a scanner reads is refused with a sentence, and dropped.
online                       => ready
scan wechat                  => ready says=amount_first : ♪read
scan nothing                 => ready says=code_unreadable : ♪read
scan product                 => ready says=code_product_code : ♪read
key 5                        => ready entry=5
scan product                 => ready entry=5 says=code_product_code : ♪read
scan hongkong                => ready entry=5 says=code_hong_kong_wallet : ♪read
scan mainland                => ready entry=5 says=code_unionpay_mainland : ♪read
scan link                    => ready entry=5 says=code_merchant_qr : ♪read
scan short                   => ready entry=5 says=code_wrong_length : ♪read
wait 7s                      => ready entry=5
press menu                   => menu entry=5
scan wechat                  => menu entry=5 says=scan_not_expected : ♪read
press cancel                 => ready entry=5
press cash                   => cash entry=5
scan wechat                  => cash entry=5 says=scan_not_expected : ♪read
press cancel                 => ready entry=5 says=scan_not_expected
press qr                     => qr created : commit sale_created attempt_started, show 1 5
scan wechat                  => qr created says=scan_not_expected : ♪read
answer waiting               => qr created says=scan_not_expected
scan alipay                  => qr created says=scan_not_expected : ♪read
