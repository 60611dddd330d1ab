# An approval of another amount, or currency, is never shown as paid.
online                       => ready
key 5 00                     => ready entry=500
scan wechat                  => charging authorizing : commit sale_created attempt_started, ♪read, charge 1 500 wechat
answer approved amount=499   => charging authorizing says=amount_differs
answer approved currency=HKD => charging authorizing says=amount_differs
press cancel                 => checking authorizing : commit cancel_requested, cancel 1
buttons                      => park
press park                   => pin authorizing
press cancel                 => checking authorizing
answer approved amount=499   => checking authorizing : cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
press done                   => ready
