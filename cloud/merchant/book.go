// Package merchant is the gateway's book of merchants: who may see which terminals'
// money, and how they prove it.
package merchant

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"till/cloud/book"
	"till/cloud/enrol"
	"till/cloud/limits"
	"till/payment/pin"
)

// Account is a merchant who signs in.
type Account struct {
	ID    string    `json:"merchant"`
	Name  string    `json:"name"`
	Login string    `json:"login"`
	Made  time.Time `json:"made"`
}

// account is one as it is kept.
type account struct {
	Account
	Password string `json:"password"` // its hash
}

// Options of a book. Zero values are the defaults.
type Options struct {
	Now  func() time.Time
	Cost pin.Cost // of a password's hash
}

// cost is that which OWASP gives first (Password Storage Cheat Sheet, Argon2id, 2025):
// a gateway has more memory than a terminal.
var cost = pin.Cost{Memory: 46 << 10, Passes: 1, Threads: 1}

// Book keeps merchants, their sessions, and wrong passwords. Every change is durable
// when it is answered.
type Book struct {
	db      *bbolt.DB
	now     func() time.Time
	cost    pin.Cost
	nobody  pin.Hash // what is compared where there is no such login, so that it takes as long
	limits  *limits.Limits
	hashing chan struct{} // bounds the memory of passwords that are checked at the same time
}

// The buckets: what each key is, and what it holds.
var (
	accounts = []byte("accounts") // merchant id -> account
	logins   = []byte("logins")   // login -> merchant id
	sessions = []byte("sessions") // SHA-256 of the token -> Session
	misses   = []byte("misses")   // SHA-256 of a login, there or not, or of who else tries -> miss
	browsers = []byte("browsers") // SHA-256 of a known browser's token -> Session
)

const schema = 1

// Open opens the book in a folder, or makes it.
func Open(dir string, o Options) (*Book, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Cost == (pin.Cost{}) {
		o.Cost = cost
	}
	db, err := book.Open(filepath.Join(dir, "merchants.db"), "merchants", schema, accounts, logins, sessions, misses, browsers)
	if err != nil {
		return nil, err
	}
	return &Book{
		db: db, now: o.Now, cost: o.Cost, nobody: o.Cost.New("", pin.NewSalt()),
		limits: limits.New(fromOne), hashing: make(chan struct{}, atOnce),
	}, nil
}

// Close closes the book.
func (b *Book) Close() error { return b.db.Close() }

// Faults of an operator's orders.
var (
	ErrUnknown = errors.New("no such merchant is in the book")
	ErrThere   = errors.New("this merchant is in the book already")
	ErrLogin   = errors.New("want a login of 1 to 64 letters, digits and . _ @ + -")
	ErrTaken   = errors.New("another merchant has this login")
	ErrName    = fmt.Errorf("want a name of at most %d bytes", maxName)
)

const maxName = 100 // bytes

var loginForm = regexp.MustCompile(`^[a-z0-9._@+-]{1,64}$`)

func plain(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// Add takes a merchant into the book. Without a login it is the id; without a password
// one is made. The password is returned, and kept nowhere.
func (b *Book) Add(a Account, password string) (string, error) {
	a.Login, a.Name, a.Made = plain(cmp.Or(a.Login, a.ID)), strings.TrimSpace(a.Name), b.now().UTC().Truncate(time.Second)
	err := enrol.CheckMerchant(a.ID)
	switch {
	case err != nil:
	case !loginForm.MatchString(a.Login):
		err = ErrLogin
	case a.Name == "" || len(a.Name) > maxName || !utf8.ValidString(a.Name):
		err = ErrName
	default:
		password, err = fresh(password)
	}
	if err != nil {
		return "", fmt.Errorf("add merchant: %w", err)
	}
	one := account{a, b.cost.New(password, pin.NewSalt()).String()}
	err = b.db.Update(func(tx *bbolt.Tx) error {
		switch {
		case tx.Bucket(accounts).Get([]byte(a.ID)) != nil:
			return ErrThere
		case tx.Bucket(logins).Get([]byte(a.Login)) != nil:
			return ErrTaken
		}
		return errors.Join(put(tx, accounts, []byte(a.ID), one), tx.Bucket(logins).Put([]byte(a.Login), []byte(a.ID)))
	})
	if err != nil {
		return "", fmt.Errorf("add merchant %s: %w", a.ID, err)
	}
	return password, nil
}

// Accounts lists the merchants, by id.
func (b *Book) Accounts() ([]Account, error) {
	all := []Account{}
	err := b.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(accounts).ForEach(func(id, _ []byte) error {
			a, _, err := get[account](tx, accounts, id)
			all = append(all, a.Account)
			return err
		})
	})
	return all, err
}

// Account is a merchant of the book; ErrUnknown is wrapped where it is none.
func (b *Book) Account(id string) (Account, error) {
	var one account
	err := b.db.View(func(tx *bbolt.Tx) (err error) {
		one, err = known(tx, id)
		return err
	})
	return one.Account, err
}

func known(tx *bbolt.Tx, id string) (account, error) {
	a, there, err := get[account](tx, accounts, []byte(id))
	if err == nil && !there {
		err = fmt.Errorf("merchant %.40q: %w", id, ErrUnknown)
	}
	return a, err
}

// SetPassword gives a merchant another password, or makes one where it is "". It ends
// the sessions that there are, and no browser is known any more.
func (b *Book) SetPassword(id, password string) (string, error) {
	password, err := fresh(password)
	if err != nil {
		return "", err
	}
	return password, b.setPassword(id, password, func(tx *bbolt.Tx, a account) error {
		return errors.Join(endSessions(tx, id, nil), drop(tx, browsers, of(id)), tx.Bucket(misses).Delete(missKey(a.Login)))
	})
}

// setPassword does more in the same commit.
func (b *Book) setPassword(id, password string, more func(*bbolt.Tx, account) error) error {
	hash := b.cost.New(password, pin.NewSalt()).String()
	return b.db.Update(func(tx *bbolt.Tx) error {
		a, err := known(tx, id)
		if err != nil {
			return err
		}
		a.Password = hash
		return errors.Join(put(tx, accounts, []byte(id), a), more(tx, a))
	})
}

// Remove takes a merchant out of the book, and ends its sessions. Its terminals go on.
func (b *Book) Remove(id string) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		a, err := known(tx, id)
		if err != nil {
			return err
		}
		return errors.Join(tx.Bucket(accounts).Delete([]byte(id)), tx.Bucket(logins).Delete([]byte(a.Login)), endSessions(tx, id, nil), drop(tx, browsers, of(id)))
	})
}

// endSessions ends those of a merchant, but for one.
func endSessions(tx *bbolt.Tx, id string, but []byte) error {
	return drop(tx, sessions, func(key []byte, s Session) bool { return s.Merchant == id && !slices.Equal(key, but) })
}

func of(id string) func([]byte, Session) bool {
	return func(_ []byte, s Session) bool { return s.Merchant == id }
}

func get[T any](tx *bbolt.Tx, bucket, key []byte) (value T, there bool, err error) {
	raw := tx.Bucket(bucket).Get(key)
	if raw == nil {
		return value, false, nil
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, false, fmt.Errorf("book of merchants, %s/%x: %w", bucket, key, err)
	}
	return value, true, nil
}

func put(tx *bbolt.Tx, bucket, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("book of merchants, %s/%x: %w", bucket, key, err)
	}
	return tx.Bucket(bucket).Put(key, raw)
}
