package enrolment_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"till/cloud/service"
	"till/cmd/tillcmd"
	"till/display"
	"till/payment/pin"
	"till/sync/wire/enrolment"
	"till/words"
)

// The manager's PIN is forgotten, and the cashiers' are not: the gateway's operator makes
// a code, and whoever stands at the terminal sets another. It counts at once, over a power
// cut too, and the PIN and the code are kept nowhere.
func TestForgottenPIN(t *testing.T) {
	var log bytes.Buffer
	dir, cloud := folder(t), folder(t)
	s := startServiceIn(t, cloud, slog.New(slog.NewTextHandler(&log, nil)))
	salt := pin.NewSalt()
	settings := enrolment.Settings{
		"manager_pin": pin.New("7531", salt).String(), "operators": []any{"mei / Mei / cashier / " + pin.New("86421357", salt).String()},
	}
	for key, value := range shop {
		settings[key] = value
	}
	c := startEnrolled(t, s, dir, service.ClaimOrder{Terminal: "till-07", Settings: settings})
	says := func(what string, key words.Key) {
		t.Helper()
		c.until(what, func(s shown) bool { return strings.Contains(s.Message, words.Say(words.English, key)) })
	}
	digits := func(d string) {
		t.Helper()
		c.press(append(strings.Split(strings.ReplaceAll(d, " ", ""), ""), "enter")...)
	}
	const newPIN, wrong = "90817263", "079927398713"
	c.until("an operator has to sign on", func(s shown) bool { return s.Screen == "sign_on" && s.Online })
	c.press("forgot")
	digits(wrong)
	digits(newPIN)
	digits(newPIN)
	says("a code that nobody made", "reset_wrong")

	allowed, err := s.AllowReset("till-07", service.ResetOrder{})
	if err != nil {
		t.Fatal(err)
	}
	digits(allowed.Code.String())
	digits("86421357") // Mei's
	digits("86421357")
	says("a PIN that is another's", "reset_taken")
	digits(newPIN)
	digits(newPIN)
	says("the right one", "reset_done")
	_ = c.Press(t.Context(), display.InputEvent{Button: "done"}) // it may be gone before it has answered
	all, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := pin.Parse(fmt.Sprint(all[0].Settings["manager_pin"]))
	if err != nil || pin.Find(newPIN, []pin.Hash{hash}) != 0 {
		t.Errorf("the gateway has %v (%v)", all[0].Settings["manager_pin"], err)
	}
	// The same once more changes nothing, and says which settings those are.
	note, err := s.Configure("till-07", service.SettingsOrder{Set: enrolment.Settings{"manager_pin": hash.String()}})
	if err != nil {
		t.Fatal(err)
	}
	awaitNote(t, s, enrolment.SettingsNote{Digest: note.Digest})
	c.until("begun anew with it", func(s shown) bool { return s.Screen == "sign_on" && s.Online })
	digits("7531")
	says("the one before", "pin_wrong")
	digits(newPIN)
	c.until("the new one", selling)
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.until("after a power cut", func(s shown) bool { return s.Screen == "sign_on" && s.Online })
	digits(newPIN)
	c.until("signed on again", selling)

	// In the middle of a manager's step: it goes on with the new PIN, before the counter
	// has begun anew with the settings that have it.
	c.press("menu", "sign_off")
	c.until("signed off", func(s shown) bool { return s.Screen == "sign_on" })
	digits("86421357")
	c.until("Mei", selling)
	c.press("menu", "shift", "open_shift", "0", "enter", "no_sale", "forgot")
	again, err := s.AllowReset("till-07", service.ResetOrder{})
	if err != nil {
		t.Fatal(err)
	}
	digits(again.Code.String())
	digits("55443322")
	digits("55443322")
	says("a second time", "reset_done")
	c.press("done")
	digits(newPIN)
	says("the one before", "pin_wrong")
	digits("55443322")
	c.until("it goes on", func(s shown) bool { return s.Screen == "why" })
	c.press("reason_check")
	c.until("the drawer is open", func(s shown) bool { return s.Screen == "shift" })
	c.press("cancel")
	_ = c.Press(t.Context(), display.InputEvent{Button: "cancel"}) // idle, it begins anew with its settings, maybe before it has answered
	c.until("all is sent", func(s shown) bool { return s.Queued == 0 })
	c.Close()
	var journal bytes.Buffer
	if err := tillcmd.Run(t.Context(), []string{"journal", "show", "-data", filepath.Join(dir, "terminal"), "-n", "100"}, &journal, &journal); err != nil {
		t.Fatal(err)
	}
	for want, times := range map[string]int{"manager acted, for reset pin": 2, "pin refused, for reset pin": 1} {
		if got := strings.Count(journal.String(), want); got != times {
			t.Errorf("the journal says %q %d times, want %d:\n%s", want, got, times, &journal)
		}
	}
	nowhere(t, log.String(), []string{dir, cloud}, newPIN, "55443322", string(allowed.Code), allowed.Code.String(), string(again.Code))
}

// nowhere holds that no file below some folders, nor a log, has any of the secrets.
func nowhere(t *testing.T, log string, dirs []string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, secret := range secrets {
				if bytes.Contains(raw, []byte(secret)) {
					t.Errorf("%s is in %s", secret, path)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
