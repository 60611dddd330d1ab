package merchant_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"till/cloud/merchant"
	"till/payment/pin"
)

// clock is one that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)} }

func open(t *testing.T, dir string, c *clock) *merchant.Book {
	t.Helper()
	b, err := merchant.Open(dir, merchant.Options{Now: c.now, Cost: pin.Cost{Memory: 64, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const password = "correct horse"

func museum(t *testing.T, dir string, c *clock) *merchant.Book {
	t.Helper()
	b := open(t, dir, c)
	if _, err := b.Add(merchant.Account{ID: "museum", Name: "Harbor Museum Shop", Login: "Li@Harbor.example "}, password); err != nil {
		t.Fatal(err)
	}
	return b
}

// signIn is from a browser that is not known.
func signIn(t *testing.T, b *merchant.Book, login, password string) (session string, err error) {
	t.Helper()
	tokens, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password})
	return tokens.Session, err
}

func shut(t *testing.T, b *merchant.Book) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestSessions(t *testing.T) {
	c, dir := newClock(), t.TempDir()
	b := museum(t, dir, c)
	first, err := signIn(t, b, " LI@harbor.example", password)
	if err != nil {
		t.Fatal(err)
	}
	second, err := signIn(t, b, "li@harbor.example", password)
	if err != nil || second == first || len(first) < 43 {
		t.Errorf("sessions %q and %q (%v)", first, second, err)
	}
	shut(t, b)
	b = open(t, dir, c)
	defer shut(t, b)
	is := func(token string, want bool) {
		t.Helper()
		if s, open, err := b.Session(token); err != nil || open != want || open && s.Merchant != "museum" {
			t.Errorf("session %+v is open: %v (%v), want %v", s, open, err, want)
		}
	}
	is(first, true) // over a restart
	is("", false)
	is(first+"x", false)
	s, _, _ := b.Session(first)
	if err := b.SignOut(s); err != nil {
		t.Error(err)
	}
	is(first, false)
	is(second, true)
	c.at = c.at.Add(merchant.SessionLife - time.Second)
	is(second, true)
	c.at = c.at.Add(time.Second)
	is(second, false)
}

// Nothing in the file signs anybody in.
func TestFileHoldsNoSecret(t *testing.T) {
	dir := t.TempDir()
	b := museum(t, dir, newClock())
	token, err := signIn(t, b, "li@harbor.example", password)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = b.SignIn(t.Context(), merchant.Try{Login: "a password by mistake", Password: password}) // into the wrong field
	shut(t, b)
	raw, err := os.ReadFile(filepath.Join(dir, "merchants.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token, password, "a password by mistake"} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%q is in the file", secret)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "merchants.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v)", info.Mode(), err)
	}
}

// Wrong passwords have to be waited for ever longer, also over a restart, and whether
// there is such a login or not; a right one that comes too soon is not tried.
func TestWrongPasswords(t *testing.T) {
	for _, login := range []string{"li@harbor.example", "nobody"} {
		c, dir := newClock(), t.TempDir()
		b := museum(t, dir, c)
		for n := range 5 {
			if _, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: "wrong"}); !errors.Is(err, merchant.ErrWrong) {
				t.Fatalf("%s, %d: %v", login, n, err)
			}
		}
		want := time.Second
		for n := range 12 {
			shut(t, b)
			b = open(t, dir, c)
			var wait merchant.Wait
			if _, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password}); !errors.As(err, &wait) || wait.For < want || wait.For > want+time.Second {
				t.Fatalf("%s, wait %d: %v, want %v", login, n, err, want)
			}
			c.at = c.at.Add(want)
			if _, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: "wrong"}); !errors.Is(err, merchant.ErrWrong) {
				t.Fatalf("%s, after wait %d: %v", login, n, err)
			}
			want = min(2*want, 5*time.Minute)
		}
		c.at = c.at.Add(5 * time.Minute)
		_, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password})
		if (err == nil) != (login != "nobody") {
			t.Errorf("%s, the right one in the end: %v", login, err)
		}
		if login != "nobody" {
			if _, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: "wrong"}); !errors.Is(err, merchant.ErrWrong) {
				t.Errorf("wrong ones count anew: %v", err)
			}
			if _, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password}); err != nil {
				t.Error(err)
			}
		}
		shut(t, b)
	}
}

