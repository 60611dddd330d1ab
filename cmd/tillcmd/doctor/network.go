package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"till/words"
)

// oldest is a moment that is past: a clock before it was never set.
var oldest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

var errPermission = fs.ErrPermission

func (e *exam) networkChecks() []check {
	return []check{
		{id: "network.link", run: e.link},
		{id: "network.address", run: e.address},
		{id: "network.dns", run: e.dns},
		{id: "gateway.enrolment", run: e.enrolment},
		{id: "gateway.connect", run: e.connect},
		{id: "gateway.certificate", run: e.certificate},
		{id: "gateway.tls", run: e.handshake},
		{id: "gateway.greeting", run: e.greet},
		{id: "gateway.key", run: e.key},
		{id: "clock.time", run: e.time},
		{id: "clock.battery", run: e.battery},
	}
}

// local says that the gateway is on this machine: it needs no network.
func (e *exam) local() bool {
	if e.Gateway == nil {
		return false
	}
	host, _, _ := e.Gateway.Address()
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (e *exam) link(ctx context.Context) (Finding, bool) {
	if e.Network == nil {
		return nothing()
	}
	links, err := e.Network.Links(ctx)
	var up, down []string
	for _, l := range links {
		if l.Up {
			up = append(up, l.Name)
		} else {
			down = append(down, l.Name)
		}
	}
	switch {
	case len(up) > 0:
		return works(strings.Join(up, ", "))
	case e.local():
		return absent("")
	case err != nil:
		return fails("", "doctor_network_fails", "why", why(err))
	case len(down) > 0:
		return fails(strings.Join(down, ", "), "doctor_no_link", "devices", strings.Join(down, ", "))
	}
	return fails("", "doctor_no_network")
}

func (e *exam) address(ctx context.Context) (Finding, bool) {
	if e.Network == nil || e.failed("network.link") {
		return nothing()
	}
	links, err := e.Network.Links(ctx)
	if err != nil {
		return nothing() // said of the link
	}
	var all []string
	selfMade := false
	for _, l := range links {
		for _, a := range l.Addresses {
			switch {
			case !l.Up || a.IsLoopback():
			case a.IsLinkLocalUnicast():
				selfMade = selfMade || a.Is4()
			default:
				all = append(all, a.String())
			}
		}
	}
	switch {
	case len(all) > 0:
		return works(strings.Join(all, ", "))
	case e.local():
		return absent("")
	case selfMade:
		return fails("169.254.*", "doctor_no_dhcp")
	}
	return fails("", "doctor_no_address")
}

// unreached says that an earlier finding says already why there is no line.
func (e *exam) unreached() bool {
	return e.Gateway == nil || e.failed("network.link", "network.address", "network.dns", "gateway.connect", "gateway.tls", "gateway.certificate")
}

func (e *exam) dns(ctx context.Context) (Finding, bool) {
	if e.unreached() {
		return nothing()
	}
	host, _, _ := e.Gateway.Address()
	if _, err := netip.ParseAddr(host); err == nil {
		return absent("")
	}
	addresses, err := e.Gateway.Resolve(ctx)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fails(host, "doctor_no_such_host", "host", host)
	case err != nil:
		return fails(host, "doctor_dns_fails", "host", host, "why", why(err))
	}
	return works(host + ": " + strings.Join(addresses, ", "))
}

func (e *exam) enrolment(context.Context) (Finding, bool) {
	if e.Enrolment == nil {
		return nothing()
	}
	found, err := e.Enrolment.Enrolled()
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_not_enrolled")
	case err != nil:
		return fails("", "doctor_enrolment_fails", "why", why(err))
	}
	return works(found)
}

func (e *exam) connect(ctx context.Context) (Finding, bool) {
	if e.Gateway == nil && e.Enrolment != nil {
		return nothing() // said of the enrolment
	}
	if e.Gateway == nil {
		return absent("doctor_no_gateway")
	}
	if e.unreached() {
		return nothing()
	}
	host, port, _ := e.Gateway.Address()
	where := net.JoinHostPort(host, port)
	switch err := e.Gateway.Connect(ctx); {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fails(where, "doctor_no_broker", "where", where)
	case err != nil && late(err):
		return fails(where, "doctor_broker_silent", "where", where)
	case err != nil:
		return fails(where, "doctor_unreachable", "where", where, "why", why(err))
	}
	return works(where)
}

const dateForm = "2006-01-02 15:04 MST"

// soon is how long before its end a certificate is spoken of.
const soon = 14 * 24 * time.Hour

// certificate is this terminal's own.
func (e *exam) certificate(context.Context) (Finding, bool) {
	if e.Gateway == nil {
		return nothing()
	}
	v, err := e.Gateway.Certificate()
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_no_certificate")
	case err != nil && strings.Contains(err.Error(), "private key does not match"):
		return fails("", "doctor_key_mismatch")
	case err != nil:
		return fails("", "doctor_certificate_fails", "why", why(err))
	}
	now := e.now()
	switch {
	case now.IsZero():
		return works(v.Name + ", …" + v.After.UTC().Format(dateForm)) // nobody can say
	case now.After(v.After):
		return fails(v.Name, "doctor_certificate_over", "date", v.After.UTC().Format(dateForm))
	case now.Before(v.Before):
		return fails(v.Name, "doctor_certificate_early", "date", v.Before.UTC().Format(dateForm))
	case now.Add(soon).After(v.After):
		return Finding{
			State: Loaded, Found: v.Name,
			Next: words.Sentence{Key: "doctor_certificate_soon", Args: []string{"date", v.After.UTC().Format(dateForm)}},
		}, true
	}
	return works(v.Name + ", " + v.Before.UTC().Format(time.DateOnly) + "…" + v.After.UTC().Format(time.DateOnly))
}

