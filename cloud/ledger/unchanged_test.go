package ledger_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"till/cloud"
	"till/cloud/ledger"
	"till/payment"
)

// What only reads writes nothing: a fleet at rest says hello all the time.
func TestUnchangedIsNotWritten(t *testing.T) {
	dir := made(t)
	l, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	read := func() []byte {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	before := read()
	if err := l.Update(func(tx cloud.Tx) error {
		_, err := tx.Head("museum-1", 1)
		return err
	}); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(before, read()) {
		t.Error("a question changed the file")
	}
	failed := errors.New("failed")
	if err := l.Update(func(cloud.Tx) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got %v, want what f returned", err)
	}
	if err := l.Update(func(tx cloud.Tx) error {
		a := cloud.Attempt{}
		a.Order = payment.Order("01JD000000000000000000000102")
		return tx.PutAttempt(a)
	}); err != nil {
		t.Error(err)
	}
	if bytes.Equal(before, read()) {
		t.Error("an attempt was not written")
	}
}
