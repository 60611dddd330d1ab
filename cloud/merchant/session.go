package merchant

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"till/cloud/limits"
	"till/payment/pin"
)

const (
	// SessionLife is how long a merchant stays signed in, whatever is done meanwhile.
	SessionLife = 12 * time.Hour
	// KnownLife is how long a browser is known that a merchant has signed in with.
	KnownLife = 180 * 24 * time.Hour
	// MinPassword and MaxPassword bound a password, in characters and in bytes.
	MinPassword, MaxPassword = 10, 200

	tokenLen = 32 // bytes
	atOnce   = 2  // passwords checked at the same time
)

// Wrong passwords in a row, of one login: the first few cost nothing, then each has to
// be waited for, twice as long as the one before. Two days of guessing at the longest
// wait are 600 passwords.
const (
	freeMisses = 5
	longest    = 5 * time.Minute
	forgetting = 24 * time.Hour // without another
	mostMisses = 10_000         // logins that are remembered
)

// fromOne are the wrong passwords of one address, for whatever logins: so that a flood
// of invented ones does not keep merchants waiting for their turn.
var fromOne = limits.Bounds{Burst: 30, Every: 10 * time.Second}

// Faults of signing in.
var (
	// ErrWrong is all that is said, whether the login is there or not.
	ErrWrong    = errors.New("login and password do not belong together")
	ErrPassword = fmt.Errorf("want a password of at least %d characters, and at most %d bytes", MinPassword, MaxPassword)
	// ErrLongPassword is an ErrPassword too.
	ErrLongPassword = fmt.Errorf("%w: this one is longer", ErrPassword)
)

// Wait is the refusal of a login with too many wrong passwords.
type Wait struct{ For time.Duration }

func (w Wait) Error() string {
	return fmt.Sprintf("too many wrong passwords: wait %v, then try again", w.For)
}

// Session is one that is open.
type Session struct {
	Merchant string    `json:"merchant"`
	Expires  time.Time `json:"expires"`

	key []byte
}

// miss counts the wrong passwords of a login. They are counted before they are
// checked, so that no restart in between forgets one.
type miss struct {
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
}

// until is when the next password may be tried.
func (m miss) until() time.Time {
	if m.Count < freeMisses {
		return m.Last
	}
	wait := longest
	if doublings := m.Count - freeMisses; doublings < 9 {
		wait = min(longest, time.Second<<doublings)
	}
	return m.Last.Add(wait)
}

func missKey(login string) []byte {
	sum := sha256.Sum256([]byte("login " + login)) // people type passwords there
	return sum[:]
}

// Tokens are what a browser keeps of signing in.
type Tokens struct {
	Session string
	// Known tells the browser from others for KnownLife, so that nobody elsewhere can
	// keep it waiting: its wrong passwords are counted for themselves.
	Known string
}

// Try is somebody who wants to sign in.
type Try struct {
	Login, Password string
	Known           string // what its browser has of an earlier time; "": nothing
	From            string // its address, as of limits.Address
}

// SignIn opens a session. It fails with ErrWrong, or with a Wait.
func (b *Book) SignIn(ctx context.Context, t Try) (Tokens, error) {
	login, known := plain(t.Login), t.Known
	borne := func() error {
		if wait := b.limits.Wait(t.From, b.now()); wait > 0 {
			return Wait{wait}
		}
		return nil
	}
	found, counted, err := b.begin(func(tx *bbolt.Tx) (a account, key []byte, err error) {
		if id := tx.Bucket(logins).Get([]byte(login)); id != nil {
			if a, _, err = get[account](tx, accounts, id); err != nil {
				return a, nil, err
			}
		}
		s, there, err := get[Session](tx, browsers, knownKey(known))
		if err == nil && there && a.ID != "" && s.Merchant == a.ID && b.now().Before(s.Expires) {
			return a, missKey("\x00" + known), nil
		}
		known = ""
		return a, missKey(login), errors.Join(err, borne())
	})
	if err != nil {
		return Tokens{}, err
	}
	if known != "" {
		borne = always // nobody else at its address keeps it waiting
	}
	if err := b.verify(ctx, found, t.Password, borne); err != nil {
		if errors.Is(err, ErrWrong) && known == "" {
			b.limits.Missed(t.From, b.now())
		}
		return Tokens{}, err
	}
	tokens, now := Tokens{newToken(), known}, b.now()
	if known == "" {
		tokens.Known = newToken()
	}
	err = b.db.Update(func(tx *bbolt.Tx) error {
		a, there, err := get[account](tx, accounts, []byte(found.ID))
		if err != nil {
			return err
		}
		if !there || a.Password != found.Password { // meanwhile
			return ErrWrong
		}
		over := func(_ []byte, s Session) bool { return !now.Before(s.Expires) }
		return errors.Join(
			drop(tx, sessions, over), drop(tx, browsers, over), tx.Bucket(misses).Delete(counted),
			put(tx, sessions, tokenKey(tokens.Session), Session{Merchant: a.ID, Expires: now.UTC().Add(SessionLife)}),
			put(tx, browsers, knownKey(tokens.Known), Session{Merchant: a.ID, Expires: now.UTC().Add(KnownLife)}),
		)
	})
	if err != nil {
		return Tokens{}, err
	}
	return tokens, nil
}

