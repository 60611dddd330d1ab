# Training is a manager's to allow, and begins where nothing is begun.
online                       => ready
key 5                        => ready entry=5
press menu                   => menu entry=5
buttons                      => cancel split hold (reprint) sales shift status doctor
press training               => menu entry=5 : ERROR button "training": no such button on this screen, or it is disabled
key esc esc                  => ready
press menu                   => menu
buttons                      => cancel (reprint) sales shift status doctor training
press training               => pin
key esc                      => menu
press training               => pin
key 9 9 9 9 enter            => pin says=pin_wrong : commit pin_refused, ♪declined
key 2 5 8 0 enter            => ready : commit manager_acted/training by li, train
# The counter is free meanwhile: it is another one that is trained at.
buttons                      => menu (cash) (qr*) keypad
# Where a manager is signed on, nobody is asked, and the journal keeps who it was.
operators                    => sign_on
badge LI-00000-0002          => ready on=li : ♪read, commit signed_on/li by secret
press menu                   => menu on=li
press training               => ready on=li : commit manager_acted/training by li, train
# Somebody is at the terminal, though not at this counter: nobody is signed off.
wait 4m59s                   => ready on=li
touched                      => ready on=li
wait 4m59s                   => ready on=li
touched                      => ready on=li
wait 5m                      => sign_on : commit signed_off/li by idling
# Where it is trained, training can be ended at any time, and nobody signs off.
mei                          => ready on=mei : commit signed_on/mei by settings
practice                     => ready on=mei : commit signed_off/mei by restart signed_on/mei by settings
key 5                        => ready entry=5 on=mei
press menu                   => menu entry=5 on=mei
buttons                      => cancel split hold (reprint) sales shift status doctor training_end
press training_end           => menu entry=5 on=mei : train