// Nobody elsewhere keeps a merchant waiting whose browser has signed in before; and
// such a browser is no way to try more passwords than others may.
func TestKnownBrowsers(t *testing.T) {
	const login = "li@harbor.example"
	c := newClock()
	b := museum(t, t.TempDir(), c)
	defer shut(t, b)
	at, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password})
	if err != nil || at.Known == "" || at.Known == at.Session {
		t.Fatalf("%+v (%v)", at, err)
	}
	if _, err := b.Add(merchant.Account{ID: "hotel", Name: "Pier Hotel"}, password); err != nil {
		t.Fatal(err)
	}
	tries := func(login, known string) (n int) {
		t.Helper()
		for ; n < 20; n++ {
			_, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: "wrong", Known: known})
			var wait merchant.Wait
			if errors.As(err, &wait) {
				return n
			}
			if !errors.Is(err, merchant.ErrWrong) {
				t.Fatal(err)
			}
		}
		return n
	}
	if n := tries(login, ""); n != 5 {
		t.Errorf("%d tries from elsewhere", n)
	}
	again, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password, Known: at.Known})
	if err != nil || again.Known != at.Known {
		t.Errorf("from the known browser: %+v (%v)", again, err)
	}
	if n := tries(login, at.Known); n != 5 {
		t.Errorf("%d tries from the known browser", n)
	}
	c.at = c.at.Add(10 * time.Minute)
	for _, known := range []string{at.Known + "x", again.Session, "x"} { // none of them is one
		if n := tries("nobody-"+known[:1], known); n != 5 {
			t.Errorf("%d tries", n)
		}
	}
	if n := tries("hotel", at.Known); n != 5 { // another's browser
		t.Errorf("%d tries at another's login", n)
	}
	if _, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password, Known: at.Known}); err != nil {
		t.Errorf("after all that: %v", err)
	}
	c.at = c.at.Add(merchant.KnownLife)
	last, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password, Known: at.Known})
	if err != nil || last.Known == at.Known {
		t.Errorf("a browser is known for good: %+v (%v)", last, err)
	}
	s, _, _ := b.Session(last.Session)
	for range 4 {
		if err := b.ChangePassword(t.Context(), s, "wrong", "another horse"); !errors.Is(err, merchant.ErrWrong) {
			t.Error(err)
		}
	}
	if err := b.ChangePassword(t.Context(), s, password, "another horse"); err != nil {
		t.Errorf("the password is changed: %v", err)
	}
	if _, err := b.SetPassword("museum", password); err != nil {
		t.Fatal(err)
	}
	fresh, err := b.SignIn(t.Context(), merchant.Try{Login: login, Password: password, Known: last.Known})
	if err != nil || fresh.Known == last.Known {
		t.Errorf("the operator's reset leaves a browser known: %+v (%v)", fresh, err)
	}
}

func TestForgottenAfterADay(t *testing.T) {
	c := newClock()
	b := museum(t, t.TempDir(), c)
	defer shut(t, b)
	for range 5 {
		_, _ = b.SignIn(t.Context(), merchant.Try{Login: "li@harbor.example", Password: "wrong"})
	}
	c.at = c.at.Add(24 * time.Hour)
	for n := range 5 {
		if _, err := b.SignIn(t.Context(), merchant.Try{Login: "li@harbor.example", Password: "wrong"}); !errors.Is(err, merchant.ErrWrong) {
			t.Fatalf("%d: %v", n, err)
		}
	}
}

