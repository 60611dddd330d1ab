package checkout

import (
	"slices"
	"strings"
	"time"

	"till/payment"
)

// Button is something to press on a screen. Its label is the display's to find,
// but for Amount, which is what a note button tenders.
type Button struct {
	ID      string
	Main    bool // the one that Enter presses
	Back    bool // the way out
	Enabled bool
	Amount  int64
}

// Buttons are those of the screen, apart from the digits of a keypad.
func (s State) Buttons() []Button {
	on := func(id string) Button { return Button{ID: id, Enabled: true} }
	back := Button{ID: "cancel", Back: true, Enabled: true}
	done := Button{ID: "done", Main: true, Enabled: true}
	switch s.Screen {
	case Ready:
		return s.readyButtons()
	case Charging, ShowingQR:
		return []Button{back}
	case Checking:
		return s.checkingButtons()
	case TakeCash:
		return s.cashButtons(back)
	case Approved:
		return s.approvedButtons(done)
	case Parked:
		return []Button{done}
	case Cancelled:
		if s.beginsAnew() {
			return []Button{{ID: "cash", Enabled: s.takesCash()}, {ID: "qr", Enabled: s.takesWallets()}, done}
		}
		return []Button{done}
	case Declined, Expired, Reversed:
		return []Button{back, {ID: "cash", Enabled: s.takesCash()}, {ID: "qr", Enabled: s.takesWallets() && !s.onlyCashLeft()}, done}
	case Offline:
		return []Button{back, {ID: "cash", Main: true, Enabled: s.takesCash()}}
	case PIN:
		return append(append([]Button{back}, s.forgotButtons()...), s.pinButton())
	case SignOn:
		return append(append([]Button{on("status"), on("doctor")}, s.forgotButtons()...), s.pinButton())
	case Resetting:
		return s.resetButtons(back)
	case Parking:
		return []Button{back, on("goods"), on("other")}
	case Menu:
		buttons := append([]Button{back}, s.cartButtons()...)
		buttons = append(buttons, Button{ID: "reprint", Enabled: s.reprintable(s.Last)}, on("sales"), on("shift"), on("status"), on("doctor"))
		return append(buttons, s.leavingButtons()...)
	case Discounting:
		return s.discountButtons(back)
	case Tipping:
		return s.tipButtons(back)
	case Splitting:
		return s.splitButtons(back)
	case PartPaid:
		return s.partButtons()
	case Catalogue:
		return s.catalogueButtons(back)
	case HeldSales:
		return s.heldButtons(back)
	case Sales:
		return append([]Button{back, on("find")}, s.listButtons()...)
	case Finding:
		return s.findButtons(back)
	case OneSale:
		sale, ok := s.SelectedSale()
		tender, _ := s.Left()
		return []Button{
			back, {ID: "void", Enabled: s.voidable()}, {ID: "refund", Enabled: tender > 0}, on("more"),
			{ID: "reprint", Main: true, Enabled: ok && sale.Receipt != 0},
		}
	case ShiftScreen:
		return s.shiftButtons(back)
	case DrawerSum:
		return []Button{back, {ID: "enter", Main: true, Enabled: true}}
	case DrawerWhy:
		return []Button{back, on("reason_change"), on("reason_check"), on("reason_other")}
	case Voiding:
		return []Button{back, {ID: "void", Main: true, Enabled: s.voidable()}}
	case Refunding:
		tender, left := s.Left()
		return []Button{
			back, {ID: "all", Main: s.Keyed == 0, Enabled: tender > 0},
			{ID: "refund", Main: s.Keyed > 0, Enabled: s.Keyed > 0 && s.Keyed <= left.Amount},
		}
	case About:
		return []Button{back, on("more")}
	case DoctorCheck, DoctorCode:
		return []Button{back}
	case Doctor:
		return s.doctorButtons(back)
	case Receipt:
		return []Button{on("again"), {ID: "yes", Main: true, Enabled: true}}
	case Halted:
		return []Button{on("menu")}
	case Fault:
		if s.FaultText.Key == faultStore {
			return []Button{{ID: "retry", Main: true, Enabled: true}}
		}
		return nil
	default:
		return nil
	}
}

// leavingButtons are those of the menu that leave the counter. Who trains stays
// signed on: signing off a practice counter would leave the real one signed on.
func (s State) leavingButtons() []Button {
	if s.Settings.Practice {
		return []Button{{ID: "training_end", Enabled: true}}
	}
	var buttons []Button
	if !s.Begun() && s.Current == "" && s.Halt.Key == "" {
		buttons = append(buttons, Button{ID: "training", Enabled: true})
	}
	if s.Settings.SignOn {
		buttons = append(buttons, Button{ID: "sign_off", Enabled: !s.Begun()})
	}
	return buttons
}

func (s State) checkingButtons() []Button {
	buttons := []Button{{ID: "park", Enabled: true}}
	if sale, ok := s.OnScreen(); ok && !sale.Cancelling {
		buttons = append([]Button{{ID: "cancel", Back: true, Enabled: true}}, buttons...)
	}
	return buttons
}

