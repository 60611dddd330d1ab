package enrol

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many wrong claims are borne: by one address, and by the gateway as a
// whole. A claim has 11 digits by chance, so with 1,000 claims open a day of
// guessing at the full rate, from however many addresses, finds one with a
// chance of 3 in 10,000.
const (
	guessesBurst = 10
	guessEvery   = time.Minute
	allBurst     = 60
	allEvery     = 3 * time.Second
	// mostAddresses bounds the memory: beyond, the gateway's own limit is the one that counts.
	mostAddresses = 10_000
)

// limits count wrong claims.
type limits struct {
	mu   sync.Mutex
	all  *rate.Limiter
	from map[string]*rate.Limiter
}

func newLimits() *limits {
	return &limits{all: rate.NewLimiter(rate.Every(allEvery), allBurst), from: map[string]*rate.Limiter{}}
}

// wait is how long an address has to wait until it may try a claim; 0: it may now.
func (l *limits) wait(address string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.from[address]; ok && one.TokensAt(now) < 1 {
		return guessEvery
	}
	if l.all.TokensAt(now) < 1 {
		return allEvery
	}
	return 0
}

// missed counts a wrong claim.
func (l *limits) missed(address string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.AllowN(now, 1)
	one, ok := l.from[address]
	if !ok {
		if len(l.from) >= mostAddresses {
			l.forget(now)
		}
		if len(l.from) >= mostAddresses {
			return
		}
		one = rate.NewLimiter(rate.Every(guessEvery), guessesBurst)
		l.from[address] = one
	}
	one.AllowN(now, 1)
}

// forget drops the addresses that have been quiet long enough.
func (l *limits) forget(now time.Time) {
	for address, one := range l.from {
		if one.TokensAt(now) >= guessesBurst {
			delete(l.from, address)
		}
	}
}
