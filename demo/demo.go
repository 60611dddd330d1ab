// Package demo is the whole system on one machine: a broker, the gateway with
// its sandbox acquirer, the firmware as a process of its own on the sim board,
// and the world around it, with a page to stand at the counter.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/sys/unix"

	"till/boards"
	"till/cloud/receipts"
	"till/payment/pin"
)

// Options are the flags of till-demo.
type Options struct {
	Listen string // of the counter page
	Data   string // folder; empty: a temporary one, removed at the end
	// Settings is TOML with tables for the terminal's configuration that the
	// demo's own has not, such as [sale].
	Settings string
	Pace     int // the waits that wallets impose are divided by it
	// Firmware is the command that runs the firmware, without its arguments, and
	// the environment variable that tells a program of many parts to be it.
	Firmware    string
	FirmwareEnv string
	// Serving is called once the page is served.
	Serving func(url string)
	Log     *slog.Logger
}

// Run serves until ctx ends. No process it started is left behind.
func Run(ctx context.Context, o Options) error {
	if o.Pace < 1 || o.Pace > 1000 {
		return fmt.Errorf("pace %d: want 1 (as slow as the wallets) to 1000", o.Pace)
	}
	listener, err := listen(o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	folder, err := openFolder(o.Data)
	if err != nil {
		return err
	}
	err = serve(ctx, o, listener, folder)
	return errors.Join(err, folder.close())
}

func serve(ctx context.Context, o Options, listener net.Listener, dir *folder) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h := newHub()
	backend, err := startBackend(ctx, dir.path, o.Pace, h, stop, o.Log)
	if err != nil {
		return err
	}
	defer backend.stop()
	wire, err := newCable(backend.Broker, h)
	if err != nil {
		return err
	}
	defer wire.close()
	world, err := newWorld(boards.Sim, dir.path, h, o.Log)
	if err != nil {
		return err
	}
	defer world.close()
	config, err := writeConfig(configText, o.Settings, dir.path, wire.address(), world.socket, backend.Key.String())
	if err != nil {
		return err
	}
	head, err := merchantIn(config)
	if err != nil {
		return err
	}
	firmware := newFirmware(o.Firmware, o.FirmwareEnv, config, world, o.Log)
	defer firmware.stop()
	go firmware.keepRunning(ctx)
	if err := firmware.waitUp(ctx, bootWait); err != nil {
		return fmt.Errorf("start the firmware: %w", err)
	}
	h.await(ctx, onlineWait, "state", isOnline) // so that the first sale is not refused; else it shows
	counter := &counter{
		world: world, cable: wire, firmware: firmware, backend: backend, hub: h, pace: o.Pace, receipts: backend.Receipts(head), zone: head.Zone,
		address: listener.Addr().(*net.TCPAddr), log: o.Log,
	}
	go counter.watchPhone(ctx)
	url := "http://" + pageHost(counter.address) + "/"
	if o.Serving != nil {
		o.Serving(url)
	}
	return counter.serve(ctx, listener)
}

const (
	bootWait   = 25 * time.Second // bounds a start of the firmware
	onlineWait = 3 * time.Second  // bounds what the page's address waits for the link
)

func isOnline(state []byte) bool {
	var s struct{ Online bool }
	return json.Unmarshal(state, &s) == nil && s.Online
}

func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken: end the program that uses it, or choose another with -listen 127.0.0.1:0", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; give a host and port, as -listen 127.0.0.1:8080", address, err)
	}
	return l, nil
}

// pageHost is what a browser on this machine calls the listener.
func pageHost(a *net.TCPAddr) string {
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, fmt.Sprint(a.Port))
}

// folder is the demo's data, locked for this process.
type folder struct {
	path      string
	temporary bool
	lock      *os.File
}

