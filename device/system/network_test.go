package system_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/device/system"
)

func lease(address string, lasts time.Duration) system.Lease {
	return system.Lease{
		Address: netip.MustParsePrefix(address), Gateway: netip.MustParseAddr("10.0.2.2"),
		DNS: []netip.Addr{netip.MustParseAddr("10.0.2.3")}, NTP: []netip.Addr{netip.MustParseAddr("10.0.2.4")}, Domain: "shop.example", For: lasts,
	}
}

// withNetwork has the site's settings say this of the network.
func (m *machine) withNetwork(n system.Network) {
	configure := m.Configure
	m.Configure = func(known system.Machine) (system.Settings, error) {
		s, err := configure(known)
		s.Network = n
		return s, err
	}
}

func (m *machine) asked(begins string) int {
	m.leases.Lock()
	defer m.leases.Unlock()
	n := 0
	for _, a := range m.leases.Asked {
		if strings.HasPrefix(a, begins) {
			n++
		}
	}
	return n
}

func TestDHCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		stop := m.run()
		defer stop()
		time.Sleep(time.Second)
		if got, want := m.links.Calls(), []string{"lo up", "eth0 up", "eth0 address 10.0.2.15/24", "eth0 gateway 10.0.2.2 metric 102"}; !slices.Equal(got, want) {
			t.Errorf("links %q, want %q", got, want)
		}
		if got, want := m.read("/etc/resolv.conf"), "search shop.example\nnameserver 10.0.2.3\noptions timeout:2 attempts:2\n"; got != want {
			t.Errorf("resolv.conf %q, want %q", got, want)
		}
		if m.asked("request eth0 till-07") != 1 {
			t.Errorf("asked %q", m.leases.Asked)
		}

		// More time is asked for at half the lease, and nothing is set anew if all is as it was.
		before := len(m.links.Calls())
		time.Sleep(29 * time.Minute)
		if n := m.asked("renew"); n != 0 {
			t.Errorf("renewed %d times before half the lease", n)
		}
		time.Sleep(2 * time.Minute)
		if n := m.asked("renew"); n != 1 || len(m.links.Calls()) != before {
			t.Errorf("after half the lease renewed %d times, links %q", n, m.links.Calls()[before:])
		}

		// The cable is pulled: the address goes, and comes anew with the cable.
		m.links.Plug("eth0", false)
		time.Sleep(time.Second)
		if got := m.links.Calls()[before:]; !slices.Equal(got, []string{"eth0 clear"}) {
			t.Errorf("cable pulled: %q", got)
		}
		if strings.Contains(m.read("/etc/resolv.conf"), "nameserver") {
			t.Error("the name server is named with no link")
		}
		m.links.Plug("eth0", true)
		time.Sleep(time.Second)
		if n := m.asked("request"); n != 2 {
			t.Errorf("requested %d times, want 2", n)
		}
	})
}

func TestDHCPWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.leases.Err = errFault
		stop := m.run()
		defer stop()
		time.Sleep(10 * time.Minute)
		if n := m.asked("request"); n < 10 || n > 30 {
			t.Errorf("%d requests in 10 minutes: want some, but no storm", n)
		}
		m.leases.Lock()
		m.leases.Err = nil
		m.leases.Unlock()
		time.Sleep(31 * time.Second)
		if !slices.Contains(m.links.Calls(), "eth0 address 10.0.2.15/24") {
			t.Error("no address within 31 s of the server's return")
		}
	})
}

// A lease that is not renewed is given up when it is over, and not before.
func TestLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		stop := m.run()
		defer stop()
		time.Sleep(time.Second)
		m.leases.Lock()
		m.leases.Err = errFault
		m.leases.Unlock()
		time.Sleep(58 * time.Minute)
		if slices.Contains(m.links.Calls(), "eth0 clear") {
			t.Error("the address was given up before the lease was over")
		}
		time.Sleep(2 * time.Minute)
		if !slices.Contains(m.links.Calls(), "eth0 clear") {
			t.Error("the address was kept when the lease was over")
		}
	})
}

func TestLeaseRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		stop := m.run()
		defer stop()
		time.Sleep(time.Second)
		m.leases.Lock()
		m.leases.Err = system.ErrLeaseRefused
		m.leases.Unlock()
		time.Sleep(30 * time.Minute)
		m.leases.Lock()
		m.leases.Err, m.leases.Lease = nil, lease("192.168.1.7/24", time.Hour)
		m.leases.Unlock()
		time.Sleep(31 * time.Second)
		if got := m.links.Calls(); !slices.Contains(got, "eth0 address 192.168.1.7/24") {
			t.Errorf("links %q: want another address", got)
		}
	})
}

func TestStaticAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.withNetwork(system.Network{
			Address: netip.MustParsePrefix("192.168.1.20/24"), Gateway: netip.MustParseAddr("192.168.1.1"),
			DNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		})
		stop := m.run()
		defer stop()
		time.Sleep(time.Second)
		if got, want := m.links.Calls()[2:], []string{"eth0 address 192.168.1.20/24", "eth0 gateway 192.168.1.1 metric 102"}; !slices.Equal(got, want) {
			t.Errorf("links %q, want %q", got, want)
		}
		if !strings.Contains(m.read("/etc/resolv.conf"), "nameserver 9.9.9.9\n") {
			t.Errorf("resolv.conf %q", m.read("/etc/resolv.conf"))
		}
		if n := m.asked("request"); n != 0 {
			t.Errorf("asked for an address %d times", n)
		}
	})
}

// A USB adapter that is plugged in later, and a radio that joins late.
func TestLinksCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.withNetwork(system.Network{WiFi: system.WiFi{SSID: "shop", Password: "12345678"}})
		m.radio.Err = errFault
		stop := m.run()
		defer stop()
		time.Sleep(time.Second)
		m.links.Add(system.Link{Index: 3, Name: "usb0", Carrier: true})
		m.links.Add(system.Link{Index: 4, Name: "wlan0", Wireless: true})
		time.Sleep(time.Second)
		got := m.links.Calls()
		if !slices.Contains(got, "usb0 address 10.0.2.15/24") || slices.Contains(got, "wlan0 address 10.0.2.15/24") {
			t.Errorf("links %q: want usb0 and not wlan0 yet", got)
		}
		m.radio.Lock()
		m.radio.Err = nil
		m.radio.Unlock()
		time.Sleep(31 * time.Second)
		if !slices.Contains(m.links.Calls(), "wlan0 gateway 10.0.2.2 metric 604") {
			t.Errorf("links %q: want wlan0", m.links.Calls())
		}
	})
}

func TestNetworkOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.write("/proc/cmdline", "till.network=off")
		stop := m.run()
		time.Sleep(time.Minute)
		stop()
		if got := m.links.Calls(); !slices.Equal(got, []string{"lo up"}) {
			t.Errorf("links %q", got)
		}
	})
}

func TestClockIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.time.Ahead = map[string]time.Duration{"10.0.2.4": 30 * 365 * 24 * time.Hour} // the test's clock begins in 2000
		stop := m.run()
		time.Sleep(time.Second)
		clock := m.calls("clock")
		if len(clock) != 2 || clock[0] != "clock 2026-01-01 00:00:00" || !strings.HasPrefix(clock[1], "clock 2029-12-2") {
			t.Errorf("clock %q: want the earliest there can be, then the server's", clock)
		}
		time.Sleep(3 * time.Hour)
		if n := len(m.time.Asked); n != 4 {
			t.Errorf("asked %d times in 3 hours", n)
		}
		stop()

		// Without an answer it is asked again, less and less often; a server that lies is not believed.
		m.power()
		m.withNetwork(system.Network{NTP: []string{"liar", "silent"}})
		m.time.Ahead, m.time.Asked = map[string]time.Duration{"liar": -time.Hour}, nil
		stop = m.run()
		time.Sleep(time.Hour)
		if n := len(m.time.Asked); n < 20 || n > 60 {
			t.Errorf("asked %d times in an hour", n)
		}
		if clock := m.calls("clock"); len(clock) > 1 {
			t.Errorf("clock %q", clock)
		}
		stop()
	})
}
