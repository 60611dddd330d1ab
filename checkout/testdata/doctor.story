# The doctor tries every device while the screen says so. Digits do nothing.
press menu                   => menu
press doctor                 => doctor : examine
buttons                      => cancel
key 5                        => doctor
examined 7                   => doctor
buttons                      => cancel (prev) next code* check_0 check_1
# What failed stands first, each in full on a screen of its own.
press check_0                => doctor_check
buttons                      => cancel
key esc                      => doctor
press next                   => doctor
buttons                      => cancel prev next code* check_2 check_3
# The report as a QR, for a technician's phone.
press code                   => doctor_code
buttons                      => cancel
press cancel                 => doctor
press cancel                 => menu
# What was found is forgotten, and looked for anew.
press doctor                 => doctor : examine
buttons                      => cancel
# Who leaves is not called back.
press cancel                 => menu
examined 7                   => menu
press cancel                 => ready
key 5                        => ready entry=5
examined 7                   => ready entry=5
key esc                      => ready
# It cannot always look.
press menu                   => menu
press doctor                 => doctor : examine
examined 0                   => menu says=doctor_no_report
# Findings that nobody reads are left.
press doctor                 => doctor : examine
examined 7                   => doctor
wait 2m                      => ready
press menu                   => menu
press doctor                 => doctor : examine
wait 3m                      => ready
