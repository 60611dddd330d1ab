package tillcmd

import (
	"errors"
	"fmt"
	"net/netip"
)

func networkAddress(c *Config, s string) error {
	p, err := netip.ParsePrefix(s)
	if err != nil || !p.Addr().Is4() || p.Bits() < 1 {
		return fmt.Errorf("address %.40q: want it with the network's bits, as 192.168.1.20/24", s)
	}
	c.Network.Address = p
	return nil
}

func networkGateway(c *Config, s string) error {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return fmt.Errorf("gateway %.40q: want an address as 192.168.1.1", s)
	}
	c.Network.Gateway = a
	return nil
}

func nameServers(c *Config, value any) error {
	var faults []error
	err := lines(func(c *Config, list []string) {
		for _, s := range list {
			a, err := netip.ParseAddr(s)
			if err != nil || a.Zone() != "" {
				faults = append(faults, fmt.Errorf("name server %.40q: want an address as 1.1.1.1", s))
				continue
			}
			c.Network.DNS = append(c.Network.DNS, a)
		}
	})(c, value)
	return errors.Join(append(faults, err)...)
}

func checkSSID(s string) error {
	if len(s) > 32 { // IEEE 802.11, 9.4.2.2
		return errors.New("a wireless network's name has 32 bytes at most")
	}
	return nil
}

func checkPassphrase(s string) error {
	if len(s) < 8 || len(s) > 63 { // IEEE 802.11, J.4: of a passphrase
		return errors.New("want 8 to 63 characters")
	}
	return nil
}

func checkCountry(s string) error {
	if len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return errors.New("want a country's two letters, as US")
	}
	return nil
}
