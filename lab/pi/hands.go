package pi

import (
	"context"
	"fmt"
	"image"
	"time"
)

// Key is a key's name in QEMU's words (QKeyCode): "1", "ret", "backspace", "kp_enter".
type Key string

// Enter is a keyboard's, as scanners press it at a code's end.
const Enter Key = "ret"

// keyHold is how long a key is down, and how long it is up before the next, in
// ms of the machine's time. A USB keyboard of QEMU's keeps 16 events until the
// guest asks for them: this is a guest that takes no look for a second.
const keyHold = 60

// Press presses keys one after another on the keyboard that gets them.
func (m *Machine) Press(ctx context.Context, keys ...Key) error {
	type value struct {
		Type string `json:"type"`
		Data Key    `json:"data"`
	}
	for _, k := range keys {
		err := m.qmp.execute(ctx, "send-key", map[string]any{"keys": []value{{"qcode", k}}, "hold-time": keyHold}, nil)
		if err != nil {
			return fmt.Errorf("press %s: %w", k, err)
		}
	}
	return nil
}

// Type types digits and lower-case letters, as on a US keyboard.
func (m *Machine) Type(ctx context.Context, text string) error {
	for _, c := range text {
		if err := m.Press(ctx, Key(string(c))); err != nil {
			return err
		}
	}
	return nil
}

// axisMax is the far end of an absolute axis of QEMU's (INPUT_EVENT_ABS_MAX).
const axisMax = 0x7fff

// A finger stays on the panel for a while, and comes down again only after
// another: the guest asks for both every few milliseconds, if it is not busy,
// and a terminal takes a touch that follows too soon for a bounce.
const (
	fingerDown = 100 * time.Millisecond
	fingerUp   = 200 * time.Millisecond
)

// Tap touches the panel, of size pixels, at a point.
func (m *Machine) Tap(ctx context.Context, at, size image.Point) error {
	type value map[string]any
	send := func(events ...value) error {
		return m.qmp.execute(ctx, "input-send-event", map[string]any{"events": events}, nil)
	}
	axis := func(name string, at, size int) value {
		return value{"type": "abs", "data": value{"axis": name, "value": (at*axisMax + axisMax/2) / size}}
	}
	button := func(down bool) value { return value{"type": "btn", "data": value{"button": "left", "down": down}} }
	if err := send(axis("x", at.X, size.X), axis("y", at.Y, size.Y), button(true)); err != nil {
		return fmt.Errorf("touch %v: %w", at, err)
	}
	if err := pause(ctx, fingerDown); err != nil {
		return fmt.Errorf("touch %v: %w", at, err)
	}
	if err := send(button(false)); err != nil {
		return fmt.Errorf("touch %v and let go: %w", at, err)
	}
	return pause(ctx, fingerUp)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SetLink pulls the network cable, or plugs it in.
func (m *Machine) SetLink(ctx context.Context, up bool) error {
	err := m.qmp.execute(ctx, "set_link", map[string]any{"name": NetworkID + "0", "up": up}, nil)
	if err != nil {
		return fmt.Errorf("the network cable: %w", err)
	}
	return nil
}

// Unplug pulls a keyboard or the tablet, and waits until QEMU has let go of it.
// DANGER: not the printer. While the guest waits for bytes from it, QEMU's model
// of the Pi's USB controller ends with "usb_ep_get: Assertion `dev != NULL' failed" (7.2).
func (m *Machine) Unplug(ctx context.Context, id string) error {
	from := m.qmp.events.len()
	if err := m.qmp.execute(ctx, "device_del", map[string]any{"id": id}, nil); err != nil {
		return fmt.Errorf("unplug %s: %w", id, err)
	}
	_, _, err := m.qmp.events.await(ctx, from, func(e event) bool { return e.Event == "DEVICE_DELETED" && e.Data.Device == id })
	if err != nil {
		return fmt.Errorf("unplug %s: %w", id, err)
	}
	return nil
}

// PlugKeyboard plugs a keyboard in. Keys go to it from now on.
func (m *Machine) PlugKeyboard(ctx context.Context, id string) error {
	return m.plug(ctx, map[string]any{"driver": "usb-kbd", "id": id, "serial": id})
}

func (m *Machine) plug(ctx context.Context, device map[string]any) error {
	if err := m.qmp.execute(ctx, "device_add", device, nil); err != nil {
		return fmt.Errorf("plug in %s: %w", device["id"], err)
	}
	return nil
}
