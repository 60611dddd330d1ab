package display

import (
	"till/payment"
	"till/words"
)

// trainingSamples are screens of a terminal at which somebody trains: of a live
// one, and of one that is a test in itself.
func trainingSamples(lang words.Lang, bar Bar) []Sample {
	name := func(s string) string {
		if lang == words.Chinese {
			return "chinese-training-" + s
		}
		return "training-" + s
	}
	say := func(k words.Key, args ...string) string { return words.Say(lang, k, args...) }
	screen := func(s Screen, change func(*View)) View {
		v := View{Screen: s, Lang: lang, Training: true, Bar: bar}
		change(&v)
		return v
	}
	ready := func(v *View) {
		v.Amount, v.Keypad = dollars(1203), true
		v.Buttons = []Button{on("qr", RoleMain), on("cash", RoleTender), on("menu", RolePlain)}
	}
	return []Sample{
		{name("ready"), screen(ScreenReady, ready)},
		{name("ready-test"), screen(ScreenReady, func(v *View) {
			ready(v)
			v.Test, v.Bar.Online, v.Bar.Waiting = true, false, 3
			v.Bar.Troubles = []words.Key{"bar_no_paper"}
			v.Message = say("training_real", "text", say("parked_owed", "amount", "$999,999.99"))
		})},
		{name("approved"), screen(ScreenApproved, func(v *View) {
			v.Amount, v.Wallet, v.Message = dollars(1200), payment.Cash, say("training_drawer")
			v.Lines = []Line{
				{Label: say("line_tendered"), Amount: dollars(2000)}, {Label: say("line_change"), Amount: dollars(800), Strong: true},
				{Label: say("line_receipt"), Text: "T-000001"},
			}
			v.Buttons = []Button{on("done", RoleMain)}
		})},
		{name("menu"), screen(ScreenMenu, func(v *View) {
			v.Test = true
			v.Buttons = []Button{
				on("back", RoleBack), on("split", RolePlain), on("hold", RolePlain), on("drop", RolePlain), on("items", RolePlain), on("discount", RolePlain), on("exempt", RolePlain), on("reprint", RolePlain),
				on("sales", RolePlain), on("shift", RolePlain), on("status", RolePlain), on("doctor", RolePlain), on("training_end", RolePlain),
			}
		})},
	}
}
