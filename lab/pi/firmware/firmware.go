// Package firmware is what stands between a card and the kernel on an emulated
// Pi. QEMU has no firmware of the Pi's: this plays it. It picks the slot as the
// firmware does (boards/piboot), takes kernel, initramfs, device tree and command
// line out of it, and starts the machine with those very bytes.
package firmware

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"till/boards"
	"till/boards/card"
	"till/lab/pi"
)

// Pi is a Raspberry Pi with a card in it, switched off.
type Pi struct {
	Card     string // file: an image in the size of a card, as Insert makes it
	Board    boards.Board
	Hardware pi.Options // what is plugged in; what the firmware loads is not looked at
	// CommandLine is added to the card's own, after what is the emulator's due.
	CommandLine string

	tryboot bool // the flag of the restart before
}

// deviceTree is the one that QEMU's model of the board has.
const deviceTree = "bcm2710-rpi-3-b-plus.dtb"

// quirks are parameters that QEMU's Pi needs: its watchdog resets it as soon as
// it is opened, and its first serial port, which the tests read, is the kernel's second.
const quirks = "till.watchdog=off console=ttyAMA1,115200"

// virtQuirks are the same of QEMU's own machine.
const virtQuirks = "console=ttyAMA0"

// Boot switches the Pi on. The flag of a restart that asked for a trial is used up.
func (p *Pi) Boot(ctx context.Context) (*pi.Machine, int, error) {
	tryboot := p.tryboot
	p.tryboot = false
	image, err := card.OpenImage(p.Card)
	if err != nil {
		return nil, 0, err
	}
	start, err := image.Boot(p.Board, tryboot)
	if err != nil {
		return nil, 0, errors.Join(err, image.Close())
	}
	m, err := p.start(ctx, start, tryboot)
	return m, start.Partition, errors.Join(err, image.Close())
}

func (p *Pi) start(ctx context.Context, s card.Start, tryboot bool) (*pi.Machine, error) {
	tree, err := fs.ReadFile(s.Files, deviceTree)
	if err != nil {
		return nil, fmt.Errorf("the device tree of partition %d: %w", s.Partition, err)
	}
	dir, err := os.MkdirTemp("", "till-boot-")
	if err != nil {
		return nil, fmt.Errorf("load what the firmware loads: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // QEMU has read them
	o := p.Hardware
	for _, f := range []struct {
		name string
		data []byte
		path *string
	}{{"kernel", s.Kernel, &o.Kernel}, {"initramfs", s.Initramfs, &o.Initrd}, {"tree", tree, &o.DeviceTree}} {
		*f.path = filepath.Join(dir, f.name)
		if err := os.WriteFile(*f.path, f.data, 0o600); err != nil {
			return nil, fmt.Errorf("load what the firmware loads: %w", err)
		}
	}
	o.Card = p.Card
	// The firmware tells these in the device tree (/chosen/bootloader).
	words := quirks
	if o.Virt {
		words = virtQuirks
	}
	o.CommandLine = fmt.Sprintf("%s %s till.slot=%d", s.CommandLine, words, s.Partition)
	if tryboot {
		o.CommandLine += " till.tryboot=on"
	}
	if p.CommandLine != "" {
		o.CommandLine += " " + p.CommandLine
	}
	return pi.Start(ctx, o)
}

// Ended waits until the machine has ended by itself, and keeps what the firmware
// keeps over a restart: whether the other slot is to be tried.
func (p *Pi) Ended(ctx context.Context, m *pi.Machine) (pi.End, error) {
	end, err := m.Ended(ctx)
	if err == nil && end == pi.Rebooted {
		p.tryboot = m.TryBoot()
	}
	return end, err
}

// Cut pulls the plug: nothing is kept, the flag of a restart either.
func (p *Pi) Cut(m *pi.Machine) error {
	err := m.Close()
	p.tryboot = false
	return err
}

// CardSize is an emulated card's, in bytes. QEMU takes powers of two only.
const CardSize = 512 << 20

// Insert makes a card of an image: a file of a card's size. Only what is not zero
// is written.
func Insert(image io.Reader, file string) (err error) {
	to, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make a card: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	piece, none := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := int64(0); ; at += int64(len(piece)) {
		n, err := io.ReadFull(image, piece)
		if at+int64(n) > CardSize {
			return fmt.Errorf("make a card: the image has more than %d MiB", int64(CardSize)>>20)
		}
		if n > 0 && !bytes.Equal(piece[:n], none[:n]) {
			if _, err := to.WriteAt(piece[:n], at); err != nil {
				return fmt.Errorf("make a card: %w", err)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("make a card: %w", err)
		}
	}
	if err := to.Truncate(CardSize); err != nil {
		return fmt.Errorf("make a card: %w", err)
	}
	return nil
}