func newToken() string {
	raw := make([]byte, tokenLen)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// begin counts a try as a wrong one, until it turns out right, under a key of whoever
// tries, and finds whose it is; nobody's has no id.
func (b *Book) begin(who func(*bbolt.Tx) (account, []byte, error)) (found account, counted []byte, err error) {
	now := b.now()
	err = b.db.Update(func(tx *bbolt.Tx) error {
		if found, counted, err = who(tx); err != nil {
			return err
		}
		m, _, err := get[miss](tx, misses, counted)
		if err != nil {
			return err
		}
		if now.Sub(m.Last) >= forgetting {
			m = miss{}
		}
		if wait := m.until().Sub(now); wait > 0 {
			return Wait{wait.Truncate(time.Second) + time.Second}
		}
		if m.Count == 0 {
			if err := makeRoom(tx, now); err != nil {
				return err
			}
		}
		return put(tx, misses, counted, miss{m.Count + 1, now.UTC()})
	})
	return found, counted, err
}

// makeRoom forgets logins that were mistaken long ago, or, where there are too many,
// those that no merchant has.
func makeRoom(tx *bbolt.Tx, now time.Time) error {
	if tx.Bucket(misses).Stats().KeyN < mostMisses {
		return nil
	}
	kept := map[string]bool{}
	if err := tx.Bucket(logins).ForEach(func(login, _ []byte) error {
		kept[string(missKey(string(login)))] = true
		return nil
	}); err != nil {
		return err
	}
	var over [][]byte
	if err := tx.Bucket(misses).ForEach(func(key, raw []byte) error {
		var m miss
		if err := json.Unmarshal(raw, &m); err != nil || now.Sub(m.Last) >= forgetting || !kept[string(key)] {
			over = append(over, bytes.Clone(key))
		}
		return nil
	}); err != nil {
		return err
	}
	for _, key := range over {
		if err := tx.Bucket(misses).Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// verify compares a password, in the same time where there is nobody to compare it
// with; ErrWrong is that it is another. May is asked once it is its turn.
func (b *Book) verify(ctx context.Context, a account, password string, may func() error) error {
	hash := b.nobody
	if a.Password != "" {
		var err error
		if hash, err = pin.Parse(a.Password); err != nil {
			return fmt.Errorf("password of merchant %s: %w", a.ID, err)
		}
	}
	if len(password) > MaxPassword {
		password = "" // of nobody
	}
	select {
	case b.hashing <- struct{}{}:
		defer func() { <-b.hashing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := may(); err != nil {
		return err
	}
	if right := pin.Find(password, []pin.Hash{hash}) == 0; !right || a.Password == "" {
		return ErrWrong
	}
	return nil
}

func always() error { return nil }

// Session is the one of a token; false where there is none, or it is over.
func (b *Book) Session(token string) (s Session, open bool, err error) {
	key := tokenKey(token)
	err = b.db.View(func(tx *bbolt.Tx) (err error) {
		if s, open, err = get[Session](tx, sessions, key); err != nil || !open {
			return err
		}
		open = b.now().Before(s.Expires) && tx.Bucket(accounts).Get([]byte(s.Merchant)) != nil
		return nil
	})
	s.key = key
	return s, open, err
}

// SignOut ends a session.
func (b *Book) SignOut(s Session) error {
	return b.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(sessions).Delete(s.key) })
}

// ChangePassword is the merchant's own: it takes the password before, and ends all
// other sessions. It fails as SignIn does, and with ErrPassword.
func (b *Book) ChangePassword(ctx context.Context, s Session, before, after string) error {
	if err := checkPassword(after); err != nil {
		return err
	}
	found, counted, err := b.begin(func(tx *bbolt.Tx) (account, []byte, error) {
		a, err := known(tx, s.Merchant)
		return a, missKey("\x00\x00" + string(s.key)), err
	})
	if err != nil {
		return err
	}
	if err := b.verify(ctx, found, before, always); err != nil {
		return err
	}
	return b.setPassword(s.Merchant, after, func(tx *bbolt.Tx, _ account) error {
		return errors.Join(endSessions(tx, s.Merchant, s.key), tx.Bucket(misses).Delete(counted))
	})
}

func tokenKey(token string) []byte {
	sum := sha256.Sum256([]byte("session " + token))
	return sum[:]
}

func knownKey(token string) []byte {
	sum := sha256.Sum256([]byte("browser " + token))
	return sum[:]
}

// drop deletes the sessions of a bucket that are of a kind.
func drop(tx *bbolt.Tx, bucket []byte, of func(key []byte, s Session) bool) error {
	var over [][]byte
	if err := tx.Bucket(bucket).ForEach(func(key, _ []byte) error {
		s, _, err := get[Session](tx, bucket, key)
		if err == nil && of(key, s) {
			over = append(over, bytes.Clone(key))
		}
		return err
	}); err != nil {
		return err
	}
	for _, key := range over {
		if err := tx.Bucket(bucket).Delete(key); err != nil {
			return err
		}
	}
	return nil
}

func checkPassword(s string) error {
	switch {
	case len(s) > MaxPassword:
		return ErrLongPassword
	case utf8.RuneCountInString(s) < MinPassword:
		return ErrPassword
	}
	return nil
}

// fresh is a password that is good enough, or one that was made: 100 bits by chance.
func fresh(password string) (string, error) {
	if password != "" {
		return password, checkPassword(password)
	}
	s := strings.ToLower(rand.Text())
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:20], nil
}
