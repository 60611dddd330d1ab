package pages

import (
	"slices"
	"strconv"
	"strings"

	"till/payment"
	"till/payment/pin"
	"till/payment/shop"
)

// person is an operator of some terminals.
type person struct {
	payment.Operator
	Badge bool
	Where []string // the terminals, where they are not all that were chosen
}

// peopleOf are the operators of some terminals, each once; unread: some are not as
// this program writes them.
func peopleOf(terminals []Terminal) (all []person, unread bool) {
	for _, t := range terminals {
		list, err := operatorsOf(t)
		if err != nil {
			unread = true
			continue
		}
		for _, o := range list {
			i := slices.IndexFunc(all, func(p person) bool { return p.ID == o.ID })
			if i < 0 {
				i = len(all)
				all = append(all, person{Operator: o.Operator, Badge: !o.Badge.Zero()})
			}
			all[i].Where = append(all[i].Where, t.ID)
		}
	}
	for i := range all {
		if len(all[i].Where) == len(terminals) {
			all[i].Where = nil
		}
	}
	return all, unread
}

func operatorsOf(t Terminal) ([]shop.Operator, error) {
	return shop.ParseOperators(textsOf(t, "operators"))
}

// managersPIN is a terminal's, where it is kept as a hash; plain: as digits.
func managersPIN(t Terminal) (hash pin.Hash, plain string) {
	text := textOf(t, "manager_pin")
	if h, err := pin.Parse(text); err == nil {
		return h, ""
	}
	return pin.Hash{}, text
}

// salt is the one that the merchant's operators share, so that one hash tells which of
// them keyed a PIN.
func (f *form) salt() pin.Salt {
	if f.shared == nil {
		salt := pin.NewSalt()
		f.shared = &salt
		for _, t := range f.all {
			list, _ := operatorsOf(t) // those that cannot be read have none
			for _, o := range list {
				if s, ok := o.PIN.Salt(); ok {
					*f.shared = s
					return s
				}
			}
		}
		for _, t := range f.all {
			h, _ := managersPIN(t)
			if s, ok := h.Salt(); ok && !h.Zero() {
				*f.shared = s
				return s
			}
		}
	}
	return *f.shared
}

// pin reads a new PIN, and holds that nobody else at the terminal has it.
func (f *form) pin(field string, t Terminal, others []pin.Hash, plain string) pin.Hash {
	digits := f.value(field)
	if pin.Check(digits) != nil {
		f.fault(field, "pages_fault_pin", "least", strconv.Itoa(payment.MinPIN), "most", strconv.Itoa(payment.MaxPIN))
		return pin.Hash{}
	}
	if digits == plain || pin.Find(digits, others) >= 0 {
		f.fault(field, "pages_fault_pin_taken", "terminal", t.ID)
		return pin.Hash{}
	}
	if f.hashed == nil {
		f.hashed = map[string]pin.Hash{}
	}
	if _, done := f.hashed[digits]; !done {
		f.hashed[digits] = pin.New(digits, f.salt())
	}
	return f.hashed[digits]
}

// readOperators adds, changes or removes one person. The buttons say which.
func readOperators(f *form, t Terminal) (c change) {
	list, err := operatorsOf(t)
	if err != nil {
		f.fault("operators", "pages_operators_unread")
		return c
	}
	id := f.value("id")
	at := slices.IndexFunc(list, func(o shop.Operator) bool { return o.ID == id })
	switch f.value("do") {
	case "add":
		list = f.addOperator(t, list, at >= 0)
	case "pin":
		f.found = f.found || at >= 0
		if at < 0 {
			return c
		}
		list[at].PIN = f.pin("pin_"+id, t, hashes(t, slices.Delete(slices.Clone(list), at, at+1)), plainPIN(t))
	case "remove":
		f.found = f.found || at >= 0
		if at < 0 {
			return c
		}
		list = slices.Delete(list, at, at+1)
		if textOf(t, "sign_on.auto") == id {
			c.put(t, "sign_on.auto", nil, true)
		}
	default:
		f.fault("operators", "pages_fault_choice")
		return c
	}
	var texts []any
	for _, o := range list {
		texts = append(texts, o.String())
	}
	c.put(t, "operators", texts, len(texts) == 0)
	if len(texts) == 0 { // nobody is left to sign off
		c.put(t, "sign_on.lock_after", nil, true)
	}
	return c
}

func (f *form) addOperator(t Terminal, list []shop.Operator, there bool) []shop.Operator {
	o := shop.Operator{Operator: payment.Operator{ID: f.value("id"), Name: f.value("operator"), Role: payment.Role(f.value("role"))}}
	f.found = true
	switch {
	case shop.CheckOperatorID(o.ID) != nil:
		f.fault("id", "pages_fault_operator_id")
		return list
	case there:
		f.fault("id", "pages_fault_same_id")
		return list
	case o.Role != payment.Cashier && o.Role != payment.Manager:
		f.fault("role", "pages_fault_choice")
		return list
	case o.Check() != nil:
		f.fault("operator", "pages_fault_operator_name")
		return list
	case len(list) >= shop.MaxOperators:
		f.fault("operators", "pages_fault_many_operators", "n", strconv.Itoa(shop.MaxOperators))
		return list
	}
	o.PIN = f.pin("pin", t, hashes(t, list), plainPIN(t))
	if len(f.faults) > 0 {
		return list
	}
	if again, err := shop.ParseOperator(o.String()); err != nil || again != o {
		f.fault("operator", "pages_fault_signs")
		return list
	}
	return append(list, o)
}

// hashes are what PINs have to differ from: the operators', and the manager's.
func hashes(t Terminal, list []shop.Operator) []pin.Hash {
	manager, _ := managersPIN(t)
	all := []pin.Hash{manager}
	for _, o := range list {
		all = append(all, o.PIN)
	}
	return all
}

func plainPIN(t Terminal) string {
	_, plain := managersPIN(t)
	return plain
}

// readManager sets the PIN of a manager who is not among the operators, or takes it away.
func readManager(f *form, t Terminal) (c change) {
	if f.value("do") == "remove" {
		c.put(t, "manager_pin", nil, true)
		return c
	}
	list, err := operatorsOf(t)
	if err != nil {
		f.fault("manager_pin", "pages_operators_unread")
		return c
	}
	h := f.pin("manager_pin", t, hashes(Terminal{}, list), "")
	c.put(t, "manager_pin", h.String(), false)
	return c
}

// checkWhole looks at what no terminal alone can tell, and forgets what nobody should
// see again on a page.
func (f *form) checkWhole(part section) {
	if part.name == "operators" && !f.found {
		f.fault("operators", "pages_fault_nobody")
	}
	for field := range f.values {
		if field == "pin" || field == "manager_pin" || strings.HasPrefix(field, "pin_") {
			f.values.Del(field)
		}
	}
}

// Places are where they are.
func (p person) Places() string { return strings.Join(p.Where, ", ") }
