package device

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"till/display"
)

// Codes of linux/input-event-codes.h.
const (
	evKey    = 1
	keyPower = 116
	keyA     = 30
	keyEnter = 28
)

// PowerKey is power buttons that are keys of the kernel's: the one on the Pi 5's
// board (pwr_button), a button of the gpio-keys or gpio-shutdown overlay. A
// keyboard that has such a key besides is a keyboard.
type PowerKey struct {
	system display.EvdevSystem
	log    *slog.Logger
}

// NewPowerKey reads the power buttons among a machine's event devices.
func NewPowerKey(system display.EvdevSystem, log *slog.Logger) *PowerKey {
	return &PowerKey{system, log}
}

// isPowerKey tells a button from a keyboard.
func isPowerKey(i display.EvdevInfo) bool {
	return i.Keys[keyPower] && !i.Keys[keyA] && !i.Keys[keyEnter]
}

// powerKeyLook is how often it is looked for new ones: a driver may be loaded late.
const powerKeyLook = 5 * time.Second

// Run returns nil once a button was held for a second, or the error of ctx.
// Such a button is the terminal's alone while it runs, so that a short press
// does nothing.
func (k *PowerKey) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := powerKeys{PowerKey: k, open: map[string]display.EvdevDevice{}, skip: map[display.EvdevNode]bool{},
		held: make(chan struct{}, 1), ended: make(chan string)}
	defer r.closeAll()
	look := time.NewTicker(powerKeyLook)
	defer look.Stop()
	r.look(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.held:
			return nil
		case path := <-r.ended:
			_ = r.open[path].Close() // it was only read
			delete(r.open, path)
		case <-look.C:
			r.look(ctx)
		}
	}
}

// powerKeys is what one Run holds; only its goroutine touches it.
type powerKeys struct {
	*PowerKey
	open  map[string]display.EvdevDevice
	skip  map[display.EvdevNode]bool // looked at, and no power button
	held  chan struct{}
	ended chan string // path of a device that is read no more
}

func (r *powerKeys) look(ctx context.Context) {
	nodes, err := r.system.List()
	if err != nil {
		r.log.Debug("power button", "err", err) // whoever reads the touch panel says so
		return
	}
	there := map[display.EvdevNode]bool{}
	for _, n := range nodes {
		there[n] = true
		if r.open[n.Path] != nil || r.skip[n] {
			continue
		}
		device, info, err := r.ask(n.Path)
		switch {
		case err != nil:
			r.log.Debug("power button", "path", n.Path, "err", err) // the next look tries again
		case device == nil:
			r.skip[n] = true
		default:
			if err := device.Grab(); err != nil {
				r.log.Warn("power button: another program reads it too", "path", n.Path, "name", info.Name, "err", err)
			}
			r.log.Info("power button found", "path", n.Path, "name", info.Name)
			r.open[n.Path] = device
			go r.read(ctx, n.Path, device)
		}
	}
	for n := range r.skip {
		if !there[n] {
			delete(r.skip, n)
		}
	}
}

// ask opens a device; it is nil where that is no power button.
func (r *powerKeys) ask(path string) (display.EvdevDevice, display.EvdevInfo, error) {
	device, err := r.system.Open(path)
	if err != nil {
		return nil, display.EvdevInfo{}, err
	}
	info, err := device.Info()
	if err == nil && isPowerKey(info) {
		return device, info, nil
	}
	return nil, info, errors.Join(err, device.Close())
}

// read ends when the device does. Close wakes it.
func (r *powerKeys) read(ctx context.Context, path string, device display.EvdevDevice) {
	var press *time.Timer
	release := func() {
		if press != nil {
			press.Stop()
			press = nil
		}
	}
	defer release()
	for {
		records, err := device.Read()
		for _, record := range records {
			if record.Type != evKey || record.Code != keyPower {
				continue
			}
			switch {
			case record.Value == 1 && press == nil:
				press = time.AfterFunc(buttonHold, func() {
					select {
					case r.held <- struct{}{}:
					default: // once is enough
					}
				})
			case record.Value == 0:
				release()
			}
		}
		if err != nil {
			select {
			case r.ended <- path:
			case <-ctx.Done():
			}
			return
		}
	}
}

func (r *powerKeys) closeAll() {
	for _, device := range r.open {
		_ = device.Close() // it was only read; this wakes its reader
	}
}