func (s State) cashButtons(back Button) []Button {
	due := s.Next()
	keyed := s.Tendered > 0
	buttons := []Button{back}
	for _, n := range NoteButtons(due) {
		buttons = append(buttons, Button{ID: noteID(n), Enabled: true, Amount: n})
	}
	return append(buttons,
		Button{ID: "exact", Main: !keyed, Enabled: true},
		Button{ID: "enter", Main: keyed, Enabled: s.Tendered >= due.Amount})
}

func (s State) listButtons() []Button {
	buttons := s.pagers(len(s.Listed))
	for _, sale := range s.OnPage() {
		buttons = append(buttons, Button{ID: RowID(sale.ID), Enabled: true})
	}
	return buttons
}

func (s State) rows() int { return max(1, s.Settings.Rows) }

// OnPage are the listed sales of the page that is shown.
func (s State) OnPage() []payment.Sale {
	return page(s, s.Listed)
}

// page is the part of a list that is shown.
func page[T any](s State, all []T) []T {
	from := min(s.Page*s.rows(), len(all))
	return all[from:min(from+s.rows(), len(all))]
}

// pagers are the buttons that leaf through a list of so many.
func (s State) pagers(of int) []Button {
	return []Button{{ID: "prev", Enabled: s.Page > 0}, {ID: "next", Enabled: (s.Page+1)*s.rows() < of}}
}

// leaf turns to the next page of the list on the screen, or to the one before.
func (m *move) leaf(button string, stay time.Duration) {
	if button == "next" {
		m.Page++
	} else {
		m.Page--
	}
	m.show(m.Screen, stay)
}

// SelectedSale is the sale that was picked from the list.
func (s State) SelectedSale() (payment.Sale, bool) {
	i := slices.IndexFunc(s.Listed, func(x payment.Sale) bool { return x.ID == s.Selected })
	if i < 0 {
		return payment.Sale{}, false
	}
	return s.Listed[i], true
}

// RowID is the button of a listed sale.
func RowID(id payment.SaleID) string { return "sale_" + string(id) }

func (s State) reprintable(id payment.SaleID) bool {
	sale, ok := s.Sale(id)
	return ok && sale.Receipt != 0
}

// Keypad says whether the screen takes digits.
func (s State) Keypad() bool {
	return s.Screen == Ready || s.Screen == TakeCash || s.keysDigits() || s.asksAmount()
}

// asksAmount says whether the screen asks for an amount beside that of the sale, or
// another number.
func (s State) asksAmount() bool {
	return slices.Contains([]Screen{Refunding, DrawerSum, Discounting, Tipping, Splitting, Finding}, s.Screen)
}

// Pressable says whether the screen has this button, and it is enabled. The keys
// of a screen's keypad count.
func (s State) Pressable(id string) bool {
	if s.Keypad() && isPadKey(id) {
		return true
	}
	return slices.ContainsFunc(s.Buttons(), func(b Button) bool { return b.ID == id && b.Enabled })
}

func isPadKey(id string) bool {
	return isDigits(id) || id == "backspace"
}

func isDigits(key string) bool {
	return key == "00" || len(key) == 1 && strings.Contains("0123456789", key)
}

// press is a button that the screen has.
func (m *move) press(id string) {
	if m.Keypad() && isPadKey(id) {
		m.key(id)
		return
	}
	m.search = search{} // whoever goes on waits no more for what was looked for
	switch m.Screen {
	case Ready, Halted:
		m.pressReady(id)
	case TakeCash:
		m.pressCash(id)
	case PIN:
		m.pressPIN(id)
	case SignOn:
		m.pressSignOn(id)
	case Resetting:
		m.pressReset(id)
	case Parking:
		m.pressParking(id)
	case Menu, Sales, OneSale, About:
		m.pressMenu(id)
	case Catalogue:
		m.pressCatalogue(id)
	case HeldSales:
		m.pressHeld(id)
	case Voiding, Refunding:
		m.pressGiving(id)
	case Finding:
		m.pressFind(id)
	case ShiftScreen:
		m.pressShift(id)
	case DrawerSum:
		m.pressSum(id)
	case DrawerWhy:
		m.pressReason(id)
	case Discounting:
		m.pressDiscount(id)
	case Tipping:
		m.pressTip(id)
	case Splitting:
		m.pressSplit(id)
	case PartPaid:
		m.pressPart(id)
	case Doctor, DoctorCheck, DoctorCode:
		m.pressDoctor(id)
	case Offline:
		if id == "cash" {
			m.cashScreen()
		} else {
			m.show(Ready, 0)
		}
	case Receipt:
		m.pressReceipt(id)
	case Fault:
		m.Reopen = true
	default:
		m.pressSale(id)
	}
}

func (m *move) pressReady(id string) {
	switch id {
	case "qr":
		m.showQR()
	case "cash":
		m.cashScreen()
	case "menu":
		m.hush()
		m.show(Menu, resultFor)
	case "tip":
		m.askKeyed(Tipping, tipFor)
	case "cancel": // of an order
		m.hush()
		m.ready()
	default:
		if n, ok := Numbered(id, DepartmentPrefix); ok {
			m.takeUp(m.Settings.Trade.Departments[n-1])
		}
	}
}

