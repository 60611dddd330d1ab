package system

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Network is what the site says of the network. The zero value is DHCP by cable.
type Network struct {
	Address netip.Prefix // as 192.168.1.20/24; the zero value: by DHCP
	Gateway netip.Addr   // with Address
	DNS     []netip.Addr // instead of those by DHCP
	NTP     []string     // instead of those by DHCP; empty and not nil: the clock is not set
	WiFi    WiFi
}

// WiFi is a wireless network; with SSID "" there is none.
type WiFi struct {
	SSID, Password string
	Country        string // two letters, which say what channels are allowed
}

const (
	networkLook = 30 * time.Second // the links are looked at so often, should an event be missed
	// A request that fails is tried again after dhcpFirst, then later and later.
	dhcpFirst = time.Second
	dhcpMost  = 30 * time.Second
	cable     = 100 // metrics: the cable is preferred to the radio
	radio     = 600
)

// attendNetwork keeps every link that has a carrier configured until ctx ends.
func (s *System) attendNetwork(ctx context.Context) {
	if !s.parameters.Network {
		s.log.Info("network: off by the command line")
		return
	}
	changed, err := s.Links.Watch(ctx)
	if err != nil {
		s.log.Error("network: changes are not told; looking now and then", "err", err)
	}
	n := links{System: s, attended: map[string]context.CancelFunc{}}
	defer n.wait.Wait()
	look := time.NewTicker(networkLook)
	defer look.Stop()
	for {
		n.reconcile(ctx)
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-look.C:
		}
	}
}

// links are those that are attended to, each by a goroutine of its own.
type links struct {
	*System
	attended map[string]context.CancelFunc
	wait     sync.WaitGroup
}

func (n *links) reconcile(ctx context.Context) {
	all, err := n.Links.List()
	if err != nil {
		n.log.Error("network: list the links", "err", err)
		return
	}
	ready := map[string]Link{}
	for _, l := range all {
		switch {
		case l.Loopback, l.Wireless && n.settings.Network.WiFi.SSID == "":
			continue
		case !l.Up:
			if err := n.Links.SetUp(l.Name); err != nil {
				n.log.Error("network: switch a link on", "link", l.Name, "err", err)
			}
			continue // its carrier comes as a change
		case l.Carrier, l.Wireless: // a radio joins by itself, and so has its carrier
			ready[l.Name] = l
		}
	}
	for name, stop := range n.attended {
		if _, still := ready[name]; !still {
			n.log.Info("network: link down", "link", name)
			stop()
			delete(n.attended, name)
		}
	}
	for name, l := range ready {
		if n.attended[name] != nil {
			continue
		}
		n.log.Info("network: link up", "link", name)
		attending, stop := context.WithCancel(ctx)
		n.attended[name] = stop
		n.wait.Go(func() { n.attend(attending, l) })
	}
}

// attend configures one link, and takes its addresses when ctx ends.
func (n *links) attend(ctx context.Context, l Link) {
	metric := cable
	if l.Wireless {
		metric = radio
	}
	metric += l.Index
	var err error
	switch {
	case l.Wireless && !n.join(ctx, l):
		return
	case n.settings.Network.Address.IsValid() && !l.Wireless:
		err = n.setStatic(l, metric)
		if err == nil {
			<-ctx.Done()
		}
	default:
		err = n.lease(ctx, l, metric)
	}
	if err != nil && ctx.Err() == nil {
		n.log.Error("network", "link", l.Name, "err", err)
	}
	if err := n.Links.Clear(l.Name); err != nil {
		n.log.Debug("network: clear a link", "link", l.Name, "err", err) // it may be gone
	}
	n.setNames(l.Name, nil)
}

// join has the radio join the site's network, trying until it does or ctx ends.
func (n *links) join(ctx context.Context, l Link) bool {
	delay := dhcpFirst
	for {
		err := n.Radio.Join(ctx, l.Name, n.settings.Network.WiFi)
		if err == nil {
			n.log.Info("network: joined", "link", l.Name, "ssid", n.settings.Network.WiFi.SSID)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		n.log.Warn("network: join the wireless network", "link", l.Name, "ssid", n.settings.Network.WiFi.SSID, "err", err, "again_in", delay)
		if !pause(ctx, delay) {
			return false
		}
		delay = min(2*delay, dhcpMost)
	}
}

// pause waits, and says whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (n *links) setStatic(l Link, metric int) error {
	c := n.settings.Network
	return n.apply(l, metric, Lease{Address: c.Address, Gateway: c.Gateway, DNS: c.DNS})
}

// apply sets a lease on a link.
func (n *links) apply(l Link, metric int, lease Lease) error {
	if err := n.Links.SetAddress(l.Name, lease.Address); err != nil {
		return fmt.Errorf("set the address %v: %w", lease.Address, err)
	}
	if lease.Gateway.IsValid() {
		if err := n.Links.SetGateway(l.Name, lease.Gateway, metric); err != nil {
			return fmt.Errorf("set the gateway %v: %w", lease.Gateway, err)
		}
	}
	if dns := n.settings.Network.DNS; len(dns) > 0 {
		lease.DNS = dns
	}
	n.setNames(l.Name, &lease)
	n.log.Info("network: address", "link", l.Name, "address", lease.Address, "gateway", lease.Gateway, "dns", lease.DNS, "lease", lease.For)
	select {
	case n.online <- struct{}{}:
	default: // it is known
	}
	return nil
}

