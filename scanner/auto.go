package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options are what a configuration says of the scanner. The zero value takes
// every scanner that is found.
type Options struct {
	Device  string   // DeviceAuto, also ""; DeviceNone; or a path, as /dev/serial0 or /dev/input/event3
	Layout  Layout   // of scanners that are keyboards; the zero Layout is "us"
	Baud    int      // bit/s of serial scanners; 0 is DefaultBaud
	Module  Module   // what serial scanners are; "" is ModulePlain
	Trigger Trigger  // of a module; "" is TriggerKeep
	Except  []string // paths that are others', as the printer's
}

// DefaultOptions are the zero Options, spelt out.
func DefaultOptions() Options {
	us, _ := LayoutNamed("us") // it is there
	return Options{Device: DeviceAuto, Layout: us, Baud: DefaultBaud, Module: ModulePlain, Trigger: TriggerKeep}
}

// CheckDevice refuses what cannot be an Options.Device.
func CheckDevice(device string) error {
	if device == DeviceAuto || device == DeviceNone || filepath.IsAbs(device) {
		return nil
	}
	return fmt.Errorf("scanner device %.80q: want auto, none, or a path as /dev/serial0 or /dev/input/event3", device)
}

// Words for Options.Device.
const (
	DeviceAuto = "auto" // all that are found
	DeviceNone = "none"
)

// DefaultBaud is what serial modules are set to when they are new, in bit/s.
const DefaultBaud = 9600

func (o Options) configured() bool {
	return o.Device != "" && o.Device != DeviceAuto && o.Device != DeviceNone
}

// rescan is how often it is looked what is plugged in. Kernel events would
// tell sooner, and add nothing else (markusressel/barcode-server does the same).
const rescan = time.Second

// Auto is all scanners that are plugged in. They come and go while it runs.
type Auto struct {
	system  System
	options Options
	clock   LinesClock
	log     *slog.Logger
	changed func()

	mu      sync.Mutex
	plugged []Node
	said    map[string]string // by path: what was last logged that is wrong with it
}

// OpenAuto is the scanner of a terminal: all that is plugged in, found again
// when it is plugged in anew. It never fails: without any scanner its Run waits
// for one. now dates the scans.
func OpenAuto(o Options, now func() time.Time, log *slog.Logger) *Auto {
	return NewAuto(NewSystem("/"), o, LinesClock{Now: now, After: time.After}, log)
}

// NewAuto is OpenAuto on a given system and clock.
func NewAuto(system System, o Options, clock LinesClock, log *slog.Logger) *Auto {
	def := DefaultOptions()
	if o.Layout.name == "" {
		o.Layout = def.Layout
	}
	o.Baud = cmp.Or(o.Baud, def.Baud)
	return &Auto{system: system, options: o, clock: clock, log: log, said: map[string]string{}}
}

// Name is "auto". The scans' Source goes on with the device file's name, as in
// "auto/event3".
func (a *Auto) Name() string { return DeviceAuto }

// Notify has changed called whenever Plugged lists others than before. It is
// called before Run, and changed must not wait.
func (a *Auto) Notify(changed func()) { a.changed = changed }

// Plugged lists the scanners at work, for a technician to see.
func (a *Auto) Plugged() []Node {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.plugged)
}

func (a *Auto) setPlugged(n Node, there bool) {
	a.mu.Lock()
	before := len(a.plugged)
	a.plugged = slices.DeleteFunc(a.plugged, func(p Node) bool { return p.Path == n.Path })
	other := len(a.plugged) != before || there
	if there {
		a.plugged = append(a.plugged, n)
	}
	a.mu.Unlock()
	if other && a.changed != nil {
		a.changed()
	}
}

// Run reads whatever is plugged in until ctx ends. See Source, but for two
// things: scanners are read on while a scan is handled, some scans deep, and no
// scanner that is gone ends it.
func (a *Auto) Run(ctx context.Context, handle func(Scan)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	q := newQueue(a.clock.Now, a.log)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		a.watch(ctx, q)
	}()
	defer func() {
		stop()
		<-watched
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.ready:
		}
		for ctx.Err() == nil {
			s, ok := q.take()
			if !ok {
				break
			}
			handle(s)
		}
	}
}

// reading is a node that is read.
type reading struct {
	node Node
	stop context.CancelFunc
}