func TestOrders(t *testing.T) {
	c := newClock()
	b := museum(t, t.TempDir(), c)
	defer shut(t, b)
	made, err := b.Add(merchant.Account{ID: "hotel", Name: "Pier Hotel"}, "")
	if err != nil || len(made) < merchant.MinPassword {
		t.Fatalf("made %q (%v)", made, err)
	}
	for _, bad := range []struct {
		account  merchant.Account
		password string
		want     error
	}{
		{merchant.Account{ID: "museum", Name: "Again", Login: "x"}, password, merchant.ErrThere},
		{merchant.Account{ID: "shop", Name: "Shop", Login: "hotel"}, password, merchant.ErrTaken},
		{merchant.Account{ID: "shop", Name: "Shop", Login: "the shop"}, password, merchant.ErrLogin},
		{merchant.Account{ID: "shop", Name: " "}, password, merchant.ErrName},
		{merchant.Account{ID: "shop", Name: "Shop"}, "too short", merchant.ErrPassword},
	} {
		if _, err := b.Add(bad.account, bad.password); !errors.Is(err, bad.want) {
			t.Errorf("%+v: %v", bad.account, err)
		}
	}
	if _, err := b.Add(merchant.Account{ID: "The Shop", Name: "Shop"}, password); err == nil {
		t.Error("an id that is none")
	}
	all, err := b.Accounts()
	if err != nil || fmt.Sprint(all[0].ID, all[0].Login, all[1].ID) != "hotelhotelmuseum" || len(all) != 2 {
		t.Errorf("the merchants are %+v (%v)", all, err)
	}

	token, err := signIn(t, b, "hotel", made)
	if err != nil {
		t.Fatal(err)
	}
	s, _, _ := b.Session(token)
	other, err := signIn(t, b, "hotel", made)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ChangePassword(t.Context(), s, "wrong", "a better one"); !errors.Is(err, merchant.ErrWrong) {
		t.Errorf("changed by a stranger: %v", err)
	}
	if err := b.ChangePassword(t.Context(), s, made, "short"); !errors.Is(err, merchant.ErrPassword) {
		t.Errorf("a short one: %v", err)
	}
	if err := b.ChangePassword(t.Context(), s, made, "a better one"); err != nil {
		t.Error(err)
	}
	if _, open, _ := b.Session(token); !open {
		t.Error("the session that changed it is over")
	}
	if _, open, _ := b.Session(other); open {
		t.Error("another session goes on with the old password")
	}
	reset, err := b.SetPassword("hotel", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, open, _ := b.Session(token); open {
		t.Error("a session goes on over a reset")
	}
	if _, err := b.SignIn(t.Context(), merchant.Try{Login: "hotel", Password: "a better one"}); !errors.Is(err, merchant.ErrWrong) {
		t.Errorf("the old one: %v", err)
	}
	if token, err = signIn(t, b, "hotel", reset); err != nil {
		t.Fatal(err)
	}
	if err := b.Remove("hotel"); err != nil {
		t.Error(err)
	}
	if _, open, _ := b.Session(token); open {
		t.Error("a merchant who was removed is signed in")
	}
	if _, err := b.SignIn(t.Context(), merchant.Try{Login: "hotel", Password: reset}); !errors.Is(err, merchant.ErrWrong) {
		t.Errorf("a merchant who was removed: %v", err)
	}
	if err := b.Remove("hotel"); !errors.Is(err, merchant.ErrUnknown) {
		t.Errorf("removed again: %v", err)
	}
	if _, err := b.SetPassword("hotel", ""); !errors.Is(err, merchant.ErrUnknown) {
		t.Errorf("a password for nobody: %v", err)
	}
}

// A flood of invented logins ends at the address it comes from, and keeps nobody else
// waiting, nor a browser that is known at that address.
func TestFlood(t *testing.T) {
	c := newClock()
	b := museum(t, t.TempDir(), c)
	defer shut(t, b)
	try := func(login, password, known, from string) (merchant.Tokens, error) {
		return b.SignIn(t.Context(), merchant.Try{Login: login, Password: password, Known: known, From: from})
	}
	known, err := try("li@harbor.example", password, "", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		if _, err := try(fmt.Sprint("nobody", n), "wrong", "", "192.0.2.1"); !errors.Is(err, merchant.ErrWrong) {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	var wait merchant.Wait
	if _, err := try("li@harbor.example", password, "", "192.0.2.1"); !errors.As(err, &wait) || wait.For <= 0 {
		t.Errorf("after a flood: %v", err)
	}
	if _, err := try("li@harbor.example", password, known.Known, "192.0.2.1"); err != nil {
		t.Errorf("a browser that is known: %v", err)
	}
	if _, err := try("li@harbor.example", password, "", "192.0.2.2"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	c.at = c.at.Add(wait.For)
	if _, err := try("nobody", "wrong", "", "192.0.2.1"); !errors.Is(err, merchant.ErrWrong) {
		t.Errorf("once it was waited for: %v", err)
	}
	if _, err := try("nobody again", "wrong", "", "192.0.2.1"); !errors.As(err, &wait) {
		t.Errorf("another at once: %v", err)
	}
}
