package enrol

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"go.etcd.io/bbolt"
)

var merchantID = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// CheckMerchant says what is wrong with a merchant's id.
func CheckMerchant(id string) error {
	if !merchantID.MatchString(id) {
		return fmt.Errorf("merchant id %.40q: want 1 to 32 of a-z, 0-9 and -", id)
	}
	return nil
}

// ErrOther is that a terminal is another merchant's: it stays so, since its sales are.
var ErrOther = errors.New("this terminal is another merchant's, and so are its sales: claim one with another id")

// give makes a terminal a merchant's, and notes it in the index; "" leaves it as it is.
func (t *Terminal) give(tx *bbolt.Tx, merchant string) error {
	if merchant == "" || t.Merchant == merchant {
		return nil
	}
	if t.Merchant != "" {
		return ErrOther
	}
	t.Merchant = merchant
	return tx.Bucket(owned).Put(ownedKey(merchant, t.ID), []byte{})
}

func ownedKey(merchant, terminal string) []byte {
	return append(append([]byte(merchant), 0), terminal...)
}

// Of lists a merchant's terminals, by their ids.
func (r *Registry) Of(merchant string) ([]Terminal, error) {
	all := []Terminal{}
	err := r.db.View(func(tx *bbolt.Tx) error {
		prefix := ownedKey(merchant, "")
		c := tx.Bucket(owned).Cursor()
		for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
			t, known, err := get[Terminal](tx, terminals, key[len(prefix):])
			if err != nil {
				return err
			}
			if known {
				all = append(all, t)
			}
		}
		return nil
	})
	return all, err
}

// Assign makes a terminal that is nobody's a merchant's.
func (r *Registry) Assign(terminal, merchant string) error {
	err := CheckMerchant(merchant)
	if err == nil {
		err = r.db.Update(func(tx *bbolt.Tx) error {
			t, known, err := get[Terminal](tx, terminals, []byte(terminal))
			if err != nil {
				return err
			}
			if !known {
				return ErrUnknown
			}
			if err := t.give(tx, merchant); err != nil {
				return err
			}
			return put(tx, terminals, []byte(t.ID), t)
		})
	}
	if err != nil {
		return fmt.Errorf("assign terminal %.40q: %w", terminal, err)
	}
	return nil
}

// Merchant is whose a terminal is; "" for one that is unknown, or the only merchant's.
func (r *Registry) Merchant(terminal string) (merchant string, err error) {
	err = r.db.View(func(tx *bbolt.Tx) error {
		t, _, err := get[Terminal](tx, terminals, []byte(terminal))
		merchant = t.Merchant
		return err
	})
	return merchant, err
}
