package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// mapped is an open segment.
//
// A bad page makes bbolt panic, and a mapping beyond the end of its file or over
// an unreadable sector faults (SIGBUS), which would end the program. Both come
// back as ErrDamaged, once: bbolt may have been holding its locks, so whoever
// touched it again, even to close it, could wait for ever. The mapping is given
// up then, and stays until the program ends.
type mapped struct {
	name   string
	db     *bolt.DB
	file   *os.File
	broken atomic.Pointer[error]
}

// openMapped opens or makes the file at path.
func openMapped(path string, options *bolt.Options) (*mapped, error) {
	m := &mapped{name: filepath.Base(path)}
	o := *options
	o.Timeout = max(o.Timeout, time.Nanosecond) // 0 would wait for ever
	o.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		f, err = os.OpenFile(name, flag, mode)
		if m.file = f; err == nil {
			readByPage(f)
		}
		return f, err
	}
	err := m.guard(func() (err error) {
		m.db, err = bolt.Open(path, 0o600, &o)
		return err
	})
	switch {
	case err == nil:
		return m, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%w in %s: end it first", ErrLocked, filepath.Dir(path))
	case m.broken.Load() != nil:
		return nil, errors.Join(err, m.close())
	default:
		return nil, fmt.Errorf("open segment %s: %w", m.name, err)
	}
}

// guard runs what touches mapped pages, in the calling goroutine.
func (m *mapped) guard(fn func() error) (err error) {
	if broken := m.broken.Load(); broken != nil {
		return *broken
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(m.name, p)
			broken := err
			m.broken.Store(&broken)
		}
	}()
	return fn()
}

func (m *mapped) view(fn func(*bolt.Tx) error) error {
	return m.guard(func() error { return m.db.View(fn) })
}

func (m *mapped) update(fn func(*bolt.Tx) error) error {
	return m.guard(func() error { return m.db.Update(fn) })
}

func (m *mapped) close() error {
	if m.broken.Load() == nil {
		return m.db.Close()
	}
	if m.file == nil {
		return nil
	}
	return m.file.Close() // gives its lock back
}
