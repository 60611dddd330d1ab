package merchant

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"till/payment/pin"
)

// Whoever tries logins that are none makes room for more of them, and not for another
// try at one that is.
func TestMissesAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	b, err := Open(t.TempDir(), Options{Now: func() time.Time { return now }, Cost: pin.Cost{Memory: 64, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Add(Account{ID: "museum", Name: "Museum"}, "correct horse"); err != nil {
		t.Fatal(err)
	}
	for range freeMisses {
		_, _ = b.SignIn(t.Context(), Try{Login: "museum", Password: "wrong"})
	}
	if err := b.db.Update(func(tx *bbolt.Tx) error {
		for n := range mostMisses {
			if err := put(tx, misses, missKey(fmt.Sprint("nobody", n)), miss{1, now}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SignIn(t.Context(), Try{Login: "one more", Password: "wrong"}); !errors.Is(err, ErrWrong) {
		t.Error(err)
	}
	if err := b.db.View(func(tx *bbolt.Tx) error {
		if n := tx.Bucket(misses).Stats().KeyN; n != 2 {
			t.Errorf("%d logins are remembered", n)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	var wait Wait
	if _, err := b.SignIn(t.Context(), Try{Login: "museum", Password: "correct horse"}); !errors.As(err, &wait) {
		t.Errorf("a login with too many wrong passwords: %v", err)
	}
}
