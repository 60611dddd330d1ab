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

// keyHold is how long a key is down, and how long it is up before the next. A USB keyboard of QEMU's keeps 16 events until the
// guest asks for them: this is a guest that takes no look for a second.
const keyHold = 80 * time.Millisecond

// Press presses keys one after another on the keyboard that gets them.
func (m *Machine) Press(ctx context.Context, keys ...Key) error {
	type value struct {
		Type string `json:"type"`
		Data Key    `json:"data"`
	}
	for _, k := range keys {
		err := m.qmp.execute(ctx, "send-key", map[string]any{"keys": []value{{"qcode", k}}, "hold-time": keyHold.Milliseconds()}, nil)
		if err == nil {
			err = pause(ctx, 2*keyHold) // QEMU answers before it is typed
		}
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
	fingerDown = 150 * time.Millisecond
	fingerUp   = 300 * time.Millisecond
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
	err := m.qmp.execute(ctx, "set_link", map[string]any{"name": networkID + "0", "up": up}, nil)
	if err != nil {
		return fmt.Errorf("the network cable: %w", err)
	}
	return nil
}
