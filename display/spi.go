package display

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// Commands of the MIPI display command set, which both controllers speak
// (ST7789V datasheet v1.6 and ILI9341 datasheet v1.11, chapters "Command").
const (
	cmdSoftReset   = 0x01
	cmdSleepIn     = 0x10
	cmdSleepOut    = 0x11
	cmdNormal      = 0x13
	cmdInvertOff   = 0x20
	cmdInvertOn    = 0x21
	cmdDisplayOff  = 0x28
	cmdDisplayOn   = 0x29
	cmdColumns     = 0x2A // CASET
	cmdRows        = 0x2B // RASET
	cmdMemoryWrite = 0x2C // RAMWR
	cmdAddressMode = 0x36 // MADCTL
	cmdPixelFormat = 0x3A // COLMOD
)

// Bits of MADCTL.
const (
	mirrorY    = 0x80 // MY
	mirrorX    = 0x40 // MX
	exchangeXY = 0x20 // MV
	orderBGR   = 0x08
)

// Waits that the datasheets ask for.
const (
	resetPulse = 20 * time.Millisecond  // at least 10 us
	resetWait  = 120 * time.Millisecond // until commands are taken again
	sleepWait  = 120 * time.Millisecond // after SLPOUT and SLPIN
)

// SPICommand is a command of a panel's controller with its parameters, and how
// long to wait after it.
type SPICommand struct {
	Code   byte
	Params []byte
	Wait   time.Duration
}

// SPIModel is a panel on SPI, as data.
type SPIModel struct {
	Name string
	// Size is the glass and RAM the controller's memory, in px, as the
	// controller counts with MADCTL 0: portrait. Offset is where the glass
	// begins in the memory then.
	Size, RAM, Offset image.Point
	// AddressMode is MADCTL for the rotations 0, 90, 180 and 270. At 0 the panel
	// is landscape, its plug on the left of a common module.
	AddressMode [4]byte
	Invert      bool             // glass that shows the inverse of what it is sent (IPS)
	Init        []SPICommand     // with SLPOUT where this controller wants it
	Clock       physic.Frequency // highest for writing
}

// SPIPins are the lines of a panel beside the bus. Reset and Backlight may be nil.
type SPIPins struct {
	Data      gpio.PinOut // D/C: low for a command, high for its data
	Reset     gpio.PinOut // active low
	Backlight gpio.PinOut // active high
}

// maxTransfer is Linux's spidev.bufsiz unless it says otherwise, in bytes.
const maxTransfer = 4096

// SPIPanel is a surface on a panel that keeps its own picture.
type SPIPanel struct {
	model    SPIModel
	rotation Rotation
	bus      spi.Conn
	pins     SPIPins
	sleep    func(time.Duration)
	chunk    int
	begun    bool // the controller is set up
	lit      bool
	dark     bool // the light is not wanted
	closed   bool
	buf      []byte
}

var (
	_ Surface = (*SPIPanel)(nil)
	_ Lamp    = (*SPIPanel)(nil)
)

// NewSPIPanel is a panel of this model. It is reset and set up with the first
// Draw, and again after a failed one: nothing is known of it then. sleep is
// time.Sleep, or a test's own. The bus stays the caller's.
func NewSPIPanel(bus spi.Conn, pins SPIPins, model SPIModel, r Rotation, sleep func(time.Duration)) (*SPIPanel, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if pins.Data == nil {
		return nil, fmt.Errorf("panel %s: it needs a data/command pin", model.Name)
	}
	p := &SPIPanel{model: model, rotation: r, bus: bus, pins: pins, sleep: sleep, chunk: maxTransfer}
	if l, ok := bus.(conn.Limits); ok && l.MaxTxSize() > 0 {
		p.chunk = l.MaxTxSize()
	}
	return p, nil
}

func (p *SPIPanel) addressMode() byte { return p.model.AddressMode[p.rotation/90] }

// Size implements Surface.
func (p *SPIPanel) Size() image.Point {
	if p.addressMode()&exchangeXY != 0 {
		return image.Pt(p.model.Size.Y, p.model.Size.X)
	}
	return p.model.Size
}

// offset is where the glass begins in the memory as MADCTL turns it: a mirrored
// axis counts from the memory's other end.
func (p *SPIPanel) offset() image.Point {
	m, mode := p.model, p.addressMode()
	at := m.Offset
	if mode&mirrorX != 0 {
		at.X = m.RAM.X - m.Size.X - at.X
	}
	if mode&mirrorY != 0 {
		at.Y = m.RAM.Y - m.Size.Y - at.Y
	}
	if mode&exchangeXY != 0 {
		at.X, at.Y = at.Y, at.X
	}
	return at
}

// Draw implements Surface.
func (p *SPIPanel) Draw(frame *image.RGBA, r image.Rectangle) error {
	if err := checkDraw(p.Size(), frame, r); err != nil {
		return err
	}
	if p.closed {
		return errClosed
	}
	if r.Empty() {
		return nil
	}
	if err := p.draw(frame, r); err != nil {
		p.begun = false
		return fmt.Errorf("draw on the %s panel: %w", p.model.Name, err)
	}
	return nil
}

