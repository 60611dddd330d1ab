package tillcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"till/boards"
	"till/device"
	"till/display"
)

// boardAuto finds out the board by its device tree.
const boardAuto = "auto"

func boardNamed(name string) (boards.Board, error) {
	if name == boardAuto {
		return boards.Detect(os.ReadFile)
	}
	return boards.ByName(name)
}

// Display is the screen and what is touched on it.
type Display struct {
	Device      string
	Rotation    display.Rotation
	Touch       string
	Calibration display.Calibration
}

func checkDisplay(name string) error {
	if name == device.DisplayAuto || name == device.DisplayNone || name[0] == '/' {
		return nil
	}
	if _, err := display.SPIModelByName(name); err != nil {
		return fmt.Errorf("%w; or auto, none, or a framebuffer as /dev/fb0", err)
	}
	return nil
}

func checkTouch(name string) error {
	if all := []string{device.TouchAuto, device.TouchNone, device.TouchXPT}; !slices.Contains(all, name) {
		return fmt.Errorf("touch panel %.40q is none of %v", name, all)
	}
	return nil
}

func defaultDisplay() Display {
	return Display{Device: device.DisplayAuto, Touch: device.TouchAuto, Calibration: display.NoCalibration()}
}

func calibration(c *Config, s string) (err error) {
	c.Display.Calibration, err = display.ParseCalibration(s)
	return err
}

func rotation(c *Config, value any) error {
	n, ok := value.(int64)
	if !ok || display.Rotation(n).Check() != nil {
		return fmt.Errorf("want 0, 90, 180 or 270, not %v", value)
	}
	c.Display.Rotation = display.Rotation(n)
	return nil
}

// body is what the configuration says of the terminal's peripherals.
func (t *terminal) body() device.Options {
	c := t.config
	return device.Options{
		Bench: c.Bench, Display: c.Display.Device, Rotation: c.Display.Rotation, Touch: c.Display.Touch, Calibration: c.Display.Calibration,
		Watchdog: c.Watchdog, Data: c.Data, Now: time.Now, Log: t.log,
		Scanner: c.Scanner, Printer: c.PrinterPort, Machine: c.Machine,
		Changed: func() {
			select {
			case t.changed <- struct{}{}:
			default: // it will look
			}
		},
	}
}

// errPowerButton is why a terminal ends that was switched off by its button.
var errPowerButton = errors.New("the power button was held")

// bodyParts are the parts of a terminal that its body has or has not.
func (t *terminal) bodyParts() map[string]func(context.Context) error {
	parts := map[string]func(context.Context) error{}
	if w := t.device.Watchdog; w != nil {
		parts["watchdog"] = w.Run
	}
	if b := t.device.PowerButton; b != nil {
		parts["power button"] = func(ctx context.Context) error {
			if err := b.Run(ctx); err != nil {
				return t.without(ctx, "power button", err)
			}
			return errPowerButton
		}
	}
	if t.device.Health != nil {
		parts["health"] = t.watchHealth
	}
	if t.device.Attached != nil {
		parts["peripherals"] = t.watchAttached
	}
	return parts
}

// without waits for the end of a part that the terminal can do without.
func (t *terminal) without(ctx context.Context, what string, err error) error {
	if ctx.Err() == nil {
		t.log.Error(what, "err", err)
	}
	<-ctx.Done()
	return ctx.Err()
}

// healthEvery is how often it is looked how the machine is.
const healthEvery = 30 * time.Second

// watchHealth logs what is wrong with the machine, once until it changes.
func (t *terminal) watchHealth(ctx context.Context) error {
	look := time.NewTicker(healthEvery)
	defer look.Stop()
	var said []device.HealthTrouble
	for {
		h := t.device.Health()
		t.update(func(c *condition) { c.health = h })
		if troubles := h.Troubles(); !slices.Equal(troubles, said) {
			said = troubles
			t.log.Warn("health", "troubles", troubles, "millicelsius", h.MilliCelsius, "disk_free", h.DiskFree, "disk_size", h.DiskSize)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}