func openFolder(path string) (*folder, error) {
	f := &folder{path: path}
	if path == "" {
		dir, err := os.MkdirTemp("", "till-demo-")
		if err != nil {
			return nil, fmt.Errorf("make a temporary folder: %w", err)
		}
		f.path, f.temporary = dir, true
	}
	absolute, err := filepath.Abs(f.path)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", f.path, err)
	}
	f.path = absolute
	for _, sub := range []string{"cloud", "terminal"} {
		if err := os.MkdirAll(filepath.Join(f.path, sub), 0o700); err != nil {
			return nil, fmt.Errorf("make data folder: %w; choose another with -data", err)
		}
	}
	f.lock, err = os.OpenFile(filepath.Join(f.path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := unix.Flock(int(f.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is used by another till-demo: end it first, or choose another folder with -data", f.path), f.lock.Close())
	}
	return f, nil
}

func (f *folder) close() error {
	err := f.lock.Close()
	if f.temporary {
		err = errors.Join(err, os.RemoveAll(f.path))
	}
	return err
}

// writeConfig makes the terminal's configuration file.
func writeConfig(text, more, dir, broker, socket, key string) (string, error) {
	var quoted []string
	salt := pin.NewSalt()
	for name, value := range map[string]string{
		"CASHIER": fmt.Sprintf("mei / Mei / cashier / %s", pin.New(CashierPIN, salt)),
		"OTHER":   fmt.Sprintf("wang / Wang / cashier / %s / %s", pin.New(OtherPIN, salt), pin.New(OtherBadge, salt)),
		"MANAGER": fmt.Sprintf("li / Li / manager / %s", pin.New(ManagerPIN, salt)),
		"DATA":    filepath.Join(dir, "terminal"), "SOCKET": socket, "BROKER": "tcp://" + broker, "KEY": key,
	} {
		raw, err := toml.Marshal(map[string]string{"x": value}) // a folder's name may hold any character
		if err != nil {
			return "", fmt.Errorf("write the terminal's configuration: %w", err)
		}
		quoted = append(quoted, name, strings.TrimPrefix(strings.TrimSpace(string(raw)), "x = "))
	}
	text = strings.NewReplacer(quoted...).Replace(text) + more
	path := filepath.Join(dir, "terminal", "till.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write the terminal's configuration: %w", err)
	}
	return path, nil
}

// merchantIn reads the head and foot of receipts from the terminal's configuration.
func merchantIn(config string) (head receipts.Merchant, err error) {
	raw, err := os.ReadFile(config)
	if err != nil {
		return head, fmt.Errorf("read the terminal's configuration: %w", err)
	}
	var c struct {
		Merchant struct {
			Name     string
			Address  []string
			Phone    string
			Foot     []string
			Timezone string
		}
	}
	if err := toml.Unmarshal(raw, &c); err != nil {
		return head, fmt.Errorf("read the terminal's configuration: %w", err)
	}
	m := c.Merchant
	head = receipts.Merchant{Name: m.Name, Address: m.Address, Phone: m.Phone, Foot: m.Foot}
	if head.Zone, err = time.LoadLocation(m.Timezone); err != nil {
		return head, fmt.Errorf("read the terminal's configuration: %w", err)
	}
	return head, nil
}

// siteText is what a terminal that enrols itself knows of its bench.
const siteText = `board = "sim"
data = DATA
bench = SOCKET
`

// PINs of the demo's operators, and the badge of one. The first cashier is signed on at
// every start.
const (
	CashierPIN = "1111"
	OtherPIN   = "3333"
	OtherBadge = "TILL-DEMO-WANG"
	ManagerPIN = "2580"
)

const configText = `# Written by till-demo at every start.
terminal = "demo-1"
board = "sim"
data = DATA
bench = SOCKET
test = true
operators = [CASHIER, OTHER, MANAGER]
sign_on.auto = "mei"
shift.auto = true

[merchant]
name = "Harbor Museum Shop"
address = ["12 Pier Street", "San Francisco, CA 94133"]
phone = "+1 415 555 0132"
foot = ["Refunds within 30 days with this receipt.", "Thank you! 谢谢惠顾"]
timezone = "America/Los_Angeles"
currency = "USD"
language = "en"

[gateway]
broker = BROKER
key = KEY

[printer]
profile = "80mm"
`