// watch keeps every scanner read that is there. One that fails is dropped, and
// tried again at the next look.
func (a *Auto) watch(ctx context.Context, q *queue) {
	at := map[string]reading{}
	ended := make(chan Node)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		nodes := a.look()
		for path, r := range at {
			if !slices.ContainsFunc(nodes, func(n Node) bool { return n.Path == path && n.Device == r.node.Device }) {
				r.stop() // it ends, and is gone at the next look
			}
		}
		for _, n := range nodes {
			if _, there := at[n.Path]; there {
				continue
			}
			own, stop := context.WithCancel(ctx)
			at[n.Path] = reading{n, stop}
			all.Go(func() {
				err := a.read(own, n, q.put)
				a.setPlugged(n, false)
				if own.Err() == nil {
					a.complain(n.Path, err)
				}
				select {
				case ended <- n:
				case <-ctx.Done():
				}
			})
		}
		for next := a.clock.After(rescan); next != nil; {
			select {
			case <-ctx.Done():
				for _, r := range at {
					r.stop()
				}
				return
			case n := <-ended:
				at[n.Path].stop()
				delete(at, n.Path)
			case <-next:
				next = nil
			}
		}
	}
}

// complain logs what is wrong with a scanner, once until it changes; nil is that
// nothing is.
func (a *Auto) complain(path string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	a.mu.Lock()
	again := text == a.said[path]
	a.said[path] = text
	a.mu.Unlock()
	if err != nil && !again {
		a.log.Warn("scanner", "path", path, "err", err)
	}
}

// look lists the nodes that are to be read now.
func (a *Auto) look() []Node {
	const everywhere = "" // the complaint about no node in particular
	nodes, err := a.system.Nodes()
	a.complain(everywhere, err)
	if err != nil {
		return nil
	}
	o := a.options
	resolved := ""
	if o.configured() {
		n, err := a.system.Find(o.Device)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("the configured scanner %s is not there: see whether it is plugged in", o.Device)
		}
		a.complain(o.Device, err)
		if err != nil {
			return nil
		}
		resolved = n.Path
		if !slices.ContainsFunc(nodes, func(other Node) bool { return other.Path == n.Path }) {
			nodes = append(nodes, n)
		}
	}
	var except []string
	for _, path := range o.Except {
		if n, err := a.system.Find(path); err == nil { // what is not there needs no exception
			except = append(except, n.Path)
		}
	}
	o.Except = except
	return Choose(nodes, o, resolved)
}

// read reads one node until it fails or ctx ends.
func (a *Auto) read(ctx context.Context, n Node, put func(Scan)) error {
	name := a.Name() + "/" + filepath.Base(n.Path)
	if n.Kind == KindKeys {
		return a.readKeys(ctx, n, name, put)
	}
	return a.readSerial(ctx, n, name, put)
}

func (a *Auto) readKeys(ctx context.Context, n Node, name string, put func(Scan)) (err error) {
	port, err := a.system.OpenKeys(n.Path)
	if err != nil {
		return fmt.Errorf("open the scanner: %w", err)
	}
	closing := sync.OnceFunc(func() {
		_ = port.Close() // it was only read; closing wakes the read
	})
	defer closing()
	stop := context.AfterFunc(ctx, closing)
	defer stop()
	if err := isNode(port, n); err != nil {
		return err
	}
	if err := port.Grab(); err != nil {
		return fmt.Errorf("%w: is another program reading it?", err)
	}
	a.found(n)
	d := NewDecoder(a.options.Layout)
	for {
		events, err := port.ReadEvents()
		for _, e := range events {
			if scan, ok := d.Decode(e); ok {
				put(NewScan(scan, name, a.clock.Now()))
			}
		}
		if err != nil {
			return gone(ctx, "read the scanner", err)
		}
	}
}

// isNode holds that the open device is the one that was listed: numbers of
// event nodes are given anew when devices come and go.
func isNode(port KeysPort, n Node) error {
	name, phys, id, err := port.Describe()
	if err != nil {
		return err
	}
	if name != n.Name || phys != n.Phys || id != n.ID {
		return fmt.Errorf("%s is another device by now", n.Path)
	}
	return nil
}

func (a *Auto) found(n Node) {
	a.setPlugged(n, true)
	a.complain(n.Path, nil)
	a.log.Info("scanner found", "path", n.Path, "kind", n.Kind, "name", n.Name,
		"id", fmt.Sprintf("%04x:%04x", n.ID.Vendor, n.ID.Product))
}

func (a *Auto) readSerial(ctx context.Context, n Node, name string, put func(Scan)) error {
	port, err := a.system.OpenSerial(n.Path, a.options.Baud)
	if err != nil {
		return fmt.Errorf("open the scanner: %w", err)
	}
	defer func() { _ = port.Close() }() // nothing is on its way to it
	if err := Provision(ctx, port, a.options.Module, a.options.Trigger); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// It may be another module than was said, and still scans.
		a.log.Warn("set up the scanner", "path", n.Path, "module", a.options.Module, "err", err)
	}
	a.found(n)
	text := &textReader{port: port, now: a.clock.Now}
	return NewLines(name, text, DefaultIdle, a.clock).Run(ctx, put)
}

var _ Source = (*Auto)(nil)
