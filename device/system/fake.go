package system

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// FakeKernel is a kernel for tests: it records, fails when told to, and its
// processes end when told to. Safe for concurrent use.
type FakeKernel struct {
	Root string // taken off the paths that are recorded
	// Started is called with every process, in its own goroutine, if not nil.
	Started func(pid int, p Process)
	// Signalled is called with every signal. nil: the process ends by it.
	Signalled func(pid int, s Signal)

	mu      sync.Mutex
	calls   []string
	fail    map[string]error
	lastPID int
	running map[int]chan struct{} // closed when all is written
	exits   []Exit
	wake    chan struct{}
	ended   []Ending
}

var _ Kernel = (*FakeKernel)(nil)

// NewFakeKernel has no process running.
func NewFakeKernel(root string) *FakeKernel {
	return &FakeKernel{Root: root, fail: map[string]error{}, lastPID: 99, running: map[int]chan struct{}{}, wake: make(chan struct{}, 1)}
}

// Fail has every call fail whose record begins so; nil heals it.
func (k *FakeKernel) Fail(begins string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		delete(k.fail, begins)
		return
	}
	k.fail[begins] = err
}

// Calls are the calls so far, a line each.
func (k *FakeKernel) Calls() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.calls)
}

// Ended is how the machine was ended, once for each time.
func (k *FakeKernel) Ended() []Ending {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ended)
}

func (k *FakeKernel) call(format string, args ...any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	line := strings.TrimSpace(strings.ReplaceAll(fmt.Sprintf(format, args...), strings.TrimSuffix(k.Root, "/")+"/", "/"))
	k.calls = append(k.calls, line)
	for begins, err := range k.fail {
		if strings.HasPrefix(line, begins) {
			return err
		}
	}
	return nil
}

// Adopt implements Kernel.
func (k *FakeKernel) Adopt() { _ = k.call("adopt") } // it cannot fail

// Mount implements Kernel.
func (k *FakeKernel) Mount(source, target, fstype string, flags MountFlags, options string) error {
	how := options
	if flags&ReadOnly != 0 {
		how = strings.TrimSuffix("ro,"+options, ",")
	}
	return k.call("mount %s on %s as %s %s", source, target, fstype, how)
}

// Unmount implements Kernel.
func (k *FakeKernel) Unmount(target string) error { return k.call("unmount %s", target) }

// RemountReadOnly implements Kernel.
func (k *FakeKernel) RemountReadOnly(target string) error {
	return k.call("remount read-only %s", target)
}

// LoadModule implements Kernel.
func (k *FakeKernel) LoadModule(path string) error { return k.call("load %s", path) }

// SetHostname implements Kernel.
func (k *FakeKernel) SetHostname(name string) error { return k.call("hostname %s", name) }

// SetClock implements Kernel.
func (k *FakeKernel) SetClock(t time.Time) error {
	return k.call("clock %s", t.UTC().Format(time.DateTime))
}

// ResizePartition implements Kernel.
func (k *FakeKernel) ResizePartition(disk string, number int, start, length int64) error {
	return k.call("partition %d of %s from %d for %d", number, disk, start, length)
}

// GrowFileSystem implements Kernel.
func (k *FakeKernel) GrowFileSystem(target string, blocks uint64) error {
	return k.call("grow %s to %d", target, blocks)
}

// Sync implements Kernel.
func (k *FakeKernel) Sync() { _ = k.call("sync") } // it cannot fail

// End implements Kernel.
func (k *FakeKernel) End(e Ending) error {
	err := k.call("end %s", e)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = append(k.ended, e)
	return err
}

