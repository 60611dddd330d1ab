package flash

import "sync"

// Fake is a disk in memory, for tests. It keeps what was written apart from
// what is on the medium until Sync, and can be told to fail.
type Fake struct {
	// Fault is asked before every operation, "write", "read", "sync" or "forget",
	// with its offset; what it returns is the operation's error.
	Fault func(op string, at int64) error
	// Spoil changes what is read from the medium at an offset.
	Spoil func(p []byte, at int64)

	mu      sync.Mutex
	cache   []byte
	medium  []byte
	cached  bool // reads come from the cache
	writes  []int64
	syncs   int
	forgets int
	closed  bool
}

var _ Disk = (*Fake)(nil)

// NewFake is a disk of size bytes, full of rubbish.
func NewFake(size int64) *Fake {
	f := &Fake{cache: make([]byte, size), medium: make([]byte, size)}
	for i := range f.medium {
		f.medium[i] = 0xa5
	}
	copy(f.cache, f.medium)
	return f
}

func (f *Fake) fault(op string, at int64) error {
	if f.Fault == nil {
		return nil
	}
	return f.Fault(op, at)
}

// WriteAt implements Disk.
func (f *Fake) WriteAt(p []byte, at int64) (int, error) {
	if err := f.fault("write", at); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cached = true
	f.writes = append(f.writes, at)
	return copy(f.cache[at:], p), nil
}

// ReadAt implements Disk.
func (f *Fake) ReadAt(p []byte, at int64) (int, error) {
	if err := f.fault("read", at); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cached {
		return copy(p, f.cache[at:]), nil
	}
	n := copy(p, f.medium[at:])
	if f.Spoil != nil {
		f.Spoil(p[:n], at)
	}
	return n, nil
}

// Size implements Disk.
func (f *Fake) Size() int64 { return int64(len(f.medium)) }

// Sync implements Disk.
func (f *Fake) Sync() error {
	if err := f.fault("sync", 0); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncs++
	copy(f.medium, f.cache)
	return nil
}

// Forget implements Disk.
func (f *Fake) Forget() error {
	if err := f.fault("forget", 0); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgets++
	f.cached = false
	return nil
}

// Close implements Disk.
func (f *Fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// Medium is what a power cut would leave.
func (f *Fake) Medium() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]byte(nil), f.medium...)
}

// Writes are the offsets that were written to, in order.
func (f *Fake) Writes() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]int64(nil), f.writes...)
}

// Syncs is how often it was synced.
func (f *Fake) Syncs() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.syncs
}
