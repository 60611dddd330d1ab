# Where shifts open by themselves, one does with money that goes back for another terminal.
autoshift                    => ready
nopin                        => ready
online                       => ready
press menu                   => menu
press shift                  => shift shift=1 open=true drawer=0
key 5 00                     => shift shift=1 open=true drawer=0
press close_shift            => sum asks=count
key 1 enter                  => shift shift=1 open=false drawer=0 says=shift_closed : commit shift_closed/1 with 1, Z report 1, over 1
key esc                      => menu
unknown                      => menu says=sought : ♪read, seek 01JDEE
sought found                 => sale
press refund                 => refund : commit manager_acted/refund by 
press all                    => sale sale=approved says=refund_asked : commit shift_opened/2 with 0 sale_fetched/900 of till-2 refund_asked/900 of tender 1, give back R01 900 of 2
refund done                  => sale sale=refunded says=refund_done : commit refund_changed/done, ♪approved, print slip refund 1
