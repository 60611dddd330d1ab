package tillcmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"till/boards"
	"till/checkout"
	"till/device"
	"till/display"
	"till/words"
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

	Customer         string // device of the customer's own display; "": there is none
	CustomerRotation display.Rotation
	Brightness       int           // percent; 0: as it is
	DarkAfter        time.Duration // with nothing to do; 0: never
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

func rotation(take func(*Config, display.Rotation)) func(*Config, any) error {
	return func(c *Config, value any) error {
		n, ok := value.(int64)
		if !ok || display.Rotation(n).Check() != nil {
			return fmt.Errorf("want 0, 90, 180 or 270, not %v", value)
		}
		take(c, display.Rotation(n))
		return nil
	}
}

func checkCustomer(name string) error {
	if name == device.DisplayAuto {
		return errors.New("name it: a framebuffer as /dev/fb1, a panel on SPI, or none")
	}
	return checkDisplay(name)
}

// checkBody refuses what no board can have at once.
func checkBody(c Config) (key string, err error) {
	onSPI := func(name string) bool {
		_, err := display.SPIModelByName(name)
		return err == nil
	}
	main, customer := c.Display.Device, c.Display.Customer
	if main == device.DisplayAuto {
		main = "/dev/fb0"
	}
	switch {
	case customer == "", customer == device.DisplayNone, c.Board.Bench: // a bench has none
	case customer == main:
		return "customer.device", fmt.Errorf("%s is the cashier's already", customer)
	case onSPI(customer) && onSPI(main):
		return "customer.device", errors.New("there is one panel on SPI at most: its pins are the cashier's display's")
	}
	if use := c.Board.Pins.UseOf(boards.Pin(c.UPS.Pin)); c.UPS.Pin != 0 && use != "" {
		return "ups.pin", fmt.Errorf("GPIO %d is the %s's", c.UPS.Pin, use)
	}
	return "", nil
}

// body is what the configuration says of the terminal's peripherals.
func (t *terminal) body() device.Options {
	c := t.config
	return device.Options{
		Bench: c.Bench, Display: c.Display.Device, Rotation: c.Display.Rotation, Touch: c.Display.Touch, Calibration: c.Display.Calibration,
		Customer: c.Display.Customer, CustomerRotation: c.Display.CustomerRotation, Brightness: c.Display.Brightness,
		Watchdog: c.Watchdog, UPS: c.UPS, Data: c.Data, Now: time.Now, Log: t.log,
		Scanner: c.Scanner, Printer: c.PrinterPort, Machine: c.Machine,
		Changed: func() {
			select {
			case t.changed <- struct{}{}:
			default: // it will look
			}
		},
	}
}

// Why a terminal ends that switches its machine off.
var (
	errPowerButton = errors.New("the power button was held")
	errMainsGone   = errors.New("the mains are gone")
)

// powerOff switches the machine off. One that is not ours says how.
func (c Config) powerOff() error {
	switch {
	case c.Machine == nil:
		return device.PowerOff()
	case c.Machine.PowerOff == nil:
		return errors.New("switch off: this machine cannot be")
	}
	return c.Machine.PowerOff()
}

func switchesOff(err error) bool {
	return errors.Is(err, errPowerButton) || errors.Is(err, errMainsGone)
}

// bodyParts are the parts of a terminal that its body has or has not.
func (t *terminal) bodyParts() map[string]func(context.Context) error {
	parts := map[string]func(context.Context) error{}
	if t.config.Identity != nil {
		parts["identity"] = t.keepIdentity
	}
	maps.Copy(parts, t.idleParts())
	if u := t.device.UPS; u != nil {
		parts["supply"] = func(ctx context.Context) error {
			if err := u.Run(ctx, func(gone bool) { t.sayMains(ctx, gone) }); err != nil {
				return t.without(ctx, "supply", err)
			}
			return errMainsGone
		}
	}
	if t.device.RTC != nil {
		parts["clock"] = t.keepClock
	}
	if t.device.Health != nil {
		parts["health"] = t.watchHealth
	}
	if t.customer != nil {
		parts["customer's display"] = t.customer.run
	}
	if t.device.Attached != nil {
		parts["peripherals"] = t.watchAttached
	}
	return parts
}

// idleParts are those that go on whether the terminal sells or not: what it is
// watched by, and switched off by.
func (t *terminal) idleParts() map[string]func(context.Context) error {
	parts := map[string]func(context.Context) error{}
	if w := t.device.Watchdog; w != nil {
		parts["watchdog"] = w.Run
	}
	parts["systemd"] = func(ctx context.Context) error {
		feedSystemd(ctx, t.log, t.device.Vitals.Ailing)
		<-ctx.Done()
		return ctx.Err()
	}
	if b := t.device.PowerButton; b != nil {
		parts["power button"] = func(ctx context.Context) error {
			if err := b.Run(ctx); err != nil {
				return t.without(ctx, "power button", err)
			}
			return errPowerButton
		}
	}
	if k := t.device.PowerKey; k != nil {
		parts["power key"] = func(ctx context.Context) error {
			if err := k.Run(ctx); err != nil {
				return err
			}
			return errPowerButton
		}
	}
	return parts
}

// sayMains tells the cashier that the mains went, or are back.
func (t *terminal) sayMains(ctx context.Context, gone bool) {
	text := words.Sentence{Key: "mains_back"}
	if gone {
		text = words.Sentence{Key: "mains_gone", Args: []string{"n", strconv.Itoa(int(t.config.UPS.Wait / time.Second))}}
	}
	t.send(ctx, checkout.Noticed{Text: text})
}

const (
	// clockLook is how often it is looked whether the cloud's time is known.
	clockLook = 10 * time.Second
	// clockEvery is how often the battery's clock is compared with it: it drifts by
	// seconds a day.
	clockEvery = time.Hour
)

// keepClock takes the battery's clock as a hint, and sets it once the cloud's
// time is known.
func (t *terminal) keepClock(ctx context.Context) error {
	if _, err := device.HintClock(t.device.RTC, time.Now, device.SetSystemClock, t.log); err != nil {
		t.log.Warn("clock", "err", err)
	}
	look := time.NewTicker(clockLook)
	defer look.Stop()
	var kept time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		offset := t.offset.Load()
		if offset == nil || !kept.IsZero() && time.Since(kept) < clockEvery {
			continue
		}
		kept = time.Now()
		if err := device.KeepClock(t.device.RTC, t.steady().Add(*offset), t.log); err != nil {
			t.log.Warn("clock", "err", err)
		}
	}
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
