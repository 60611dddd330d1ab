package display

import (
	"io/fs"
	"os"
	"strconv"
	"sync"
)

// FakeEvdev is event devices for tests: they are plugged in and pulled out, and
// fail when told to.
type FakeEvdev struct {
	mu      sync.Mutex
	devices map[string]*FakeEvdevDevice
	plugged int
	fail    error
}

var (
	_ EvdevSystem = (*FakeEvdev)(nil)
	_ EvdevDevice = (*fakeEvdevHandle)(nil)
)

// NewFakeEvdev has no device yet.
func NewFakeEvdev() *FakeEvdev { return &FakeEvdev{devices: map[string]*FakeEvdevDevice{}} }

// Fail makes List fail with err; nil heals it.
func (f *FakeEvdev) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Plug puts a device at path.
func (f *FakeEvdev) Plug(path string, info EvdevInfo) *FakeEvdevDevice {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plugged++
	d := &FakeEvdevDevice{instance: strconv.Itoa(f.plugged), info: info, records: make(chan []InputRecord), gone: make(chan struct{})}
	f.devices[path] = d
	return d
}

// Unplug takes the device at path away.
func (f *FakeEvdev) Unplug(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := f.devices[path]; d != nil {
		close(d.gone)
		delete(f.devices, path)
	}
}

// List implements EvdevSystem.
func (f *FakeEvdev) List() ([]EvdevNode, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var nodes []EvdevNode
	for path, d := range f.devices {
		nodes = append(nodes, EvdevNode{Path: path, Instance: d.instance})
	}
	return nodes, f.fail
}

// Open implements EvdevSystem.
func (f *FakeEvdev) Open(path string) (EvdevDevice, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.devices[path]
	if d == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened++
	return &fakeEvdevHandle{FakeEvdevDevice: d, closed: make(chan struct{})}, nil
}

// fakeEvdevHandle is a device as one of those sees it who have it open: each closes
// its own.
type fakeEvdevHandle struct {
	*FakeEvdevDevice
	once   sync.Once
	closed chan struct{}
	grab   bool
}

// FakeEvdevDevice is one of them.
type FakeEvdevDevice struct {
	instance string
	info     EvdevInfo
	records  chan []InputRecord
	gone     chan struct{}

	mu      sync.Mutex
	opened  int
	grabbed bool
	refuse  error
}

// RefuseGrab makes Grab fail with err, as when another program has the device;
// nil heals it.
func (d *FakeEvdevDevice) RefuseGrab(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = err
}

// Send has the device give records. It returns once they were read, or it was
// pulled out.
func (d *FakeEvdevDevice) Send(records ...InputRecord) {
	select {
	case d.records <- records:
	case <-d.gone:
	}
}

// Grabbed says whether its events are kept from others.
func (d *FakeEvdevDevice) Grabbed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.grabbed
}

// Opened is how often it was opened.
func (d *FakeEvdevDevice) Opened() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// Info implements EvdevDevice.
func (d *FakeEvdevDevice) Info() (EvdevInfo, error) { return d.info, nil }

// Grab implements EvdevDevice.
func (d *fakeEvdevHandle) Grab() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.grab = d.refuse == nil
	d.grabbed = d.grab
	return d.refuse
}

// Read implements EvdevDevice.
func (d *fakeEvdevHandle) Read() ([]InputRecord, error) {
	select {
	case <-d.closed:
		return nil, os.ErrClosed
	default:
	}
	select {
	case records := <-d.records:
		return records, nil
	case <-d.gone:
		return nil, &fs.PathError{Op: "read", Path: d.info.Name, Err: fs.ErrNotExist}
	case <-d.closed:
		return nil, os.ErrClosed
	}
}

// Close implements EvdevDevice.
func (d *fakeEvdevHandle) Close() error {
	d.once.Do(func() { close(d.closed) })
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.grab {
		d.grab, d.grabbed = false, false
	}
	return nil
}
