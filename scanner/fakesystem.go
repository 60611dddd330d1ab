package scanner

import (
	"context"
	"io/fs"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
	"unicode"
)

// FakeSystem is a System for tests: device files are plugged into it and
// unplugged, record what is done to them and fail as they are told.
type FakeSystem struct {
	mu      sync.Mutex
	nodes   []Node
	keys    map[string]*FakeKeys
	serials map[string]*FakeSerial
	links   map[string]string
	fails   map[string]error
}

// NewFakeSystem is a machine with nothing plugged in.
func NewFakeSystem() *FakeSystem {
	return &FakeSystem{keys: map[string]*FakeKeys{}, serials: map[string]*FakeSerial{}, links: map[string]string{}, fails: map[string]error{}}
}

// PlugKeys plugs in an event node.
func (f *FakeSystem) PlugKeys(n Node) *FakeKeys {
	k := &FakeKeys{node: n, events: make(chan []Event), out: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	n.Kind = KindKeys
	f.nodes = append(f.nodes, n)
	f.keys[n.Path] = k
	return k
}

// PlugSerial plugs in a serial port. A node without a Device is one that is not
// listed: a UART.
func (f *FakeSystem) PlugSerial(n Node) *FakeSerial {
	s := &FakeSerial{far: make(chan net.Conn, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	n.Kind = KindSerial
	if n.Device != "" {
		f.nodes = append(f.nodes, n)
	}
	f.serials[n.Path] = s
	return s
}

// Link makes a symbolic link to a path.
func (f *FakeSystem) Link(from, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.links[from] = to
}

// Unplug takes out what is at path. Reads that are under way fail.
func (f *FakeSystem) Unplug(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes = slices.DeleteFunc(f.nodes, func(n Node) bool { return n.Path == path })
	if k := f.keys[path]; k != nil {
		close(k.out)
		delete(f.keys, path)
	}
	if s := f.serials[path]; s != nil {
		s.unplug()
		delete(f.serials, path)
	}
}

// Fail makes opening path fail with err; "" is listing. nil ends that.
func (f *FakeSystem) Fail(path string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[path] = err
}

// Nodes lists what is plugged in.
func (f *FakeSystem) Nodes() ([]Node, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.nodes), f.fails[""]
}

// Find is the node of a path.
func (f *FakeSystem) Find(path string) (Node, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if to, ok := f.links[path]; ok {
		path = to
	}
	if i := slices.IndexFunc(f.nodes, func(n Node) bool { return n.Path == path }); i >= 0 {
		return f.nodes[i], nil
	}
	if f.serials[path] == nil {
		return Node{}, &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
	}
	return Node{Path: path, Kind: KindSerial, Device: path, Name: path}, nil
}

// OpenKeys opens an event node.
func (f *FakeSystem) OpenKeys(path string) (KeysPort, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.keys[path]
	if err := f.fails[path]; err != nil || k == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: orNotExist(err)}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.opened++
	return &fakeKeysPort{FakeKeys: k, closed: make(chan struct{})}, nil
}

// OpenSerial opens a serial port.
func (f *FakeSystem) OpenSerial(path string, baud int) (SerialPort, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.serials[path]
	if err := f.fails[path]; err != nil || s == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: orNotExist(err)}
	}
	return s.open(baud), nil
}

func orNotExist(err error) error {
	if err == nil {
		return fs.ErrNotExist
	}
	return err
}

// FakeKeys is an event node of a FakeSystem.
type FakeKeys struct {
	node   Node
	events chan []Event
	out    chan struct{} // closed when it is unplugged

	mu       sync.Mutex
	opened   int
	grabbed  bool
	grabFail error
	imposter *Node
}

// Opened counts how often it was opened.
func (k *FakeKeys) Opened() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.opened
}

// Grabbed reports that it is open and grabbed.
func (k *FakeKeys) Grabbed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.grabbed
}

// FailGrab makes grabs fail with err.
func (k *FakeKeys) FailGrab(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.grabFail = err
}

// Become makes another device answer at the node than is listed; nil ends that.
func (k *FakeKeys) Become(n *Node) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.imposter = n
}

// Send makes events, of now where they have no time; it returns once they were read.
func (k *FakeKeys) Send(ctx context.Context, events ...Event) error {
	now := time.Now()
	for i := range events {
		if events[i].Sec == 0 && events[i].Usec == 0 {
			events[i].Sec, events[i].Usec = now.Unix(), int64(now.Nanosecond()/1000)
		}
	}
	select {
	case k.events <- events:
		return nil
	case <-k.out:
		return syscall.ENODEV
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Type types a text as a scanner does that is set to a US keyboard, and Enter.
func (k *FakeKeys) Type(ctx context.Context, text string) error {
	us, _ := LayoutNamed("us") // it is there
	var events []Event
	key := func(code uint16, value int32) {
		events = append(events, Event{Type: evKey, Code: code, Value: value}, Event{Type: evSyn, Code: synReport})
	}
	for _, r := range text {
		for code := range us.keys[:keyKP7] { // the keypad types nothing else
			plain, shifted := us.keys[code].plain, us.keys[code].shifted
			if r != plain && r != shifted || !unicode.IsPrint(r) {
				continue
			}
			if r != plain {
				key(keyLeftShift, pressed)
			}
			key(uint16(code), pressed)
			key(uint16(code), released)
			if r != plain {
				key(keyLeftShift, released)
			}
			break
		}
	}
	key(keyEnter, pressed)
	key(keyEnter, released)
	return k.Send(ctx, events...)
}

type fakeKeysPort struct {
	*FakeKeys
	once   sync.Once
	closed chan struct{}
}

func (p *fakeKeysPort) Describe() (name, phys string, id InputID, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.node
	if p.imposter != nil {
		n = *p.imposter
	}
	return n.Name, n.Phys, n.ID, nil
}

func (p *fakeKeysPort) Grab() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grabFail != nil {
		return p.grabFail
	}
	p.grabbed = true
	return nil
}

func (p *fakeKeysPort) ReadEvents() ([]Event, error) {
	select {
	case <-p.closed:
		return nil, os.ErrClosed
	case <-p.out:
		return nil, syscall.ENODEV
	case events := <-p.events:
		return events, nil
	}
}

func (p *fakeKeysPort) Close() error {
	p.once.Do(func() {
		close(p.closed)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.grabbed = false
	})
	return nil
}

// FakeSerial is a serial port of a FakeSystem.
type FakeSerial struct {
	far chan net.Conn // 1 deep: the newest open's other end

	mu     sync.Mutex
	ends   []net.Conn
	opened int
	baud   int
}

func (s *FakeSerial) open(baud int) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	near, far := net.Pipe()
	s.opened++
	s.baud = baud
	s.ends = append(s.ends, far)
	select {
	case <-s.far:
	default:
	}
	s.far <- far
	return near
}

func (s *FakeSerial) unplug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		_ = end.Close() // a pipe's Close does not fail
	}
}

// Far waits until the port is open, and is the scanner's end of it.
func (s *FakeSerial) Far(ctx context.Context) (net.Conn, error) {
	select {
	case far := <-s.far:
		select {
		case s.far <- far: // for the next who asks
		default: // it was opened anew meanwhile
		}
		return far, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Opened is how often it was opened, and the last speed.
func (s *FakeSerial) Opened() (times, baud int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.baud
}

var (
	_ System     = (*FakeSystem)(nil)
	_ KeysPort   = (*fakeKeysPort)(nil)
	_ SerialPort = (net.Conn)(nil)
)
