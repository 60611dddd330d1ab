package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"till/cloud/enrol"
	"till/payment"
	"till/payment/pin"
	"till/payment/shop"
	"till/sync/wire/enrolment"
	"till/words"
)

// section is a part of the settings that is sent at once.
type section struct {
	name string
	keys []string // of a terminal's settings, docs/configuration.md
	read func(f *form, t Terminal) change
	// show puts the terminal's settings into fields, as they are typed.
	show func(t Terminal, into url.Values)
}

// change is what a terminal is to have, and not to have, from a section on.
type change struct {
	set  enrolment.Settings
	drop []string
}

// put sets a key, or takes it away where there is nothing to say.
func (c *change) put(t Terminal, key string, value any, nothing bool) {
	if c.set == nil {
		c.set = enrolment.Settings{}
	}
	if !nothing {
		c.set[key] = value
	} else if _, there := t.Settings[key]; there {
		c.drop = append(c.drop, key)
	}
}

// size is that of all of a terminal's settings after the change, in bytes.
func (c change) size(t Terminal) int {
	all := maps.Clone(t.Settings)
	maps.Copy(all, c.set)
	for _, key := range c.drop {
		delete(all, key)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return 0 // of values that no settings have
	}
	return len(raw)
}

var sections = []section{
	{"shop", []string{"merchant.name", "merchant.address", "merchant.phone", "merchant.foot", "merchant.language"}, readShop, showShop},
	{"logo", []string{"merchant.logo"}, readLogo, nil},
	{"tax", []string{"sale.tax", "sale.tax_by"}, readTax, showTax},
	{"tips", []string{"sale.tips", "sale.tip_with_tax"}, readTips, showTips},
	{"discounts", []string{"sale.discounts", "sale.discount_limit"}, readDiscounts, showDiscounts},
	{"tenders", []string{"sale.tenders", "sale.cash_limit", "sale.wallet_limit"}, readTenders, showTenders},
	{"departments", []string{"sale.departments"}, readDepartments, showDepartments},
	{"items", []string{"sale.items"}, readItems, showItems},
	{"operators", []string{"operators"}, readOperators, nil},
	{"manager", []string{"manager_pin"}, readManager, nil},
}

func sectionNamed(name string) (section, bool) {
	i := slices.IndexFunc(sections, func(s section) bool { return s.name == name })
	if i < 0 {
		return section{}, false
	}
	return sections[i], true
}

// form is what was typed, and what is wrong with it, by field.
type form struct {
	*visit
	values url.Values
	file   string // that was uploaded
	faults map[string]string
	all    []Terminal // the merchant's

	// Of operators: whether the one who is meant was found, and what PINs are hashed with.
	found  bool
	shared *pin.Salt
	hashed map[string]pin.Hash // by digits
}

func (f *form) fault(field, key string, args ...string) {
	if f.faults[field] == "" {
		f.faults[field] = f.Say(key, args...)
	}
}

func (f *form) value(field string) string { return strings.TrimSpace(f.values.Get(field)) }

type settingsView struct {
	*visit
	Chosen  string // terminal; "": all
	values  url.Values
	faults  map[string]string
	Differs map[string]bool // by section
	Rows    []terminalRow
	Items   []item
	People  []person
	Manager bool // there is a manager's PIN
	Unread  bool // the operators are not as this program writes them
	logo    string
	Saved   string
}

func (s *server) settingsPage(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	chosen, err := v.chosen(q.Get("terminal"))
	if err != nil {
		return err
	}
	if saved, ok := sectionNamed(q.Get("saved")); ok {
		v.Notice = v.Say("pages_saved", "what", v.Say("pages_section_"+saved.name))
	}
	for _, t := range chosen {
		if t.State == enrol.Enrolled && t.Has.Fault != "" { // one key that it does not know, and it takes none
			v.Notice = strings.TrimSpace(v.Notice + " " + v.Say("pages_refused", "terminal", t.ID, "why", t.Has.Fault))
		}
	}
	return s.settings(w, http.StatusOK, v, q.Get("terminal"), chosen, "", nil)
}

// settings shows the forms: what the terminals have, or, of the section that was not
// taken, what was typed.
func (s *server) settings(w http.ResponseWriter, status int, v *visit, id string, chosen []Terminal, typed string, f *form) error {
	v.Title = v.Say("pages_settings")
	view := settingsView{visit: v, Chosen: id, values: url.Values{}, faults: map[string]string{}, Differs: map[string]bool{}, Rows: s.rows(v, chosen)}
	if len(chosen) == 0 {
		return s.show(w, status, "settings.html", view)
	}
	for _, one := range sections {
		if one.name != typed && one.show != nil {
			one.show(chosen[0], view.values)
		}
		view.Differs[one.name] = slices.ContainsFunc(chosen, func(t Terminal) bool {
			return slices.ContainsFunc(one.keys, func(key string) bool { return !reflect.DeepEqual(t.Settings[key], chosen[0].Settings[key]) })
		})
	}
	if f != nil {
		maps.Copy(view.values, f.values)
		view.faults = f.faults
	}
	view.Items, view.logo = itemsOf(v, chosen[0]), textOf(chosen[0], "merchant.logo")
	view.People, view.Unread = peopleOf(chosen)
	view.Manager = slices.ContainsFunc(chosen, func(t Terminal) bool { return t.Settings["manager_pin"] != nil })
	return s.show(w, status, "settings.html", view)
}

