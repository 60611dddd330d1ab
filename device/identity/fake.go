package identity

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"slices"
)

// ErrPower is what every step of a FakeDisk gives once its power is gone.
var ErrPower = errors.New("the power is gone")

// FakeDisk is a Disk in memory that can lose its power, and then forgets what
// was not made durable, or part of it.
type FakeDisk struct {
	// Steps counts the calls that change something. Power goes after CutAfter of
	// them; 0 is never.
	Steps, CutAfter int

	names, durable map[string]*fakeFile // by name: as seen, and as they are after a power cut
}

// fakeFile is the bytes of a file: as seen, and as they are on the medium.
type fakeFile struct{ seen, durable []byte }

var _ Disk = (*FakeDisk)(nil)

// Leftover is what of the steps that were not made durable is there after a
// power cut. A file system may do each of these.
type Leftover struct {
	Names bool // names are as they were last seen, else as they were made durable
	Bytes Rest
}

// Rest is what is there of bytes that were not made durable.
type Rest int

// What may be left.
const (
	RestNone Rest = iota // as they were made durable, else none
	RestHalf
	RestAll
)

// Leftovers are all there are.
func Leftovers() []Leftover {
	var all []Leftover
	for _, names := range []bool{false, true} {
		for _, rest := range []Rest{RestNone, RestHalf, RestAll} {
			all = append(all, Leftover{names, rest})
		}
	}
	return all
}

// NewFakeDisk is an empty disk.
func NewFakeDisk() *FakeDisk {
	return &FakeDisk{names: map[string]*fakeFile{}, durable: map[string]*fakeFile{}}
}

// Restart is the disk after a power cut at this moment. It has power for ever.
func (d *FakeDisk) Restart(left Leftover) *FakeDisk {
	from := d.durable
	if left.Names {
		from = d.names
	}
	next := NewFakeDisk()
	for name, f := range from {
		data := f.durable
		switch left.Bytes {
		case RestHalf:
			if !bytes.Equal(f.seen, f.durable) {
				data = f.seen[:len(f.seen)/2]
			}
		case RestAll:
			data = f.seen
		}
		file := &fakeFile{bytes.Clone(data), bytes.Clone(data)}
		next.names[name], next.durable[name] = file, file
	}
	return next
}

// step counts one change, and says whether there is power for it.
func (d *FakeDisk) step() error {
	if d.CutAfter > 0 && d.Steps >= d.CutAfter {
		return ErrPower
	}
	d.Steps++
	return nil
}

// Names lists the files.
func (d *FakeDisk) Names() ([]string, error) { return slices.Sorted(maps.Keys(d.names)), nil }

// Read reads a file.
func (d *FakeDisk) Read(name string) ([]byte, error) {
	f, ok := d.names[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(f.seen), nil
}

// Write writes a file.
func (d *FakeDisk) Write(name string, data []byte) error {
	if err := d.step(); err != nil {
		return err
	}
	f, ok := d.names[name]
	if !ok {
		f = &fakeFile{}
		d.names[name] = f
	}
	f.seen = bytes.Clone(data)
	return nil
}

// Sync makes a file's bytes durable.
func (d *FakeDisk) Sync(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	f, ok := d.names[name]
	if !ok {
		return fs.ErrNotExist
	}
	f.durable = f.seen
	return nil
}

// Rename puts a file in another's place.
func (d *FakeDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	f, ok := d.names[from]
	if !ok {
		return fs.ErrNotExist
	}
	delete(d.names, from)
	d.names[to] = f
	return nil
}

// Remove removes a file.
func (d *FakeDisk) Remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	if _, ok := d.names[name]; !ok {
		return fs.ErrNotExist
	}
	delete(d.names, name)
	return nil
}

// SyncNames makes the names durable.
func (d *FakeDisk) SyncNames() error {
	if err := d.step(); err != nil {
		return err
	}
	d.durable = maps.Clone(d.names)
	return nil
}