// now is the moment that certificates are judged by; zero where the clock was never set.
func (e *exam) now() time.Time {
	if e.Clock == nil || e.Clock.Now().Before(oldest) {
		return time.Time{}
	}
	return e.Clock.Now()
}

func (e *exam) handshake(ctx context.Context) (Finding, bool) {
	if e.unreached() {
		return nothing()
	}
	if _, _, encrypted := e.Gateway.Address(); !encrypted {
		if e.local() {
			return absent("")
		}
		return absent("doctor_not_encrypted")
	}
	server, err := e.Gateway.Handshake(ctx)
	var (
		invalid  x509.CertificateInvalidError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		alert    tls.AlertError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return e.outOfDate(invalid.Cert)
	case errors.As(err, &unknown):
		return fails("", "doctor_unknown_authority")
	case errors.As(err, &hostname):
		return fails("", "doctor_other_host", "why", why(err))
	case errors.As(err, &alert), err != nil && strings.Contains(err.Error(), "remote error: tls:"):
		return fails("", "doctor_terminal_refused", "why", why(err))
	case err != nil:
		return fails("", "doctor_tls_fails", "why", why(err))
	}
	return works(server.Name + ", …" + server.After.UTC().Format(time.DateOnly))
}

// outOfDate tells a wrong clock from a certificate whose time is over, or has not come.
func (e *exam) outOfDate(c *x509.Certificate) (Finding, bool) {
	name := c.Subject.CommonName
	now := e.now()
	switch {
	case now.IsZero():
		return fails(name, "doctor_clock_unset_tls")
	case now.Before(c.NotBefore):
		return fails(name, "doctor_server_early", "date", c.NotBefore.UTC().Format(dateForm), "now", now.UTC().Format(dateForm))
	}
	return fails(name, "doctor_server_over", "date", c.NotAfter.UTC().Format(dateForm))
}

// Errors of a greeting.
var (
	// ErrRefused is a broker that does not take this terminal.
	ErrRefused = errors.New("the broker refuses this terminal")
	// ErrSilent is a broker behind which no gateway answers.
	ErrSilent = errors.New("the broker is there, and no gateway answers")
)

func (e *exam) greet(ctx context.Context) (Finding, bool) {
	if e.unreached() {
		return nothing()
	}
	g, err := e.Gateway.Greet(ctx)
	switch {
	case errors.Is(err, ErrSilent):
		return fails("", "doctor_gateway_silent")
	case errors.Is(err, ErrRefused):
		return fails("", "doctor_refused", "terminal", e.Terminal)
	case err != nil:
		return fails("", "doctor_mqtt_fails", "why", why(err))
	}
	e.greeting, e.greeted = g, true
	return works(e.Terminal)
}

// key holds the key that codes are sealed to against the gateway's own.
func (e *exam) key(context.Context) (Finding, bool) {
	if !e.greeted || e.greeting.Key == "" {
		return nothing()
	}
	ours := e.Gateway.Key()
	if ours != e.greeting.Key {
		return fails(ours, "doctor_wrong_key", "ours", ours, "theirs", e.greeting.Key)
	}
	return works(ours)
}

// clockOff is how wrong a clock may be before it is spoken of: certificates are judged by it.
const clockOff = 5 * time.Minute

func (e *exam) time(context.Context) (Finding, bool) {
	if e.Clock == nil {
		return nothing()
	}
	now := e.Clock.Now()
	found := now.UTC().Format(dateForm)
	known := e.greeted && !e.greeting.Time.IsZero()
	off := e.greeting.Off.Abs()
	switch {
	case known && off > clockOff:
		return fails(found, "doctor_clock_off", "off", off.Round(time.Second).String(), "true", e.greeting.Time.UTC().Format(dateForm))
	case now.Before(oldest):
		return fails(found, "doctor_clock_unset", "date", found)
	case known:
		return works(fmt.Sprintf("%s, ± %s", found, max(off, time.Millisecond).Round(time.Millisecond)))
	}
	return works(found)
}

func (e *exam) battery(context.Context) (Finding, bool) {
	if e.Clock == nil {
		return nothing()
	}
	t, err := e.Clock.Battery()
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_no_battery")
	case err != nil:
		return fails("", "doctor_battery_fails", "why", why(err))
	case t.Before(oldest):
		return fails(t.UTC().Format(dateForm), "doctor_battery_empty", "date", t.UTC().Format(dateForm))
	}
	return works(t.UTC().Format(dateForm))
}

// Interfaces is the network of the machine that till runs on.
type Interfaces struct{}

var _ Network = Interfaces{}

// Links implements Network.
func (Interfaces) Links(context.Context) ([]Link, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the network's devices: %w", err)
	}
	var links []Link
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			continue
		}
		l := Link{Name: i.Name, Up: i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0}
		addresses, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", i.Name, err)
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				l.Addresses = append(l.Addresses, p.Addr())
			}
		}
		links = append(links, l)
	}
	slices.SortFunc(links, func(a, b Link) int { return strings.Compare(a.Name, b.Name) })
	return links, nil
}
