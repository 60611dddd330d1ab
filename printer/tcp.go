package printer

import (
	"context"
	"fmt"
	"net"
	"time"
)

// rawPort is where printers take raw data ("JetDirect").
const rawPort = "9100"

// Waits on a printer of the network. One that loses power says nothing: without
// these, a receipt sent to it would be waited for until TCP gives up, in a
// quarter of an hour.
const (
	dialWait       = 3 * time.Second
	keepAliveIdle  = 5 * time.Second
	keepAliveEvery = 2 * time.Second
	keepAliveCount = 3
)

// dialTCP connects to a printer at host:port. A net.Conn is a Transport.
func dialTCP(ctx context.Context, address string) (Transport, error) {
	d := net.Dialer{
		Timeout:         dialWait,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery, Count: keepAliveCount},
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the printer at %s: %w", address, err)
	}
	return conn, nil
}
