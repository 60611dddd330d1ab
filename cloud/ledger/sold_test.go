package ledger_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"till/cloud"
	"till/cloud/ledger"
	"till/payment"
)

// The sales of some terminals come newest first, from anywhere on; a ledger that was
// begun without the index has it after it is opened.
func TestSalesOfTerminals(t *testing.T) {
	dir := t.TempDir()
	l, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	sale := func(n int) payment.SaleID { return payment.SaleID(fmt.Sprintf("01JD%022d", n)) }
	terminals := []string{"a", "a-1", "b"} // one is another's beginning
	if err := l.Update(func(tx cloud.Tx) error {
		for n := range 30 {
			e := cloud.SaleEntry{Terminal: terminals[n%3], Epoch: 1, Sale: payment.Sale{ID: sale(n)}}
			for range 2 { // it changes
				if err := tx.PutSale(e); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		for _, c := range []struct {
			of     []string
			before payment.SaleID
			most   int
			want   []int
		}{
			{[]string{"a"}, "", 3, []int{27, 24, 21}},
			{[]string{"b"}, "", 2, []int{29, 26}},
			{[]string{"a", "b"}, sale(26), 4, []int{24, 23, 21, 20}},
			{[]string{"a-1"}, sale(4), 9, []int{1}},
			{[]string{"a"}, sale(0), 9, nil},
			{[]string{"c"}, "", 9, nil},
			{nil, "", 9, nil},
		} {
			var got []int
			err := l.SalesOf(c.of, c.before, func(_ cloud.Tx, e cloud.SaleEntry) (bool, error) {
				var n int
				if _, err := fmt.Sscanf(string(e.Sale.ID), "01JD%d", &n); err != nil {
					return false, err
				}
				got = append(got, n)
				return len(got) < c.most, nil
			})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v before %q: %v (%v), want %v", c.of, c.before, got, err, c.want)
			}
		}
	}
	look()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(filepath.Join(dir, file), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { // as if the newest third had come while another program was at it
		for n := 20; n < 30; n++ {
			if err := tx.Bucket([]byte("sold")).Delete([]byte(terminals[n%3] + "\x00" + string(sale(n)))); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = ledger.Open(dir); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	look()
}
