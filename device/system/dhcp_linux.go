package system

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
)

// dhcpTimeout is how long an answer is waited for, three times.
const dhcpTimeout = 3 * time.Second

// NewLeases gets addresses from this machine's network.
func NewLeases() Leases { return dhcpClient{} }

type dhcpClient struct{}

var _ Leases = dhcpClient{}

// Request implements Leases.
func (dhcpClient) Request(ctx context.Context, link, hostname string) (Lease, error) {
	return exchange(link, func(c *nclient4.Client) (*nclient4.Lease, error) {
		return c.Request(ctx, requestOptions(hostname)...)
	})
}

// Renew implements Leases.
func (dhcpClient) Renew(ctx context.Context, link string, l Lease) (Lease, error) {
	granted, ok := l.granted.(*nclient4.Lease)
	if !ok {
		return Lease{}, errors.New("this lease was not got here")
	}
	next, err := exchange(link, func(c *nclient4.Client) (*nclient4.Lease, error) { return c.Renew(ctx, granted) })
	if refused := (*nclient4.ErrNak)(nil); errors.As(err, &refused) {
		return Lease{}, ErrLeaseRefused
	}
	return renewed(next, l), err
}

func requestOptions(hostname string) []dhcpv4.Modifier {
	options := []dhcpv4.Modifier{dhcpv4.WithRequestedOptions(
		dhcpv4.OptionSubnetMask, dhcpv4.OptionRouter, dhcpv4.OptionDomainNameServer, dhcpv4.OptionDomainName, dhcpv4.OptionNTPServers)}
	if hostname != "" {
		options = append(options, dhcpv4.WithOption(dhcpv4.OptHostName(hostname)))
	}
	return options
}

func exchange(link string, with func(*nclient4.Client) (*nclient4.Lease, error)) (Lease, error) {
	c, err := nclient4.New(link, nclient4.WithTimeout(dhcpTimeout), nclient4.WithRetry(3))
	if err != nil {
		return Lease{}, fmt.Errorf("open a DHCP client: %w", err)
	}
	granted, err := with(c)
	if err = errors.Join(err, c.Close()); err != nil {
		return Lease{}, err
	}
	l, err := LeaseOf(granted.ACK)
	l.granted = granted
	return l, err
}
