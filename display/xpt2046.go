package display

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"slices"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// The XPT2046 (and ADS7846) measures a resistive film. A transfer is a control
// byte and two more in which 12 bits come back, after one bit of waiting
// (XPT2046 datasheet, "Digital interface"): start bit, channel, 12 bits,
// differential, power down between measurements with the pen's interrupt on.
const (
	xptX, xptY  = 0xD0, 0x90
	xptSamples  = 5 // the middle one counts: the film bounces
	xptMost     = 4095
	xptSpread   = 120 // of the middle samples, in units: more is a finger coming or going
	xptPoll     = 15 * time.Millisecond
	xptReleases = 2 // polls without a touch until a finger counts as lifted
)

// XPT2046Clock is the highest clock of the controller's bus; its mode is 0.
const XPT2046Clock = 2 * physic.MegaHertz

// XPT2046 is a resistive touch panel on SPI.
type XPT2046 struct {
	bus   spi.Conn
	irq   gpio.PinIn
	where TouchMap
	log   *slog.Logger
}

var _ Input = (*XPT2046)(nil)

// NewXPT2046 reads the panel on bus, with irq low while it is touched. Its axes
// are those of the film, so where has a calibration.
func NewXPT2046(bus spi.Conn, irq gpio.PinIn, where TouchMap, log *slog.Logger) *XPT2046 {
	return &XPT2046{bus: bus, irq: irq, where: where, log: log}
}

// Run implements Input. The pin is looked at instead of waited for: an edge
// that bounces costs more than 70 looks a second.
func (x *XPT2046) Run(ctx context.Context, handle func(InputEvent) error) error {
	if err := x.irq.In(gpio.PullUp, gpio.NoEdge); err != nil {
		return fmt.Errorf("touch panel: pin of its interrupt: %w", err)
	}
	poll := time.NewTicker(xptPoll)
	defer poll.Stop()
	released, failed := xptReleases, ""
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
		if x.irq.Read() == gpio.High {
			released = min(released+1, xptReleases)
			continue
		}
		if released < xptReleases {
			released = 0 // the same finger
			continue
		}
		raw, ok, err := x.measure()
		if err != nil {
			if text := err.Error(); text != failed {
				failed = text
				x.log.Warn("touch panel", "err", err)
			}
			continue
		}
		if failed = ""; !ok {
			continue
		}
		released = 0
		whole := AxisRange{0, xptMost}
		p := x.where.Pixel(raw, whole, whole)
		if err := handle(InputEvent{Touch: &image.Point{X: p.X, Y: p.Y}}); err != nil && ctx.Err() == nil {
			x.log.Debug("input", "err", err)
		}
	}
}

// measure is where the film is touched; not ok while the finger comes or goes.
func (x *XPT2046) measure() (raw RawTouch, ok bool, err error) {
	var xs, ys [xptSamples]int32
	for i := range xptSamples {
		if xs[i], err = x.sample(xptX); err != nil {
			return raw, false, err
		}
		if ys[i], err = x.sample(xptY); err != nil {
			return raw, false, err
		}
	}
	if x.irq.Read() == gpio.High {
		return raw, false, nil
	}
	var steadyX, steadyY bool
	raw.X, steadyX = middle(xs)
	raw.Y, steadyY = middle(ys)
	return raw, steadyX && steadyY, nil
}

func middle(samples [xptSamples]int32) (int32, bool) {
	slices.Sort(samples[:])
	return samples[xptSamples/2], samples[xptSamples-2]-samples[1] <= xptSpread
}

func (x *XPT2046) sample(control byte) (int32, error) {
	var in [3]byte
	if err := x.bus.Tx([]byte{control, 0, 0}, in[:]); err != nil {
		return 0, fmt.Errorf("ask the touch controller: %w", err)
	}
	return (int32(in[1])<<8 | int32(in[2])) >> 3 & xptMost, nil
}

// Inputs is several sources as one: their events are handled one at a time.
type Inputs []Input

var _ Input = Inputs(nil)

// Run implements Input. The first source that ends ends all; without any it
// waits for ctx.
func (all Inputs) Run(ctx context.Context, handle func(InputEvent) error) error {
	if len(all) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	turn := make(chan struct{}, 1)
	ended := make(chan error, len(all))
	for _, in := range all {
		go func() {
			ended <- in.Run(ctx, func(e InputEvent) error {
				select {
				case turn <- struct{}{}:
				case <-ctx.Done():
					return ctx.Err()
				}
				defer func() { <-turn }()
				return handle(e)
			})
		}()
	}
	var first error
	for i := range all {
		if err := <-ended; i == 0 {
			first = err
			stop()
		}
	}
	return first
}
