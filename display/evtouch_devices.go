package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"time"
)

// EvdevNode is a file of /dev/input. Instance differs when another device has
// got the same file.
type EvdevNode struct{ Path, Instance string }

// EvdevInfo is what the kernel says of an event device.
type EvdevInfo struct {
	Name            string
	Vendor, Product uint16
	Keys, Axes      map[uint16]bool // EV_KEY and EV_ABS codes that it has
	Pointer         bool            // INPUT_PROP_POINTER: it moves a pointer, as a touchpad does
	X, Y            AxisRange
	Start           RawTouch // where the axes stand
}

// EvdevSystem is the event devices of a machine.
type EvdevSystem interface {
	List() ([]EvdevNode, error)
	Open(path string) (EvdevDevice, error)
}

// EvdevDevice is an open event device.
type EvdevDevice interface {
	Info() (EvdevInfo, error)
	// Grab keeps its events from everyone else, the console among them.
	Grab() error
	// Read waits for events. Close wakes it.
	Read() ([]InputRecord, error)
	Close() error
}

// Multi reports a multi-touch panel.
func (i EvdevInfo) multi() bool { return i.Axes[absMTSlot] && i.Axes[absMTX] && i.Axes[absMTY] }

// touch reports a panel that is touched, or a tablet that stands for one.
func (i EvdevInfo) touch() bool {
	if i.Pointer && i.Keys[btnToolFinger] {
		return false // a touchpad
	}
	return i.multi() || i.Axes[absX] && i.Axes[absY] && (i.Keys[btnTouch] || i.Keys[btnLeft])
}

// pad reports a number pad, or a keyboard with digits.
func (i EvdevInfo) pad() bool {
	const key1, keyKP1, keyEnter, keyKPEnter = 2, 79, 28, 96
	return (i.Keys[key1] || i.Keys[keyKP1]) && (i.Keys[keyEnter] || i.Keys[keyKPEnter])
}

// EvdevOptions are NewEvdev's.
type EvdevOptions struct {
	System EvdevSystem
	Map    TouchMap
	// NoTouch leaves touch panels alone.
	NoTouch bool
	// Taken lists paths that are others', as the scanners' are; nil: none.
	Taken func() map[string]bool
	// Picture is the size of the picture that is touched, where a display may be
	// changed for another; nil: Map's.
	Picture func() image.Point
	// Changed is called whenever Plugged becomes another; nil: nobody is told.
	// It must not wait.
	Changed func()
	Log     *slog.Logger
}

// Evdev is every touch panel and number pad that is plugged in. They may come
// and go.
type Evdev struct {
	o EvdevOptions

	mu      sync.Mutex
	plugged map[string]InputKind // by path
}

// InputKind is what an input device is good for.
type InputKind struct{ Touch, Keys bool }

var _ Input = (*Evdev)(nil)

// NewEvdev reads the devices of o.System.
func NewEvdev(o EvdevOptions) *Evdev { return &Evdev{o: o, plugged: map[string]InputKind{}} }

// Plugged says whether there is anything to touch, and any keys.
func (e *Evdev) Plugged() (all InputKind) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, k := range e.plugged {
		all.Touch, all.Keys = all.Touch || k.Touch, all.Keys || k.Keys
	}
	return all
}

// setPlugged notes a device that came or, of no kind, went.
func (e *Evdev) setPlugged(path string, k InputKind) {
	e.mu.Lock()
	if k == (InputKind{}) {
		delete(e.plugged, path)
	} else {
		e.plugged[path] = k
	}
	e.mu.Unlock()
	if e.o.Changed != nil {
		e.o.Changed()
	}
}

// lookEvery is how often it is looked what was plugged in. Kernel events would
// tell sooner, and add nothing else.
const lookEvery = time.Second

// Run implements Input. It ends only with ctx.
func (e *Evdev) Run(ctx context.Context, handle func(InputEvent) error) error {
	r := evdevRun{Evdev: e, open: map[string]EvdevDevice{}, skip: map[EvdevNode]bool{}, said: map[string]string{},
		events: make(chan InputEvent), ended: make(chan ended)}
	defer r.closeAll()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	r.look(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			r.look(ctx)
		case gone := <-r.ended:
			r.drop(gone)
		case event := <-r.events:
			if err := handle(event); err != nil && ctx.Err() == nil {
				e.o.Log.Debug("input", "err", err)
			}
		}
	}
}

// ended is a device that is read no more.
type ended struct {
	path string
	err  error
}

