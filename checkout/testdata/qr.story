# A QR, paid; then one cancelled, which frees the counter at once.
online                       => ready
key 5 00                     => ready entry=500
key enter                    => qr created : commit sale_created attempt_started, show 1 500
buttons                      => cancel
answer waiting               => qr created
wait 5s                      => qr created : query 1
answer approved              => approved approved : commit attempt_changed/approved receipt 1, ♪approved, print 1
paper                        => approved approved : commit receipt_printed
press done                   => ready
key 6 00                     => ready entry=600
press qr                     => qr created : commit sale_created attempt_started, show 1 600
answer waiting               => qr created
press cancel                 => checking created : commit cancel_requested, cancel 1
buttons                      => park
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
buttons                      => cash qr done*
# Money that comes now is given back, and said.
answer cancelled late        => cancelled cancelled says=late_refunded : commit late_refunded, ♪attention
answer cancelled late        => cancelled cancelled says=late_refunded
key 1                        => ready entry=1
# Esc cancels one as well.
press qr                     => qr created : commit sale_created attempt_started, show 1 1
answer waiting               => qr created
key esc                      => checking created : commit cancel_requested, cancel 1
answer cancelled             => cancelled cancelled : commit attempt_changed/cancelled
wait 30s                     => ready