// settle takes a section for one terminal, or for all of the merchant's.
func (s *server) settle(w http.ResponseWriter, r *http.Request, v *visit) error {
	part, ok := sectionNamed(r.PathValue("section"))
	if !ok {
		return errNothing
	}
	f := &form{visit: v, faults: map[string]string{}}
	if err := f.take(r); err != nil {
		s.say(w, r, http.StatusRequestEntityTooLarge, "pages_unreadable")
		return nil //nolint:nilerr // it was said
	}
	s.settling.Lock()
	defer s.settling.Unlock()
	var err error
	if v.own, err = s.Gateway.Terminals(v.session.Merchant); err != nil { // as they are now
		return err
	}
	f.all = v.own
	id := f.values.Get("terminal")
	chosen, err := v.chosen(id)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return errNothing
	}
	changes := map[string]change{}
	for _, t := range chosen {
		changes[t.ID] = part.read(f, t)
	}
	f.checkWhole(part)
	for _, t := range chosen {
		if size := changes[t.ID].size(t); size > enrolment.MaxSettings {
			f.fault(part.name, "pages_fault_large", "terminal", t.ID)
		}
	}
	if len(f.faults) > 0 {
		v.Notice = ""
		return s.settings(w, http.StatusUnprocessableEntity, v, id, chosen, part.name, f)
	}
	for _, t := range chosen {
		c := changes[t.ID]
		if len(c.set)+len(c.drop) == 0 {
			continue
		}
		if err := s.Gateway.Configure(t.ID, c.set, c.drop); err != nil {
			return fmt.Errorf("settings of %s: %w", t.ID, err)
		}
	}
	s.Log.Info("merchant's settings", "merchant", v.session.Merchant, "section", part.name, "terminals", ids(chosen))
	http.Redirect(w, r, address("/settings", url.Values{"saved": {part.name}, "terminal": {id}})+"#"+part.name, http.StatusSeeOther)
	return nil
}

// take reads what was sent, with a file where there is one.
func (f *form) take(r *http.Request) error {
	if err := r.ParseForm(); err != nil { // which the next one forgets
		return err
	}
	err := r.ParseMultipartForm(maxBody)
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	f.values = r.PostForm
	if r.MultipartForm == nil {
		return nil
	}
	f.values = r.MultipartForm.Value
	if files := r.MultipartForm.File["file"]; len(files) > 0 && files[0].Size > 0 {
		f.file, err = readFile(files[0])
	}
	return err
}

func readFile(from *multipart.FileHeader) (string, error) {
	file, err := from.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(file, maxBody))
	return string(raw), err
}

// field is one input.
type field struct {
	ID, Name, Label, Hint, Value, Fault string
}

// Field is an input of the forms; its label and hint are sentences by its name.
func (v settingsView) Field(name string) field {
	f := field{ID: "field-" + name, Name: name, Label: v.Say("pages_field_" + name), Value: v.values.Get(name), Fault: v.faults[name]}
	if hint := words.Key("pages_hint_" + name); slices.Contains(words.Keys(), hint) {
		f.Hint = v.Say(string(hint))
	}
	return f
}

// FieldOf is one of several of a kind, as departments are.
func (v settingsView) FieldOf(name string, n int) field {
	f := v.Field(name)
	f.Name = fmt.Sprintf("%s_%d", name, n)
	f.ID, f.Value, f.Fault = "field-"+f.Name, v.values.Get(f.Name), v.faults[f.Name]
	return f
}

// Value and Fault are a field's.
func (v settingsView) Value(name string) string { return v.values.Get(name) }
func (v settingsView) Fault(name string) string { return v.faults[name] }

// Is says that a choice is made.
func (v settingsView) Is(name, value string) bool { return slices.Contains(v.values[name], value) }

// Departments numbers the rows of the form.
func (v settingsView) Departments() []int { return []int{0, 1, 2, 3, 4, 5} }

// Wallets are all that can be taken.
func (v settingsView) Wallets() []payment.Wallet { return shop.Tenders }

// Sections are the parts of the page.
func (v settingsView) Sections() []string {
	var all []string
	for _, one := range sections {
		all = append(all, one.name)
	}
	return all
}

// Faulty says that something was not taken.
func (v settingsView) Faulty() bool { return len(v.faults) > 0 }

// part is what is said at the head of a section.
type part struct {
	*frame
	Differs bool
	Fault   string
}

// namesakes are the sections that have a field of their own name.
var namesakes = []string{"tax", "tips", "discounts", "items", "operators"}

// Part is a section's.
func (v settingsView) Part(name string) part {
	fault := ""
	if !slices.Contains(namesakes, name) { // theirs stands by the field
		fault = v.faults[name]
	}
	return part{v.frame, v.Differs[name], fault}
}
