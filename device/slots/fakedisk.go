package slots

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"

	"till/boards/piboot"
)

// FakeDisk is a card in memory. It records what is done to it, can lose its
// power before any operation, and says what may then be on the medium.
type FakeDisk struct {
	now    []byte // as the running system sees it
	synced []byte // what is on the medium for certain
	open   []write
	ops    int

	// CutAt is the operation (write or sync, from 1) at which the power goes; 0 is never.
	CutAt int
	// Fail, if set, is asked before each operation, and its error is the outcome.
	Fail func(op string) error
	// Rot, if set, changes what is read from the medium.
	Rot func(b []byte, off int64)
}

type write struct {
	off  int64
	data []byte
}

var _ Disk = (*FakeDisk)(nil)

// ErrCut is what a disk without power says.
var ErrCut = errors.New("the power is gone")

// NewFakeDisk is a card with this on it.
func NewFakeDisk(content []byte) *FakeDisk {
	return &FakeDisk{now: bytes.Clone(content), synced: bytes.Clone(content)}
}

// Ops is how many writes and syncs there were.
func (d *FakeDisk) Ops() int { return d.ops }

// Bytes is the card as the running system sees it.
func (d *FakeDisk) Bytes() []byte { return bytes.Clone(d.now) }

// Elsewhere is an operation on the same power that is no write to this disk,
// such as the renaming of a file. It fails when the power is gone.
func (d *FakeDisk) Elsewhere() error { return d.operate("elsewhere") }

// Gone says whether the power is.
func (d *FakeDisk) Gone() bool { return d.CutAt > 0 && d.ops >= d.CutAt }

func (d *FakeDisk) operate(op string) error {
	if d.Gone() {
		return ErrCut
	}
	d.ops++
	if d.ops == d.CutAt {
		// The operation is under way when the power goes: see AfterCut.
		return ErrCut
	}
	if d.Fail != nil {
		return d.Fail(op)
	}
	return nil
}

// ReadAt implements Disk.
func (d *FakeDisk) ReadAt(b []byte, off int64) (int, error) {
	if d.Gone() {
		return 0, ErrCut
	}
	if off < 0 || off > int64(len(d.now)) {
		return 0, io.EOF
	}
	n := copy(b, d.now[off:])
	if d.Rot != nil {
		d.Rot(b[:n], off)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements Disk.
func (d *FakeDisk) WriteAt(b []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(b)) > int64(len(d.now)) {
		return 0, errors.New("no space left on device")
	}
	if !d.Gone() {
		d.open = append(d.open, write{off, bytes.Clone(b)})
	}
	if err := d.operate("write"); err != nil {
		return 0, err
	}
	copy(d.now[off:], b)
	return len(b), nil
}

// Sync implements Disk.
func (d *FakeDisk) Sync() error {
	if err := d.operate("sync"); err != nil {
		return err
	}
	copy(d.synced, d.now)
	d.open = nil
	return nil
}

// Forget implements Disk.
func (d *FakeDisk) Forget() error {
	if d.Gone() {
		return ErrCut
	}
	return nil
}

// AfterCut lists what may be on the medium now that the power is gone: of the
// writes since the last Sync none, all, each prefix of the sectors of the last
// with its next sector torn at some byte, the last without those before it, and
// some mixtures in which any sector of any of them is there or not.
func (d *FakeDisk) AfterCut(mixtures int, random *rand.Rand) [][]byte {
	all := [][]byte{bytes.Clone(d.synced)}
	if len(d.open) == 0 {
		return all
	}
	before := bytes.Clone(d.synced) // with all of the open writes but the last
	for _, w := range d.open[:len(d.open)-1] {
		copy(before[w.off:], w.data)
	}
	last := d.open[len(d.open)-1]
	alone := bytes.Clone(d.synced)
	copy(alone[last.off:], last.data)
	all = append(all, before, alone)

	sectors := len(last.data) / piboot.SectorSize
	for _, whole := range picks(sectors) {
		torn := bytes.Clone(before)
		copy(torn[last.off:], last.data[:whole*piboot.SectorSize])
		all = append(all, torn)
		if whole == sectors {
			continue
		}
		at := whole * piboot.SectorSize
		old := bytes.Clone(torn[last.off+int64(at):][:piboot.SectorSize])
		cut := 1 + random.IntN(piboot.SectorSize-1)
		for _, sector := range [][]byte{
			append(bytes.Clone(last.data[at:at+cut]), old[cut:]...),                   // its beginning is new
			append(bytes.Clone(old[:cut]), last.data[at+cut:at+piboot.SectorSize]...), // its end is
		} {
			mixed := bytes.Clone(torn)
			copy(mixed[last.off+int64(at):], sector)
			all = append(all, mixed)
		}
	}
	for range mixtures {
		mixed := bytes.Clone(d.synced)
		for _, i := range random.Perm(len(d.open)) {
			w := d.open[i]
			for at := 0; at < len(w.data); at += piboot.SectorSize {
				if random.IntN(2) == 0 {
					copy(mixed[w.off+int64(at):], w.data[at:min(at+piboot.SectorSize, len(w.data))])
				}
			}
		}
		all = append(all, mixed)
	}
	return all
}

// picks are some of 0 to n: the ends, and what lies between.
func picks(n int) []int {
	if n <= 4 {
		all := []int{0, 1, 2, 3, 4}
		return all[:n+1]
	}
	return []int{0, 1, n / 2, n - 1, n}
}
