package tillcmd

import (
	"fmt"
	"strconv"
	"strings"

	"till/checkout"
	"till/display"
	"till/payment"
	"till/words"
)

// heldRows are the held sales on the page that is shown, as people call them: by
// number, and by what they are of.
func (t *terminal) heldRows(lang words.Lang, s checkout.State) []display.Row {
	var rows []display.Row
	for _, h := range s.HeldOnPage() {
		var sub []string
		for _, part := range []string{t.when(h.At, "15:04"), h.Cashier, heldItems(lang, h.Cart.Items)} {
			if part != "" {
				sub = append(sub, part)
			}
		}
		total := payment.Money{Amount: s.Priced(h.Cart).Bill().Total(), Currency: s.Settings.Currency}
		rows = append(rows, display.Row{
			ID: checkout.HeldPrefix + strconv.FormatUint(h.Number, 10), Left: holdNumber(lang, h.Number),
			Right: total.Format(moneyLocale), Sub: strings.Join(sub, words.Say(lang, "list_comma")),
		})
	}
	return rows
}

// heldItems is the first item that has a name, and how many more there are.
func heldItems(lang words.Lang, items []payment.Item) string {
	for _, i := range items {
		if i.Name != "" && len(items) > 1 {
			return fmt.Sprintf("%s +%d", i.Name, len(items)-1)
		}
		if i.Name != "" {
			return i.Name
		}
	}
	if len(items) > 1 {
		return words.Say(lang, "held_items", "count", strconv.Itoa(len(items)))
	}
	return ""
}

func holdNumber(lang words.Lang, number uint64) string {
	return words.Say(lang, "held_number", "number", strconv.FormatUint(number, 10))
}

// heldLine says on the ready screen which held sale was recalled, where there is room for it.
func (t *terminal) heldLine(v *display.View, s checkout.State) {
	if s.Hold != 0 && len(v.Lines) < 3 {
		v.Lines = append([]display.Line{{Label: words.Say(v.Lang, "line_hold"), Text: strconv.FormatUint(s.Hold, 10)}}, v.Lines...)
	}
}