// Start implements Kernel.
func (k *FakeKernel) Start(p Process) (int, <-chan struct{}, error) {
	if err := k.call("start %s", strings.Join(p.Args, " ")); err != nil {
		return 0, nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lastPID++
	pid, written := k.lastPID, make(chan struct{})
	k.running[pid] = written
	if k.Started != nil {
		go k.Started(pid, p)
	}
	return pid, written, nil
}

// Signal implements Kernel.
func (k *FakeKernel) Signal(pid int, s Signal) error {
	if err := k.call("signal %d %s", pid, []string{"TERM", "KILL"}[s]); err != nil {
		return err
	}
	switch {
	case k.Signalled != nil:
		k.Signalled(pid, s)
	case s == Kill:
		k.Finish(Exit{PID: pid, Status: -1, Signal: "SIGKILL"})
	default:
		k.Finish(Exit{PID: pid})
	}
	return nil
}

// Finish ends a process so. It may be one that was not started here: an orphan.
func (k *FakeKernel) Finish(e Exit) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if written, ours := k.running[e.PID]; ours {
		close(written)
		delete(k.running, e.PID)
	}
	k.exits = append(k.exits, e)
	select {
	case k.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Running are the processes that have not ended.
func (k *FakeKernel) Running() []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []int
	for pid := range k.running {
		all = append(all, pid)
	}
	slices.Sort(all)
	return all
}

// Wait implements Kernel.
func (k *FakeKernel) Wait() (Exit, error) {
	for {
		k.mu.Lock()
		if len(k.exits) > 0 {
			e := k.exits[0]
			k.exits = k.exits[1:]
			k.mu.Unlock()
			return e, nil
		}
		none := len(k.running) == 0
		k.mu.Unlock()
		if none {
			return Exit{}, ErrNoChild
		}
		<-k.wake
	}
}

// FakeLinks are network interfaces for tests. Safe for concurrent use.
type FakeLinks struct {
	mu      sync.Mutex
	links   []Link
	calls   []string
	fail    error
	changed chan struct{}
}

var _ Links = (*FakeLinks)(nil)

// NewFakeLinks has these interfaces.
func NewFakeLinks(links ...Link) *FakeLinks {
	return &FakeLinks{links: links, changed: make(chan struct{}, 1)}
}

// Fail has whatever is set fail with err; nil heals it.
func (f *FakeLinks) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Plug puts a cable in, or pulls it.
func (f *FakeLinks) Plug(name string, carrier bool) {
	f.change(func() { f.link(name).Carrier = carrier })
}

// Add adds an interface, as a USB adapter that is plugged in.
func (f *FakeLinks) Add(l Link) { f.change(func() { f.links = append(f.links, l) }) }

// Calls are the calls so far that set something, a line each.
func (f *FakeLinks) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *FakeLinks) change(by func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	by()
	select {
	case f.changed <- struct{}{}:
	default: // it will look anyway
	}
}

func (f *FakeLinks) link(name string) *Link {
	if i := slices.IndexFunc(f.links, func(l Link) bool { return l.Name == name }); i >= 0 {
		return &f.links[i]
	}
	return &Link{} // what is done to it goes nowhere
}

func (f *FakeLinks) call(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

// List implements Links.
func (f *FakeLinks) List() ([]Link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.links), nil
}

// SetUp implements Links.
func (f *FakeLinks) SetUp(name string) error {
	if err := f.call("%s up", name); err != nil {
		return err
	}
	f.change(func() { f.link(name).Up = true })
	return nil
}

// SetAddress implements Links.
func (f *FakeLinks) SetAddress(name string, a netip.Prefix) error {
	return f.call("%s address %v", name, a)
}

// SetGateway implements Links.
func (f *FakeLinks) SetGateway(name string, g netip.Addr, metric int) error {
	return f.call("%s gateway %v metric %d", name, g, metric)
}

// Clear implements Links.
func (f *FakeLinks) Clear(name string) error { return f.call("%s clear", name) }

// Watch implements Links.
func (f *FakeLinks) Watch(context.Context) (<-chan struct{}, error) { return f.changed, nil }

// FakeLeases is a DHCP server for tests: it gives Lease, or fails with Err.
// Change them under Lock.
type FakeLeases struct {
	sync.Mutex
	Lease     Lease
	Err       error
	Asked     []string // "request eth0 till-1", "renew eth0"
	AskedWhen []time.Time
}

var _ Leases = (*FakeLeases)(nil)

// Request implements Leases.
func (f *FakeLeases) Request(_ context.Context, link, hostname string) (Lease, error) {
	return f.answer("request " + link + " " + hostname)
}

// Renew implements Leases.
func (f *FakeLeases) Renew(_ context.Context, link string, _ Lease) (Lease, error) {
	return f.answer("renew " + link)
}

func (f *FakeLeases) answer(asked string) (Lease, error) {
	f.Lock()
	defer f.Unlock()
	f.Asked = append(f.Asked, asked)
	f.AskedWhen = append(f.AskedWhen, time.Now())
	return f.Lease, f.Err
}

// FakeRadio is a wireless card for tests: it joins, or fails with Err. Change it
// under Lock.
type FakeRadio struct {
	sync.Mutex
	Err    error
	Joined []string
}

var _ Radio = (*FakeRadio)(nil)

// Join implements Radio.
func (f *FakeRadio) Join(_ context.Context, link string, w WiFi) error {
	f.Lock()
	defer f.Unlock()
	f.Joined = append(f.Joined, link+" "+w.SSID)
	return f.Err
}

// FakeTime is time servers for tests: each is this far ahead; one that is not
// there does not answer. Change it under Lock.
type FakeTime struct {
	sync.Mutex
	Ahead map[string]time.Duration
	Asked []string
}

var _ TimeServer = (*FakeTime)(nil)

// Offset implements TimeServer.
func (f *FakeTime) Offset(_ context.Context, server string) (time.Duration, error) {
	f.Lock()
	defer f.Unlock()
	f.Asked = append(f.Asked, server)
	d, ok := f.Ahead[server]
	if !ok {
		return 0, errors.New("no answer")
	}
	return d, nil
}
