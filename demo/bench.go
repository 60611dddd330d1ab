package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"till/boards"
	"till/display"
	"till/printer/emulator"
)

// BenchOptions say where a bench is, and which cloud its terminal belongs to.
type BenchOptions struct {
	Dir    string // the terminal's folder and the bench's socket; it is there already
	Broker string // host and port
	Key    string // of the gateway, as text
	// Site is instead of Broker and Key: settings, in TOML, of a terminal that
	// enrols itself.
	Site string
	// Firmware and FirmwareEnv are those of Options.
	Firmware, FirmwareEnv string
	Log                   *slog.Logger
}

// Bench is the demo's counter without its page, and at a cloud that is none of
// its own: the firmware as a process, its plug, and the world around it.
type Bench struct {
	hub      *hub
	world    *world
	firmware *firmware
}

// StartBench plugs a terminal in; it boots, and boots again whenever it has ended.
func StartBench(ctx context.Context, o BenchOptions) (*Bench, error) {
	if err := os.MkdirAll(filepath.Join(o.Dir, "terminal"), 0o700); err != nil {
		return nil, fmt.Errorf("make the terminal's folder: %w", err)
	}
	b := &Bench{hub: newHub()}
	var err error
	if b.world, err = newWorld(boards.Sim, o.Dir, b.hub, o.Log); err != nil {
		return nil, err
	}
	text := configText
	if o.Site != "" {
		text = siteText + o.Site
	}
	config, err := writeConfig(text, "", o.Dir, o.Broker, b.world.socket, o.Key)
	if err != nil {
		b.world.close()
		return nil, err
	}
	b.firmware = newFirmware(o.Firmware, o.FirmwareEnv, config, b.world, o.Log)
	go b.firmware.keepRunning(ctx)
	return b, nil
}

// Close pulls the plug for good.
func (b *Bench) Close() {
	b.firmware.stop()
	b.world.close()
}

// Signal sends a signal to the firmware; SIGKILL is a power cut. A firmware that
// has just ended needs none.
func (b *Bench) Signal(s syscall.Signal) error {
	b.firmware.mu.Lock()
	defer b.firmware.mu.Unlock()
	if b.firmware.process == nil {
		return nil
	}
	if err := b.firmware.process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal the firmware: %w", err)
	}
	return nil
}

// State is state.json, nil while the firmware is off, and a channel that is
// closed when something on the bench has changed.
func (b *Bench) State() (state []byte, changed <-chan struct{}) {
	_, _, changed = b.hub.since(0)
	if state, err := b.world.stateJSON(); err == nil {
		return state, changed
	}
	return nil, changed
}

// Press is a touch, a key or a button, and waits until it is handled.
func (b *Bench) Press(ctx context.Context, e display.InputEvent) error { return b.world.press(ctx, e) }

// Scan is what the scanner reads, and waits until it is handled.
func (b *Bench) Scan(ctx context.Context, data []byte) error { return b.world.scan(ctx, data) }

// Slip is the n-th document that was printed, from 1; false if it is not there
// yet. Only the newest few are kept.
func (b *Bench) Slip(n int) (emulator.Document, bool) { return b.world.paper.Document(n) }
