package pages

import (
	"net/http"
	"time"

	"till/cloud/reconcile"
	"till/payment"
	"till/payment/figures"
)

// reconciliationView holds the three books against each other.
type reconciliationView struct {
	*visit
	choice
	Report reconcile.Report
}

func (s *server) reconciliation(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, err := s.choose(r, v)
	if err != nil {
		return err
	}
	v.Title = v.Say("reconcile_title")
	view := reconciliationView{visit: v, choice: c}
	if view.Report, err = s.reconciled(c); err != nil {
		return err
	}
	return s.show(w, c.status, "reconciliation.html", view)
}

// reconciled asks for some terminals. Those of nobody are never asked for: to the
// gateway, no terminals are all.
func (s *server) reconciled(c choice) (reconcile.Report, error) {
	if len(c.terminals) == 0 {
		return reconcile.Report{From: c.Days.From, To: c.Days.To}, nil
	}
	return s.Gateway.Reconcile(c.Days.From, c.Days.To, c.terminals[0].zone().String(), ids(c.terminals))
}

func (s *server) reconciliationCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, err := s.choose(r, v)
	if err != nil || c.refused(w) {
		return err
	}
	report, err := s.reconciled(c)
	if err != nil {
		return err
	}
	asCSV(w, "reconciliation-"+c.Days.From+"-"+c.Days.To)
	if err := report.Write(w, figures.CSV); err != nil {
		s.Log.Debug("reconciliation as CSV", "err", err) // the browser has left
	}
	return nil
}

// Needing and Explained are the differences that need somebody, and the others.
func (v reconciliationView) Needing() []reconcile.Row { return v.rows(true) }

// Explained are those that explain themselves.
func (v reconciliationView) Explained() []reconcile.Row { return v.rows(false) }

func (v reconciliationView) rows(needs bool) (all []reconcile.Row) {
	for _, r := range v.Report.Rows {
		if r.Needs == needs {
			all = append(all, r)
		}
	}
	return all
}

// difference is one, with the page that it is on.
type difference struct {
	reconciliationView
	Row reconcile.Row
}

// With is the page, at one of its differences.
func (v reconciliationView) With(r reconcile.Row) difference { return difference{v, r} }

// off is by how much books differ, as it is written.
type off struct {
	Text   string
	Differ bool
}

// Off is by how much they do.
func (v reconciliationView) Off(minor int64, currency string) off {
	return off{v.Money(minor, currency), minor != 0}
}

// Last is what it comes to, in a sentence.
func (v reconciliationView) Last() string { return v.Report.Last(v.Lang) }

// Name is what a difference is, and Means what it means.
func (v reconciliationView) Name(r reconcile.Row) string { return r.Kind.Name(v.Lang) }

// Means is for the merchant to read, and says what to do.
func (v reconciliationView) Means(r reconcile.Row) string { return r.Text[string(v.Lang)] }

// At is a moment at the first shop.
func (v reconciliationView) At(at time.Time) string {
	text, _ := v.when(at, v.own[0])
	return text
}

// side is what one book says of a difference.
type side struct{ Book, Says string }

// Sides are those that say something.
func (v reconciliationView) Sides(r reconcile.Row) (all []side) {
	for _, one := range []struct {
		book string
		reconcile.Side
	}{{"reconcile_journal", r.Journal}, {"reconcile_ledger", r.Ledger}, {"reconcile_acquirer", r.Acquirer}} {
		if one.Currency != "" {
			all = append(all, side{v.Say(one.book), one.Say(v.Lang, func(minor int64) string { return v.Money(minor, one.Currency) })})
		}
	}
	return all
}

// Seen says that a difference is of a sale that there is a page of.
func (v reconciliationView) Seen(r reconcile.Row) bool {
	_, err := payment.ParseSaleID(string(r.Sale))
	return err == nil && r.Terminal != ""
}
