package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// NewLinks are this machine's network interfaces.
func NewLinks() Links { return rtnetlink{} }

type rtnetlink struct{}

var _ Links = rtnetlink{}

// List implements Links.
func (rtnetlink) List() ([]Link, error) {
	all, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("ask for the links: %w", err)
	}
	var links []Link
	for _, l := range all {
		a := l.Attrs()
		if l.Type() != "device" || a.EncapType != "ether" && a.EncapType != "loopback" {
			continue // tunnels and the like
		}
		_, err := os.Stat(filepath.Join("/sys/class/net", a.Name, "phy80211"))
		links = append(links, Link{
			Index: a.Index, Name: a.Name, Up: a.Flags&net.FlagUp != 0, Carrier: a.RawFlags&unix.IFF_LOWER_UP != 0,
			Loopback: a.Flags&net.FlagLoopback != 0, Wireless: err == nil,
		})
	}
	return links, nil
}

// SetUp implements Links.
func (rtnetlink) SetUp(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(l)
}

// SetAddress implements Links. The new address is there before the old one goes.
func (r rtnetlink) SetAddress(name string, address netip.Prefix) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	want := &netlink.Addr{IPNet: &net.IPNet{IP: address.Addr().AsSlice(), Mask: net.CIDRMask(address.Bits(), 32)}}
	if err := netlink.AddrReplace(l, want); err != nil {
		return err
	}
	return dropAddresses(l, want)
}

// dropAddresses takes a link's IPv4 addresses but one.
func dropAddresses(l netlink.Link, but *netlink.Addr) error {
	all, err := netlink.AddrList(l, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	var faults []error
	for _, a := range all {
		if but == nil || !a.IPNet.IP.Equal(but.IP) || a.IPNet.Mask.String() != but.Mask.String() {
			faults = append(faults, netlink.AddrDel(l, &a))
		}
	}
	return errors.Join(faults...)
}

// SetGateway implements Links.
func (rtnetlink) SetGateway(name string, gateway netip.Addr, metric int) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	// On link: some networks have their gateway outside their own prefix.
	return netlink.RouteReplace(&netlink.Route{
		LinkIndex: l.Attrs().Index, Gw: gateway.AsSlice(), Priority: metric, Flags: int(netlink.FLAG_ONLINK),
	})
}

// Clear implements Links. The routes go with the addresses.
func (rtnetlink) Clear(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return dropAddresses(l, nil)
}

// Watch implements Links.
func (rtnetlink) Watch(ctx context.Context) (<-chan struct{}, error) {
	updates := make(chan netlink.LinkUpdate, 16)
	if err := netlink.LinkSubscribe(updates, ctx.Done()); err != nil {
		return nil, fmt.Errorf("ask for changes of links: %w", err)
	}
	changed := make(chan struct{}, 1)
	go func() {
		for range updates { // closed when ctx ends, or the kernel's queue ran over
			select {
			case changed <- struct{}{}:
			default: // it will look anyway
			}
		}
	}()
	return changed, nil
}
