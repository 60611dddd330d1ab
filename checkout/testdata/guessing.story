# A cashier guesses the manager's PIN. Signing on again, by PIN or badge, forgives nothing of it.
operators                    => sign_on
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press training               => pin on=mei
key 0 0 0 1 enter            => pin on=mei says=pin_wrong : commit pin_refused, ♪declined
key 0 0 0 2 enter            => pin on=mei says=pin_wrong : commit pin_refused, ♪declined
press cancel                 => menu on=mei
press cancel                 => ready on=mei
press menu                   => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press training               => pin on=mei
key 0 0 0 3 enter            => pin on=mei says=pin_wait : commit pin_refused, ♪declined
press cancel                 => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
badge MEI-0000-0001          => ready on=mei : ♪read, commit signed_on/mei by secret
press menu                   => menu on=mei
press training               => pin on=mei says=pin_wait
key 2 5 8 0                  => pin digits=4 on=mei
buttons                      => cancel (enter*) keypad
key enter                    => pin on=mei says=pin_wait
# Nor does the power going.
reboot                       => sign_on : commit signed_off/mei by restart
badge MEI-0000-0001          => ready on=mei : ♪read, commit signed_on/mei by secret
press menu                   => menu on=mei
press training               => pin on=mei says=pin_wait
key 2 5 8 0 enter            => pin on=mei says=pin_wait
wait 10s                     => pin on=mei
key 0 0 0 4 enter            => pin on=mei says=pin_wait : commit pin_refused, ♪declined
# A badge may be used at once, and whoever signs on with a PIN of her own as well.
press cancel                 => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
# Nor is the sign-on screen where to guess on: while a manager's PIN has to wait, the right one is told
# from a wrong one in nothing.
key 0 0 0 5 enter            => sign_on says=pin_wrong_or_wait : commit pin_refused, ♪declined
key 2 5 8 0 enter            => sign_on says=pin_wrong_or_wait : commit pin_refused, ♪declined
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
wait 2m                      => sign_on
key 2 5 8 0 enter            => ready on=li : commit signed_on/li by secret
# With the manager there it is forgotten.
press menu                   => menu on=li
press sign_off               => sign_on : commit signed_off/li by button
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press training               => pin on=mei
key 0 0 0 1 enter            => pin on=mei says=pin_wrong : commit pin_refused, ♪declined
key 0 0 0 2 enter            => pin on=mei says=pin_wrong : commit pin_refused, ♪declined
badge LI-00000-0002          => ready on=mei : ♪read, commit manager_acted/training by li, train
press menu                   => menu on=mei
press training               => pin on=mei
key 0 0 0 1 enter            => pin on=mei says=pin_wrong : commit pin_refused, ♪declined
key 0 0 0 2 enter            => pin on=mei says=pin_wrong : commit pin_refused, ♪declined
press cancel                 => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
# Her own PIN mistyped makes a cashier wait, and is forgotten once she keyed it.
key 1 1 1 2 enter            => sign_on says=pin_wrong : commit pin_refused, ♪declined
key 1 1 1 3 enter            => sign_on says=pin_wrong_or_wait : commit pin_refused, ♪declined
key 1 1 1 4 enter            => sign_on says=pin_wait : commit pin_refused, ♪declined
wait 10s                     => sign_on
wait 1h                      => sign_on
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
press menu                   => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
key 1 1 1 2 enter            => sign_on says=pin_wrong : commit pin_refused, ♪declined
key 1 1 1 1 enter            => ready on=mei : commit signed_on/mei by secret
# A terminal that signs somebody on by itself forgets as little.
mei                          => ready on=mei : commit signed_off/mei by restart signed_on/mei by settings
press menu                   => menu on=mei
press shift                  => shift on=mei shift=1 open=true drawer=0
press x_report               => pin on=mei says=pin_wait
key 0 0 0 6 enter            => pin on=mei says=pin_wait
reboot                       => ready on=mei : commit signed_off/mei by restart signed_on/mei by settings
press menu                   => menu on=mei
press shift                  => shift on=mei shift=1 open=true drawer=0
press x_report               => pin on=mei says=pin_wait
key 2 5 8 0 enter            => pin on=mei says=pin_wait
# Nor what was keyed to sign on.
press cancel                 => shift on=mei shift=1 open=true drawer=0
press cancel                 => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
key 0 0 0 7 enter            => sign_on says=pin_wrong_or_wait_minutes : commit pin_refused, ♪declined
key 0 0 0 8 enter            => sign_on says=pin_wrong_or_wait_minutes : commit pin_refused, ♪declined
key 0 0 0 9 enter            => sign_on says=pin_wait : commit pin_refused, ♪declined
reboot                       => ready on=mei : commit signed_on/mei by settings
press menu                   => menu on=mei
press sign_off               => sign_on : commit signed_off/mei by button
key 1 1 1 1 enter            => sign_on says=pin_wait
