package display

import (
	"till/payment"
	"till/words"
)

// holdSamples are the screens of sales that are held. The menu has all that it can have.
func holdSamples(lang words.Lang, base func(Screen) View, on func(string, Role) Button) []Sample {
	named := func(s string) string {
		if lang == words.Chinese {
			return "chinese-" + s
		}
		return s
	}
	say := func(k words.Key, args ...string) string { return words.Say(lang, k, args...) }
	off := func(id string) Button { return Button{ID: id} }
	menu := func(own ...Button) View {
		v := base(ScreenMenu)
		v.Lang, v.Bar.Cashier = lang, "Wilhelmina Featherstone"
		v.Buttons = append([]Button{on("back", RoleBack)}, own...)
		for _, id := range []string{"reprint", "sales", "shift", "status", "doctor"} {
			v.Buttons = append(v.Buttons, on(id, RolePlain))
		}
		v.Buttons = append(v.Buttons, off("sign_off"))
		return v
	}
	held := on("held", RolePlain)
	held.Label = say("held_count", "count", "12")

	list := base(ScreenList)
	list.Lang, list.Title = lang, say("held_title")
	list.Rows = []Row{
		{ID: "held_7", Left: say("held_number", "number", "7"), Right: "$12.34", Sub: "14:21" + say("list_comma") + "Mei"},
		{ID: "held_8", Left: say("held_number", "number", "8"), Right: "$999,999.99", Sub: "14:25" + say("list_comma") + "Wilhelmina Featherstone" + say("list_comma") + "Catalogue of the exhibition 展览图录 +58"},
		{ID: "held_12", Left: say("held_number", "number", "12"), Right: "$25.50", Sub: "14:31" + say("list_comma") + "Li" + say("list_comma") + say("held_items", "count", "3")},
	}
	list.Buttons = []Button{on("back", RoleBack), off("prev"), on("next", RolePlain)}

	ready := base(ScreenReady)
	ready.Lang, ready.Keypad, ready.Amount = lang, true, payment.Money{Amount: 2795, Currency: "USD"}
	ready.Lines = []Line{{Label: say("line_hold"), Text: "12"}, {Label: say("line_keyed"), Amount: dollars(500)}, {Label: say("line_tax"), Amount: dollars(195)}}
	ready.Buttons = []Button{on("menu", RolePlain), on("cash", RoleTender), on("qr", RoleMain)}

	return []Sample{
		{named("menu-hold"), menu(held, on("items", RolePlain), off("discount"), off("exempt"))},
		{named("menu-recalled"), menu(on("split", RolePlain), on("hold", RolePlain), on("drop", RolePlain), on("items", RolePlain), on("discount", RolePlain), on("taxable", RolePlain))},
		{named("held"), list},
		{named("recalled"), ready},
	}
}
