// Package limits bounds guessing: how many wrong tries are borne, from one address and
// in all.
package limits

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// mostAddresses bounds the memory: beyond, an address that is new is not counted for itself.
const mostAddresses = 10_000

// Bounds are how many wrong tries are borne at once, and how often another after that.
type Bounds struct {
	Burst int
	Every time.Duration
	// AllBurst and AllEvery are for all addresses together. Zero: no bound; what is
	// bounded for all, one can use up for the others.
	AllBurst int
	AllEvery time.Duration
}

// Limits count wrong tries.
type Limits struct {
	bounds Bounds
	mu     sync.Mutex
	all    *rate.Limiter
	from   map[string]*rate.Limiter
}

// New counts from nothing on.
func New(b Bounds) *Limits {
	l := &Limits{bounds: b, all: rate.NewLimiter(rate.Inf, 0), from: map[string]*rate.Limiter{}}
	if b.AllBurst > 0 {
		l.all = rate.NewLimiter(rate.Every(b.AllEvery), b.AllBurst)
	}
	return l
}

// Wait is how long an address has to wait until it may try; 0: it may now.
func (l *Limits) Wait(address string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.from[address]; ok && one.TokensAt(now) < 1 {
		return l.bounds.Every
	}
	if l.bounds.AllBurst > 0 && l.all.TokensAt(now) < 1 {
		return l.bounds.AllEvery
	}
	return 0
}

// Missed counts a wrong try.
func (l *Limits) Missed(address string, now time.Time) {
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
		one = rate.NewLimiter(rate.Every(l.bounds.Every), l.bounds.Burst)
		l.from[address] = one
	}
	one.AllowN(now, 1)
}

// forget drops the addresses that have been quiet long enough.
func (l *Limits) forget(now time.Time) {
	for address, one := range l.from {
		if one.TokensAt(now) >= float64(l.bounds.Burst) {
			delete(l.from, address)
		}
	}
}

// Address is who a request counts for: its address, or, of IPv6, the 64 bits that one
// subscriber is given (RFC 6177, BCP 157).
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	ip = ip.Unmap()
	if ip.Is4() {
		return ip.String()
	}
	net64, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return net64.String()
}
