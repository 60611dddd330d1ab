package scanner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Module is a family of serial scanner modules.
type Module string

// The families. A plain scanner is sent nothing: it may be any.
const (
	ModulePlain Module = "plain"
	ModuleGM65  Module = "gm65" // GM60, GM65, GM805, GM812, GM861
	ModuleGM67  Module = "gm67" // GM67, GM72, GM73
)

// Modules lists the families.
func Modules() []Module { return []Module{ModulePlain, ModuleGM65, ModuleGM67} }

// Trigger is what begins a scan.
type Trigger string

// The triggers. A trigger by command is not among them: the customer's hand is
// quicker than the cashier's.
const (
	TriggerKeep       Trigger = "keep" // as the module is set
	TriggerButton     Trigger = "button"
	TriggerContinuous Trigger = "continuous"
	TriggerSense      Trigger = "sense" // something is held before it
)

// Triggers lists the triggers.
func Triggers() []Trigger {
	return []Trigger{TriggerKeep, TriggerButton, TriggerContinuous, TriggerSense}
}

// gmMode and ssiMode are the triggers as the modules have them.
func (t Trigger) gmMode() (byte, bool) {
	mode, ok := map[Trigger]byte{TriggerButton: 0, TriggerContinuous: 2, TriggerSense: 3}[t]
	return mode, ok
}

func (t Trigger) ssiMode() (byte, bool) {
	mode, ok := map[Trigger]byte{TriggerButton: 0x00, TriggerContinuous: 0x04, TriggerSense: 0x09}[t]
	return mode, ok
}

// Waits for a module.
const (
	replyWait  = 500 * time.Millisecond // 10 bytes at 9600 bit/s take 10 ms; flash is written meanwhile
	replyTries = 3                      // a module that has just got power is deaf for a while
	wakeWait   = 50 * time.Millisecond
)

// Provision sets a module up for a counter, and keeps that in its flash: setup
// codes off, AIM identifiers on, the trigger. Only what differs is written, so
// that a provisioned module's flash is not worn at every start. What is scanned
// meanwhile is lost. A GM67's setup codes and identifiers are left as they are:
// the commands for them are not public.
func Provision(ctx context.Context, port SerialPort, m Module, t Trigger) error {
	stop, _ := interruptible(ctx, port) // a SerialPort has deadlines
	defer stop()
	d := dialogue{ctx: ctx, port: port}
	switch m {
	case ModuleGM65:
		return d.provisionGM(t)
	case ModuleGM67:
		return d.provisionSSI(t)
	default:
		return nil
	}
}

// zoneChange is the bits of a zone that are to have a value.
type zoneChange struct {
	what        string
	zone        uint16
	mask, value byte
}

func (d *dialogue) provisionGM(t Trigger) error {
	changes := []zoneChange{
		{"switch setup codes off", gmZoneSetup, 0x02, 0x02},
		{"switch AIM identifiers on", gmZoneAIM, 0x80, 0x80},
	}
	if mode, ok := t.gmMode(); ok {
		changes = append(changes, zoneChange{"set the trigger", gmZoneMode, 0x03, mode})
	}
	changed := false
	for _, c := range changes {
		now, err := d.readZone(c.zone)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		want := now&^c.mask | c.value
		if now == want {
			continue
		}
		if _, err := d.askGM(gmCommand(gmWrite, c.zone, want)); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		if now, err = d.readZone(c.zone); err != nil || now != want {
			return errors.Join(fmt.Errorf("%s: the module did not keep it", c.what), err)
		}
		changed = true
	}
	if !changed {
		return nil
	}
	if _, err := d.askGM(gmCommand(gmSave, 0, 0)); err != nil {
		return fmt.Errorf("save the settings: %w", err)
	}
	return nil
}

func (d *dialogue) provisionSSI(t Trigger) error {
	mode, ok := t.ssiMode()
	if !ok {
		return nil
	}
	if err := d.write([]byte{0}); err != nil { // wakes it
		return err
	}
	if err := d.pause(wakeWait); err != nil {
		return err
	}
	frame, err := d.ask(ssiCommand(ssiSetParameter, ssiPermanent, 0, ssiTrigger, mode), func(f []byte) bool { return ssiFrame(f) > 0 })
	if err != nil {
		return fmt.Errorf("set the trigger: %w", err)
	}
	if frame[1] != ssiAck {
		return errors.New("set the trigger: the module refuses it")
	}
	return nil
}

// dialogue is questions to a module over its line.
type dialogue struct {
	ctx     context.Context
	port    SerialPort
	replies replies
}

func (d *dialogue) readZone(zone uint16) (byte, error) {
	data, err := d.askGM(gmCommand(gmRead, zone, 1))
	if err != nil {
		return 0, err
	}
	return data[0], nil
}

// askGM sends a command, and returns the data of its answer: at least one byte.
func (d *dialogue) askGM(command []byte) ([]byte, error) {
	frame, err := d.ask(command, func(f []byte) bool { return f[0] == gmReply })
	if err != nil {
		return nil, err
	}
	status, data := gmStatus(frame)
	if status != gmOK {
		return nil, fmt.Errorf("the module answers with status %#02x", status)
	}
	return data, nil
}

var errNoReply = errors.New("no answer: is it such a module, and set to this speed?")

// ask sends a command until it is answered.
func (d *dialogue) ask(command []byte, mine func([]byte) bool) ([]byte, error) {
	for range replyTries {
		if err := d.write(command); err != nil {
			return nil, err
		}
		frame, err := d.await(mine)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return frame, err
		}
	}
	return nil, errNoReply
}

func (d *dialogue) write(b []byte) error {
	if err := d.arm(replyWait); err != nil {
		return err
	}
	n, err := d.port.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return d.failed("write to the module", err)
	}
	return nil
}

func (d *dialogue) await(mine func([]byte) bool) ([]byte, error) {
	if err := d.arm(replyWait); err != nil {
		return nil, err
	}
	buffer := make([]byte, serialBufferLen)
	for {
		n, err := d.port.Read(buffer)
		_, answers := d.replies.feed(buffer[:n])
		for _, a := range answers {
			if mine(a) {
				return bytes.Clone(a), nil
			}
		}
		if err != nil {
			return nil, d.failed("read the module's answer", err)
		}
	}
}

// arm sets the deadline. A context that ends sets one in the past, so it is
// asked after, never before.
func (d *dialogue) arm(wait time.Duration) error {
	if err := d.port.SetDeadline(time.Now().Add(wait)); err != nil {
		return fmt.Errorf("set the module's deadline: %w", err)
	}
	return d.ctx.Err()
}

func (d *dialogue) failed(step string, err error) error {
	if d.ctx.Err() != nil {
		return d.ctx.Err()
	}
	return fmt.Errorf("%s: %w", step, err)
}

func (d *dialogue) pause(wait time.Duration) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-d.ctx.Done():
		return d.ctx.Err()
	}
}