// pressSale is a button while a sale is on the screen.
func (m *move) pressSale(id string) {
	sale, ok := m.OnScreen()
	if !ok {
		m.ready()
		return
	}
	open := sale.OpenAttempt()
	switch id {
	case "done":
		m.hush()
		m.ready()
	case "cancel":
		if open == nil {
			m.hush()
			m.ready()
			return
		}
		m.cancel(sale, *open)
	case "print":
		m.wantPaper(sale)
	case "park":
		m.startParking()
	case "qr":
		m.showQR()
	case "cash":
		m.renew()
		m.cashScreen()
	}
}

// backToSale shows the sale on the screen as it stands.
func (m *move) backToSale() {
	sale, ok := m.OnScreen()
	if !ok {
		m.ready()
		return
	}
	if open := sale.OpenAttempt(); open != nil {
		since := m.Since
		m.show(screenOf(sale, *open), 0)
		m.Since = since
		return
	}
	if m.partPaid() {
		return
	}
	if a := sale.LastAttempt(); a != nil {
		m.showResult(a.Status)
		return
	}
	m.ready()
}

// key is the number pad. Digits are minor units.
func (m *move) key(key string) {
	switch {
	case isDigits(key):
		m.digits(key)
	case key == "backspace":
		m.backspace()
	case key == "esc":
		m.escape()
	case key == "enter":
		m.enter()
	}
}

func (m *move) digits(key string) {
	switch m.Screen {
	case Approved, Declined, Expired, Cancelled, Reversed, Parked, Receipt:
		m.ready() // the first digit of the next amount counts
		if m.Screen == Receipt {
			m.show(Ready, 0) // asked again after that sale
		}
	default:
		if !m.Keypad() {
			return
		}
	}
	if m.Screen == Ready && m.Order.Key != "" {
		m.say("order_amount")
		return
	}
	if m.Screen == Ready && m.Entry == 0 && len(m.Taken.Items) >= payment.MaxItems {
		m.say("too_many_items")
		return
	}
	m.hush()
	switch m.Screen {
	case Ready:
		m.Entry = m.typed(m.Entry, key)
	case TakeCash:
		m.Tendered = m.typed(m.Tendered, key)
	case Refunding, Finding:
		m.Keyed = m.typed(m.Keyed, key)
		m.leaveAt = m.now.At.Add(resultFor)
	case DrawerSum:
		m.Keyed, m.Counted = m.typed(m.Keyed, key), true
		m.leaveAt = m.now.At.Add(countFor)
	case Discounting, Tipping, Splitting:
		m.Keyed = m.typed(m.Keyed, key)
		m.leaveAt = m.now.At.Add(discountFor)
	case PIN, SignOn:
		if len(m.Digits)+len(key) <= payment.MaxPIN {
			m.Digits += key
		}
		m.leaveAt = m.now.At.Add(resultFor)
	case Resetting:
		m.keyReset(key)
	}
}

func (m *move) typed(amount int64, key string) int64 {
	next := amount
	for _, c := range key {
		next = next*10 + int64(c-'0')
	}
	if next > MaxEntry {
		m.say("amount_too_large")
		return amount
	}
	return next
}

func (m *move) backspace() {
	switch {
	case m.Screen == Ready:
		if m.Order.Key != "" {
			m.say("order_amount")
			return
		}
		m.hush()
		m.dropLast()
	case m.Screen == TakeCash:
		m.Tendered /= 10
	case m.asksAmount():
		m.Keyed /= 10
		m.Counted = m.Counted && m.Keyed > 0
	case m.keysDigits():
		m.Digits = m.Digits[:max(0, len(m.Digits)-1)]
	}
}

// escape clears what is keyed, or goes one step back where that is safe.
func (m *move) escape() {
	switch {
	case m.Screen == Ready && m.Entry > 0 && len(m.Taken.Items) > 0:
		m.Entry = 0
		m.shrunk()
	case m.Screen == Ready:
		m.hush()
		m.ready()
	case m.Screen == TakeCash && m.Tendered > 0:
		m.Tendered = 0
	case m.asksAmount() && (m.Keyed > 0 || m.Screen == DrawerSum && m.Counted):
		m.Keyed, m.Counted = 0, false
	case m.keysDigits() && m.Digits != "":
		m.Digits = ""
	case m.Screen == Approved || m.Screen == Cancelled || m.Screen == Parked:
		m.hush()
		m.ready()
	case m.Screen == Charging || m.Screen == Checking:
		// Ending a charge takes a deliberate press of its button.
	case m.Pressable("cancel"):
		m.press("cancel")
	}
}

func (m *move) enter() {
	for _, b := range m.Buttons() {
		if b.Main && b.Enabled {
			m.press(b.ID)
			return
		}
	}
	switch m.Screen {
	case Ready:
		m.sayWhyNot()
	case TakeCash:
		m.takeCash(m.Tendered) // too little: it says so
	case Refunding:
		m.giveBack() // too much: likewise
	case PIN, SignOn:
		if !m.pinWait().IsZero() {
			m.Digits = ""
			m.sayWait()
		}
	}
}