// lease keeps an address by DHCP on a link until ctx ends (RFC 2131, 4.4.5: ask
// for more time at half the lease, and again until it is over).
func (n *links) lease(ctx context.Context, l Link, metric int) error {
	delay := dhcpFirst
	for {
		lease, err := n.Leases.Request(ctx, l.Name, n.settings.Hostname)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			n.log.Warn("network: no address by DHCP", "link", l.Name, "err", err, "again_in", delay)
			if !pause(ctx, delay) {
				return ctx.Err()
			}
			delay = min(2*delay, dhcpMost)
			continue
		}
		delay = dhcpFirst
		if err := n.apply(l, metric, lease); err != nil {
			n.log.Error("network", "link", l.Name, "err", err)
		}
		if err := n.renew(ctx, l, metric, lease); err != nil {
			return err
		}
		n.log.Warn("network: the lease is over", "link", l.Name, "address", lease.Address)
		if err := n.Links.Clear(l.Name); err != nil {
			n.log.Error("network", "link", l.Name, "err", err)
		}
		n.setNames(l.Name, nil)
	}
}

// leastRenew bounds how often a server is asked for more time.
const leastRenew = 30 * time.Second

// renew keeps a lease alive; it returns nil when the lease is over.
func (n *links) renew(ctx context.Context, l Link, metric int, lease Lease) error {
	got := time.Now()
	wait := lease.renewAfter()
	for {
		left := lease.For - time.Since(got)
		if left <= 0 {
			return nil
		}
		if !pause(ctx, min(max(wait, leastRenew), left)) {
			return ctx.Err()
		}
		next, err := n.Leases.Renew(ctx, l.Name, lease)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrLeaseRefused):
			return nil
		case err != nil:
			n.log.Warn("network: the lease was not renewed", "link", l.Name, "err", err)
			wait = (lease.For - time.Since(got)) / 2
			continue
		}
		if !next.same(lease) {
			if err := n.apply(l, metric, next); err != nil {
				n.log.Error("network", "link", l.Name, "err", err)
			}
		}
		lease, got, wait = next, time.Now(), next.renewAfter()
	}
}

// nameServers are who each link names.
type nameServers struct {
	mu     sync.Mutex
	byLink map[string]Lease
}

// setNames writes /etc/resolv.conf anew; nil: the link is gone.
func (s *System) setNames(link string, lease *Lease) {
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	if s.names.byLink == nil {
		s.names.byLink = map[string]Lease{}
	}
	if lease == nil {
		delete(s.names.byLink, link)
	} else {
		s.names.byLink[link] = *lease
	}
	var dns []netip.Addr
	domain := ""
	for _, name := range sortedNames(s.names.byLink) {
		l := s.names.byLink[name]
		dns = append(dns, l.DNS...)
		if domain == "" {
			domain = l.Domain
		}
	}
	if err := os.MkdirAll(s.path("/etc"), 0o755); err != nil {
		s.log.Error("network: name servers", "err", err)
		return
	}
	if err := os.WriteFile(s.path("/etc/resolv.conf"), FormatResolv(dns, domain), 0o644); err != nil {
		s.log.Error("network: name servers", "err", err)
	}
}

func sortedNames(m map[string]Lease) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// timeServers are who the links, or the site, name for the time.
func (s *System) timeServers() []string {
	if ntp := s.settings.Network.NTP; ntp != nil {
		return ntp
	}
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	var all []string
	for _, name := range sortedNames(s.names.byLink) {
		for _, a := range s.names.byLink[name].NTP {
			all = append(all, a.String())
		}
	}
	return append(all, defaultTimeServers...)
}

// maxNameServers is what resolvers look at (resolv.conf(5): MAXNS).
const maxNameServers = 3

// FormatResolv is an /etc/resolv.conf. A domain that is no domain's name is left
// out: it comes from whoever answers DHCP.
func FormatResolv(dns []netip.Addr, domain string) []byte {
	var b strings.Builder
	if isDomain(domain) {
		fmt.Fprintf(&b, "search %s\n", domain)
	}
	var written []netip.Addr
	for _, a := range dns {
		if len(written) == maxNameServers {
			break
		}
		if !a.IsValid() || a.IsUnspecified() || slices.Contains(written, a) {
			continue
		}
		written = append(written, a)
		fmt.Fprintf(&b, "nameserver %s\n", a)
	}
	b.WriteString("options timeout:2 attempts:2\n") // a cashier waits
	return []byte(b.String())
}

// isDomain says whether s is letters, digits and hyphens between dots.
func isDomain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") {
			return false
		}
		for _, r := range label {
			if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-') {
				return false
			}
		}
	}
	return true
}
