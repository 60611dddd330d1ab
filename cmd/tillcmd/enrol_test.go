package tillcmd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"till/payment"
	"till/store"
	"till/sync/wire/enrolment"
)

// siteFile is the configuration of a terminal that enrols itself.
func siteFile(t *testing.T, data string) configFile {
	t.Helper()
	f, err := parseFile([]byte("board = \"sim\"\nbench = \"x\"\n[printer]\nprofile = \"58mm\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return f.with(map[string]any{"data": data})
}

// granted is what a gateway grants, with settings changed.
func granted(terminal string, changed enrolment.Settings) enrolment.Grant {
	s := enrolment.Settings{
		"terminal": terminal, "merchant.name": "Shop", "merchant.timezone": "UTC", "merchant.currency": "USD", "journal.keep_days": int64(90),
		"gateway.broker": "ssl://gateway.example:8883", "gateway.key": "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=",
	}
	for key, value := range changed {
		s[key] = value
	}
	return enrolment.Grant{Terminal: terminal, Epoch: 4, Settings: s}
}

// The gateway's settings count, and the file's where it says nothing.
func TestSettingsOfAGrant(t *testing.T) {
	file := siteFile(t, "/data").with(map[string]any{"terminal": "till-deadbeef", "merchant.currency": "EUR"})
	if !file.enrols() {
		t.Error("it is no file of a terminal that enrols")
	}
	c, err := file.as(granted("till-07", nil))
	if err != nil || c.Terminal != "till-07" || c.Merchant.Currency != "USD" || c.Data != "/data" || c.Epoch != 4 || c.Journal.KeepDays != 90 || c.Printer.Name != "58mm" {
		t.Errorf("got %+v (%v)", c, err)
	}
	for key, value := range map[string]any{
		"data": "/elsewhere", "bench": "x", "gateway.ca": "/etc/passwd", "gateway.private_key": "x", "merchant.timezone": "Mars/Olympus", "gateway.kye": "x", "journal.keep_days": "many",
	} {
		if _, err := file.as(granted("till-07", enrolment.Settings{key: value})); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s = %v: %v", key, value, err)
		}
	}
}

// Settings that name files which cannot be used are not taken. Those that were taken
// before are sold with: a file may have gone since.
func TestSettingsThatNameFiles(t *testing.T) {
	data := t.TempDir()
	file := siteFile(t, data)
	grant := granted("till-07", enrolment.Settings{
		"integrator.listen": "0.0.0.0:8444", "integrator.token": "mMkUXAZ2kQYyUF3S", "integrator.certificate": "/nowhere/register.pem", "integrator.private_key": "/nowhere/register.key",
	})
	if err := file.accepts(data)(grant); err == nil || !strings.Contains(err.Error(), "integrator.certificate") || !strings.Contains(err.Error(), "/nowhere/register.pem") {
		t.Errorf("they are taken: %v", err)
	}
	if _, err := file.as(grant); err != nil {
		t.Errorf("with those it was enrolled with it does not sell: %v", err)
	}
	for _, listen := range []string{"8444", "0.0.0.0:", "0.0.0.0:99999", "0.0.0.0:-1", "0.0.0.0:many"} {
		if _, err := file.as(granted("till-07", enrolment.Settings{"integrator.listen": listen, "integrator.token": "mMkUXAZ2kQYyUF3S"})); err == nil || !strings.Contains(err.Error(), "integrator.listen") {
			t.Errorf("listen on %q: %v", listen, err)
		}
	}
}

// A card that holds another terminal's journal is not made a terminal by the
// name of which it could not sell.
func TestJournalOfAnother(t *testing.T) {
	data := t.TempDir()
	accept := siteFile(t, data).accepts(data)
	if err := accept(granted("till-07", nil)); err != nil {
		t.Errorf("an empty card: %v", err)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	j, err := store.Open(journalFolder(data), store.Options{Terminal: "till-06"})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := accept(granted("till-07", nil)); !errors.Is(err, store.ErrTerminal) {
		t.Errorf("another's card: %v", err)
	}
	if err := accept(granted("till-06", nil)); err != nil {
		t.Errorf("its own card: %v", err)
	}
}

// A journal begun on a device that took another's place is of the epoch that the
// gateway said, and says why; one that is damaged later is of the next.
func TestEpochOfASuccessor(t *testing.T) {
	data := t.TempDir()
	config, err := siteFile(t, data).as(granted("till-07", nil))
	if err != nil {
		t.Fatal(err)
	}
	first := func(epoch uint32, why payment.Reason, notice string) {
		t.Helper()
		j, n, err := openJournal(config, "boot")
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		records, err := j.Read(1, 10, 1<<20)
		if err != nil || len(records) != 1 {
			t.Fatalf("%d records (%v)", len(records), err)
		}
		e, err := records[0].Event()
		if p := j.Position(); err != nil || p.Epoch != epoch || e.Kind != payment.StoreReplaced || e.Reason != why || string(n.Key) != notice {
			t.Errorf("epoch %d begins with %s, %s; the screen says %q (%v)", p.Epoch, e.Kind, e.Reason, n.Key, err)
		}
	}
	first(4, payment.DeviceReplaced, "")
	first(4, payment.DeviceReplaced, "") // and so it stays
	files, err := filepath.Glob(filepath.Join(journalFolder(data), "journal-*.bolt"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the journal is %v (%v)", files, err)
	}
	if err := os.WriteFile(files[0], make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	first(5, payment.JournalDamaged, "store_aside")
}
