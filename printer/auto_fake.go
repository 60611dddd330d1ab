package printer

import (
	"context"
	"io/fs"
	"slices"
	"sync"
)

// FakeSystem is a System for tests: ports are plugged into it and unplugged, and
// it records what was opened. A path or address may be told to fail.
type FakeSystem struct {
	mu     sync.Mutex
	ports  []Port
	links  map[string]string
	at     map[string]func() Transport
	fails  map[string]error
	opened []string
	last   Options
}

// NewFakeSystem is a machine with nothing plugged in.
func NewFakeSystem() *FakeSystem {
	return &FakeSystem{links: map[string]string{}, at: map[string]func() Transport{}, fails: map[string]error{}}
}

// Plug plugs a port in; open makes its Transport each time.
func (f *FakeSystem) Plug(p Port, open func() Transport) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ports = append(f.ports, p)
	f.at[p.Path] = open
}

// Listen lets a printer be reached at an address of the network, or at a path
// that is not listed, as a UART's.
func (f *FakeSystem) Listen(address string, open func() Transport) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[address] = open
}

// Link makes a symbolic link to a path.
func (f *FakeSystem) Link(from, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.links[from] = to
}

// Unplug takes out what is at a path or address.
func (f *FakeSystem) Unplug(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ports = slices.DeleteFunc(f.ports, func(p Port) bool { return p.Path == path })
	delete(f.at, path)
}

// Fail makes opening a path or address fail with err; "" is listing. nil ends that.
func (f *FakeSystem) Fail(path string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[path] = err
}

// Opened lists the paths and addresses opened, or tried, in order, and the
// options of the last.
func (f *FakeSystem) Opened() ([]string, Options) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.opened), f.last
}

// Ports lists what is plugged in.
func (f *FakeSystem) Ports() ([]Port, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ports), f.fails[""]
}

// Find is the port of a path.
func (f *FakeSystem) Find(path string) (Port, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if to, ok := f.links[path]; ok {
		path = to
	}
	if i := slices.IndexFunc(f.ports, func(p Port) bool { return p.Path == path }); i >= 0 {
		return f.ports[i], nil
	}
	if f.at[path] == nil {
		return Port{}, &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
	}
	return Port{Path: path}, nil
}

// Open opens what is at a path.
func (f *FakeSystem) Open(path string, o Options) (Transport, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = o
	return f.open(path)
}

// Dial opens what is at an address.
func (f *FakeSystem) Dial(ctx context.Context, address string) (Transport, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open(address)
}

// open is Open with mu held.
func (f *FakeSystem) open(path string) (Transport, error) {
	f.opened = append(f.opened, path)
	open, err := f.at[path], f.fails[path]
	switch {
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	case open == nil:
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return open(), nil
}

var _ System = (*FakeSystem)(nil)