// evdevRun is what one Run holds; only its goroutine touches it.
type evdevRun struct {
	*Evdev
	open   map[string]EvdevDevice
	skip   map[EvdevNode]bool // looked at, and of no use here
	said   map[string]string  // by path, "" is the folder: the last trouble logged
	events chan InputEvent
	ended  chan ended
}

func (r *evdevRun) look(ctx context.Context) {
	nodes, err := r.o.System.List()
	if err != nil {
		r.complain("", err)
		return
	}
	r.complain("", nil)
	var taken map[string]bool
	if r.o.Taken != nil {
		taken = r.o.Taken()
	}
	there := map[EvdevNode]bool{}
	for _, n := range nodes {
		there[n] = true
		if r.open[n.Path] != nil || r.skip[n] || taken[n.Path] {
			continue
		}
		r.complain(n.Path, r.take(ctx, n))
	}
	for n := range r.skip {
		if !there[n] {
			delete(r.skip, n)
		}
	}
}

// complain logs what is wrong with a device, once until it changes.
func (r *evdevRun) complain(path string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text == r.said[path] {
		return
	}
	r.said[path] = text
	if text != "" {
		r.o.Log.Warn("touch panel or number pad", "path", path, "err", err)
	}
}

// take opens a device and has it read, if it is one of ours.
func (r *evdevRun) take(ctx context.Context, n EvdevNode) error {
	device, err := r.o.System.Open(n.Path)
	if err != nil {
		return fmt.Errorf("open it: %w", err)
	}
	info, err := device.Info()
	if err != nil {
		return errors.Join(fmt.Errorf("ask what it is: %w", err), device.Close())
	}
	touch, pad := info.touch() && !r.o.NoTouch, info.pad()
	if !touch && !pad {
		r.skip[n] = true
		return device.Close()
	}
	if err := device.Grab(); err != nil {
		return errors.Join(fmt.Errorf("have %q alone: %w; does another program read it?", info.Name, err), device.Close())
	}
	r.open[n.Path] = device
	r.setPlugged(n.Path, InputKind{Touch: touch, Keys: pad})
	r.o.Log.Info("input found", "path", n.Path, "name", info.Name, "id", fmt.Sprintf("%04x:%04x", info.Vendor, info.Product),
		"touch", touch, "pad", pad)
	reader := evdevReader{device: device, info: info, events: r.events, where: r.o.Map, picture: r.o.Picture, log: r.o.Log.With("path", n.Path, "name", info.Name)}
	if touch {
		reader.touch = NewTouchDecoder(info.multi(), info.Start)
	}
	if pad {
		reader.pad = &PadDecoder{}
	}
	go func() {
		err := reader.run(ctx)
		select {
		case r.ended <- ended{n.Path, err}:
		case <-ctx.Done():
		}
	}()
	return nil
}

func (r *evdevRun) drop(gone ended) {
	device := r.open[gone.path]
	delete(r.open, gone.path)
	r.setPlugged(gone.path, InputKind{})
	_ = device.Close() // it was only read
	r.o.Log.Info("input gone", "path", gone.path, "why", gone.err)
}

func (r *evdevRun) closeAll() {
	for _, device := range r.open {
		_ = device.Close() // it was only read; this wakes its reader
	}
}

// evdevReader turns one device's events into inputs.
type evdevReader struct {
	device  EvdevDevice
	info    EvdevInfo
	touch   *TouchDecoder
	pad     *PadDecoder
	where   TouchMap
	picture func() image.Point
	events  chan<- InputEvent
	log     *slog.Logger
}

func (r *evdevReader) run(ctx context.Context) error {
	for {
		records, err := r.device.Read()
		for _, record := range records {
			event, ok := r.decode(record)
			if !ok {
				continue
			}
			select {
			case r.events <- event:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
	}
}

func (r *evdevReader) decode(record InputRecord) (InputEvent, bool) {
	if r.touch != nil {
		if raw, ok := r.touch.Decode(record); ok {
			if r.picture != nil {
				r.where.Picture = r.picture()
			}
			p := r.where.Pixel(raw, r.info.X, r.info.Y)
			return InputEvent{Touch: &image.Point{X: p.X, Y: p.Y}}, true
		}
	}
	if r.pad != nil {
		key, typed := r.pad.Decode(record)
		if typed {
			r.log.Warn("this keyboard types as fast as a scanner, and its keys are dropped: name it in scanner.device if it is one")
		}
		return InputEvent{Key: key}, key != ""
	}
	return InputEvent{}, false
}
