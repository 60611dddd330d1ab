package system

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Lease is an address by DHCP, and what came with it.
type Lease struct {
	Address netip.Prefix
	Gateway netip.Addr // the zero value: none
	DNS     []netip.Addr
	NTP     []netip.Addr
	Domain  string
	For     time.Duration // how long it holds
	Renew   time.Duration // when to ask for more; 0: at half of that

	granted any // what the client needs for renewing it
}

// ErrLeaseRefused says that the server does not want the address used any more.
var ErrLeaseRefused = errors.New("the DHCP server refused the address")

const (
	// A server's lease is held to these: none is too short to be renewed in time,
	// nor so long that a new network would go unnoticed.
	leastLease = 2 * time.Minute
	mostLease  = 24 * time.Hour
	maxServers = 8 // addresses of one kind that are taken
)

func (l Lease) renewAfter() time.Duration {
	if l.Renew > 0 && l.Renew < l.For {
		return l.Renew
	}
	return l.For / 2
}

// same says whether nothing has to be set anew.
func (l Lease) same(o Lease) bool {
	return l.Address == o.Address && l.Gateway == o.Gateway && l.Domain == o.Domain &&
		slices.Equal(l.DNS, o.DNS) && slices.Equal(l.NTP, o.NTP)
}

// LeaseOf takes a lease from a server's acknowledgement, and refuses one whose
// address cannot be used.
func LeaseOf(ack *dhcpv4.DHCPv4) (Lease, error) {
	address, ok := netip.AddrFromSlice(ack.YourIPAddr.To4())
	if !ok || !address.IsGlobalUnicast() && !address.IsLinkLocalUnicast() {
		return Lease{}, fmt.Errorf("the DHCP server gave %v, which is no address for a terminal", ack.YourIPAddr)
	}
	mask := ack.SubnetMask()
	ones, size := mask.Size()
	if len(mask) == 0 {
		ones, size = 24, 32 // none was sent: what a shop's network has
	}
	if size != 32 || ones < 1 {
		return Lease{}, fmt.Errorf("the DHCP server gave the mask %v, which is none", mask)
	}
	l := Lease{
		Address: netip.PrefixFrom(address, ones), Domain: ack.DomainName(),
		DNS: usable(ack.DNS()), NTP: usable(ack.NTPServers()),
		For:   min(max(ack.IPAddressLeaseTime(time.Hour), leastLease), mostLease),
		Renew: ack.IPAddressRenewalTime(0),
	}
	if !isDomain(l.Domain) {
		l.Domain = ""
	}
	if routers := usable(ack.Router()); len(routers) > 0 && routers[0] != address {
		l.Gateway = routers[0]
	}
	return l, nil
}

// usable are the addresses that a packet can be sent to.
func usable(all []net.IP) []netip.Addr {
	var list []netip.Addr
	for _, ip := range all[:min(len(all), maxServers)] {
		if a, ok := netip.AddrFromSlice(ip.To4()); ok && (a.IsGlobalUnicast() || a.IsLinkLocalUnicast()) {
			list = append(list, a)
		}
	}
	return list
}

// renewed is a lease with what its renewal did not say again taken over.
func renewed(next, before Lease) Lease {
	if !next.Gateway.IsValid() {
		next.Gateway = before.Gateway
	}
	if len(next.DNS) == 0 {
		next.DNS = before.DNS
	}
	if len(next.NTP) == 0 {
		next.NTP = before.NTP
	}
	if next.Domain == "" {
		next.Domain = before.Domain
	}
	return next
}