func (p *SPIPanel) draw(frame *image.RGBA, r image.Rectangle) error {
	if !p.begun {
		if err := p.setUp(); err != nil {
			return err
		}
		p.begun = true
	}
	at := r.Add(p.offset())
	if err := p.send(SPICommand{Code: cmdColumns, Params: span(at.Min.X, at.Max.X)}); err != nil {
		return err
	}
	if err := p.send(SPICommand{Code: cmdRows, Params: span(at.Min.Y, at.Max.Y)}); err != nil {
		return err
	}
	p.buf = p.buf[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		p.buf = appendRGB565(p.buf, rowOf(frame, r, y))
	}
	if err := p.send(SPICommand{Code: cmdMemoryWrite, Params: p.buf}); err != nil {
		return err
	}
	if !p.dark && !p.lit { // not before: the memory is noise at power-on
		return p.switchLight(true)
	}
	return nil
}

// switchLight moves the backlight. Where it has no pin the panel shows nothing
// instead.
func (p *SPIPanel) switchLight(on bool) error {
	if p.pins.Backlight == nil {
		c := SPICommand{Code: cmdDisplayOff}
		if on {
			c.Code = cmdDisplayOn
		}
		if err := p.send(c); err != nil {
			return err
		}
	} else if err := p.pins.Backlight.Out(gpio.Level(on)); err != nil {
		return fmt.Errorf("switch the backlight: %w", err)
	}
	p.lit = on
	return nil
}

// Light implements Lamp. A panel that is not set up stays dark until something
// is drawn on it.
func (p *SPIPanel) Light(on bool) error {
	if p.closed {
		return errClosed
	}
	p.dark = !on
	if on == p.lit || !p.begun {
		return nil
	}
	if err := p.switchLight(on); err != nil {
		return fmt.Errorf("the %s panel: %w", p.model.Name, err)
	}
	return nil
}

// span is the first and the last column or row, each big endian.
func span(from, end int) []byte {
	last := end - 1
	return []byte{byte(from >> 8), byte(from), byte(last >> 8), byte(last)}
}

// appendRGB565 appends a row of R G B A as the wire has it, big endian.
func appendRGB565(buf, row []byte) []byte {
	for i := 0; i+3 < len(row); i += 4 {
		buf = append(buf, row[i]&0xf8|row[i+1]>>5, row[i+1]<<3&0xe0|row[i+2]>>3)
	}
	return buf
}

func (p *SPIPanel) setUp() error {
	if p.pins.Reset != nil {
		for _, step := range []struct {
			level gpio.Level
			wait  time.Duration
		}{{gpio.Low, resetPulse}, {gpio.High, resetWait}} {
			if err := p.pins.Reset.Out(step.level); err != nil {
				return fmt.Errorf("reset it: %w", err)
			}
			p.sleep(step.wait)
		}
	} else if err := p.send(SPICommand{Code: cmdSoftReset, Wait: 150 * time.Millisecond}); err != nil {
		return err
	}
	invert := byte(cmdInvertOff)
	if p.model.Invert {
		invert = cmdInvertOn
	}
	all := append(slices.Clone(p.model.Init),
		SPICommand{Code: cmdAddressMode, Params: []byte{p.addressMode()}},
		SPICommand{Code: cmdPixelFormat, Params: []byte{0x55}}, // 16 bits a pixel
		SPICommand{Code: invert},
		SPICommand{Code: cmdNormal, Wait: 10 * time.Millisecond},
	)
	if p.pins.Backlight == nil {
		p.lit = !p.dark
	}
	if p.pins.Backlight != nil || p.lit {
		all = append(all, SPICommand{Code: cmdDisplayOn, Wait: 10 * time.Millisecond})
	}
	for _, c := range all {
		if err := p.send(c); err != nil {
			return err
		}
	}
	return nil
}

// send writes a command, and its parameters in pieces that the bus takes. Chip
// select may rise between them: only a new command ends the parameters.
func (p *SPIPanel) send(c SPICommand) error {
	if err := p.pins.Data.Out(gpio.Low); err != nil {
		return fmt.Errorf("command %#02x: data/command pin: %w", c.Code, err)
	}
	if err := p.bus.Tx([]byte{c.Code}, nil); err != nil {
		return fmt.Errorf("command %#02x: %w", c.Code, err)
	}
	if len(c.Params) > 0 {
		if err := p.pins.Data.Out(gpio.High); err != nil {
			return fmt.Errorf("command %#02x: data/command pin: %w", c.Code, err)
		}
	}
	for rest := c.Params; len(rest) > 0; {
		n := min(len(rest), p.chunk)
		if err := p.bus.Tx(rest[:n], nil); err != nil {
			return fmt.Errorf("data of command %#02x: %w", c.Code, err)
		}
		rest = rest[n:]
	}
	if c.Wait > 0 {
		p.sleep(c.Wait)
	}
	return nil
}

// Close implements Surface: the panel is dark and asleep.
func (p *SPIPanel) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	var failed error
	if p.pins.Backlight != nil {
		failed = p.pins.Backlight.Out(gpio.Low)
	}
	if p.begun {
		failed = errors.Join(failed, p.send(SPICommand{Code: cmdDisplayOff}), p.send(SPICommand{Code: cmdSleepIn}))
	}
	if failed != nil {
		return fmt.Errorf("switch the %s panel off: %w", p.model.Name, failed)
	}
	return nil
}
