# Where no gateway can give another PIN, none is offered.
operators                    => sign_on
buttons                      => status doctor (enter*) keypad
# Who forgot the manager's PIN gets a code of the gateway's operator, and keys it.
resets                       => sign_on
buttons                      => status doctor (forgot) (enter*) keypad
online                       => sign_on
buttons                      => status doctor forgot (enter*) keypad
press forgot                 => reset stage=code
buttons                      => cancel (enter*) keypad
key 0 7 9 9 2 7 3 9 8 7 1    => reset digits=11 stage=code
key enter                    => reset digits=11 stage=code
key 4                        => reset digits=12 stage=code
buttons                      => cancel enter* keypad
key enter                    => reset stage=code says=reset_mistyped
key 0 7 9 9 2 7 3 9 8 7 1 3 5 => reset digits=12 stage=code
key backspace 3              => reset digits=12 stage=code
press enter                  => reset stage=pin
# The new PIN is keyed twice.
buttons                      => cancel (enter*) keypad
key 8 6 4 enter              => reset digits=3 stage=pin
key 2 enter                  => reset stage=again
key 8 6 4 3 enter            => reset stage=pin says=reset_differs
key 8 6 4 2 enter            => reset stage=again
key 8 6 4 2 enter            => reset stage=asked : give PIN 8642 for 079927398713
buttons                      => cancel
key 5                        => reset stage=asked
scan wechat                  => reset stage=asked says=scan_not_expected : ♪read
given                        => reset stage=done : commit manager_acted/reset_pin by , ♪approved
buttons                      => done*
key enter                    => sign_on
# What the gateway says no to is keyed again. A wrong code counts as a wrong PIN.
press forgot                 => reset stage=code
key 0 7 9 9 2 7 3 9 8 7 1 3 enter => reset stage=pin
key 1 1 1 1 enter            => reset stage=again
key 1 1 1 1 enter            => reset stage=asked : give PIN 1111 for 079927398713
given reset_taken pin        => reset stage=pin says=reset_taken : ♪declined
key 8 6 4 2 enter            => reset stage=again
key 8 6 4 2 enter            => reset stage=asked : give PIN 8642 for 079927398713
given reset_unreachable again => reset stage=again says=reset_unreachable : ♪declined
key 8 6 4 2 enter            => reset stage=asked : give PIN 8642 for 079927398713
given reset_wrong code       => reset stage=code says=reset_wrong : commit pin_refused, ♪declined
key 0 7 9 9 2 7 3 9 8 7 1 3 enter => reset stage=pin
key 8 6 4 2 enter            => reset stage=again
key 8 6 4 2 enter            => reset stage=asked : give PIN 8642 for 079927398713
given reset_wrong code       => reset stage=code says=reset_wrong : commit pin_refused, ♪declined
key 0 7 9 9 2 7 3 9 8 7 1 3 enter => reset stage=pin
key 8 6 4 2 enter            => reset stage=again
key 8 6 4 2 enter            => reset stage=asked : give PIN 8642 for 079927398713
given reset_wrong code       => reset stage=code says=reset_wrong : commit pin_refused, ♪declined
key esc                      => sign_on
key 1 1 1 1 enter            => sign_on says=pin_wait
# One that comes too late for the screen is in force all the same.
wait 10s                     => sign_on
press forgot                 => reset stage=code
key 0 7 9 9 2 7 3 9 8 7 1 3 enter => reset stage=pin
key 8 6 4 2 enter            => reset stage=again
key 8 6 4 2 enter            => reset stage=asked : give PIN 8642 for 079927398713
key esc                      => sign_on
given                        => sign_on says=reset_done : commit manager_acted/reset_pin by , ♪approved
# From a manager's step it goes back to it; nobody is asked for long.
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press shift                  => shift on=mei shift=1 open=true drawer=0
press no_sale                => pin on=mei
buttons                      => cancel forgot (enter*) keypad
press forgot                 => reset stage=code on=mei
key 0 7 9 9 2 7 3 9 8 7 1 3 enter => reset stage=pin on=mei
press cancel                 => pin on=mei
press forgot                 => reset stage=code on=mei
key 0 7 9 9 2 7 3 9 8 7 1 3 enter => reset stage=pin on=mei
key 8 6 4 2 enter            => reset stage=again on=mei
key 8 6 4 2 enter            => reset stage=asked on=mei : give PIN 8642 for 079927398713
given                        => reset stage=done on=mei : commit manager_acted/reset_pin by , ♪approved
press done                   => pin on=mei
key 2 5 8 0 enter            => why on=mei : commit manager_acted/no_sale by li
buttons                      => cancel reason_change reason_check reason_other
press reason_check           => shift on=mei shift=1 open=true drawer=0 : commit cash_moved/no_sale 0 for check, drawer
press no_sale                => pin on=mei
press forgot                 => reset stage=code on=mei
key 0 7                      => reset digits=2 stage=code on=mei
wait 3m                      => ready on=mei
# Not off line, and not while a sale is open.
link down                    => ready on=mei
press menu                   => menu on=mei
press shift                  => shift on=mei shift=1 open=true drawer=0
press no_sale                => pin on=mei
buttons                      => cancel (forgot) (enter*) keypad
press cancel                 => shift on=mei shift=1 open=true drawer=0
link up                      => shift on=mei shift=1 open=true drawer=0
key esc esc                  => ready on=mei
key 5 00                     => ready entry=500 on=mei
press qr                     => qr created on=mei : commit sale_created attempt_started, show 1 500
link down                    => qr created on=mei
wait 4s                      => checking checking on=mei : commit attempt_changed/checking
press park                   => pin checking on=mei
link up                      => pin checking on=mei
buttons                      => cancel (forgot) (enter*) keypad
# Nor while somebody trains: the PIN would be the real one.
answer expired               => expired expired on=mei : commit attempt_changed/expired, ♪declined
press cancel                 => ready on=mei
practice                     => sign_on : commit signed_off/mei by restart
online                       => sign_on
buttons                      => status doctor (enter*) keypad
