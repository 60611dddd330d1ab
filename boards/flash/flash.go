// Package flash writes a card's image to a disk and proves it: it reads all of
// it back from the medium and compares.
package flash

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// Disk is what an image is written to.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	// Size is what it holds, in bytes.
	Size() int64
	// Sync returns when all that was written is on the medium.
	Sync() error
	// Forget drops what is cached, so that the next read comes from the medium.
	Forget() error
	Close() error
}

// What keeps a card from being written. Each error's text is for the technician.
var (
	ErrMounted      = errors.New("mounted")
	ErrNotRemovable = errors.New("not removable")
	ErrReadOnly     = errors.New("write-protected")
	ErrPartition    = errors.New("a partition, not a disk")
	ErrNotThere     = errors.New("not there")
	ErrTooSmall     = errors.New("too small")
	ErrTruncated    = errors.New("the image is truncated")
	ErrVanished     = errors.New("vanished")
	ErrFailed       = errors.New("failed")
	ErrDiffers      = errors.New("holds other bytes than were written")
	ErrInterrupted  = errors.New("interrupted")
)

// Phases of a write.
const (
	Writing   = "writing"
	Verifying = "verifying"
)

// Progress is how far a phase is.
type Progress struct {
	Phase       string
	Done, Total int64 // bytes
	Took        time.Duration
}

// block is how much is written, or read back, at once, in bytes: whole blocks
// of a card's own, which are 4 MiB at most.
const block = 4 << 20

// syncEvery is how much may wait in the machine's memory, in bytes. Else
// writing seems to end after a second, and an interrupt waits for minutes.
const syncEvery = 8 * block

// Write writes size bytes of image to disk, reads them back, and returns their
// SHA-256 in hexadecimal once they are the same.
//
// The first block, with the partition table, is written last: until then the
// disk has no partitions, so that nobody takes it for a card that is whole.
func Write(ctx context.Context, image io.ReaderAt, size int64, disk Disk, tell func(Progress)) (string, error) {
	if size > disk.Size() {
		return "", fmt.Errorf("%w: it has %s, the image %s", ErrTooSmall, Bytes(disk.Size()), Bytes(size))
	}
	w := writing{ctx: ctx, image: image, size: size, disk: disk, tell: tell, began: time.Now(), buf: make([]byte, block)}
	sum, err := w.write()
	if err != nil {
		return "", explain(ctx, err)
	}
	w.began = time.Now()
	if err := w.verify(); err != nil {
		return "", explain(ctx, err)
	}
	return sum, nil
}

type writing struct {
	ctx   context.Context
	image io.ReaderAt
	size  int64
	disk  Disk
	tell  func(Progress)
	began time.Time
	buf   []byte
	sums  [][sha256.Size]byte // of each block, in order
}

func (w *writing) report(phase string, done int64) {
	if w.tell != nil {
		w.tell(Progress{Phase: phase, Done: done, Total: w.size, Took: time.Since(w.began)})
	}
}

// load reads the block at offset at from the image.
func (w *writing) load(at int64) ([]byte, error) {
	part := w.buf[:min(block, w.size-at)]
	if n, err := w.image.ReadAt(part, at); n < len(part) {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: it ends at %d of %d bytes", ErrTruncated, at+int64(n), w.size)
		}
		return nil, fmt.Errorf("read the image at %d: %w", at, err)
	}
	return part, nil
}

func (w *writing) write() (string, error) {
	whole := sha256.New()
	var first []byte
	w.report(Writing, 0)
	for at := int64(0); at < w.size; at += block {
		if w.ctx.Err() != nil {
			return "", context.Cause(w.ctx)
		}
		part, err := w.load(at)
		if err != nil {
			return "", err
		}
		_, _ = whole.Write(part) // a hash never fails
		w.sums = append(w.sums, sha256.Sum256(part))
		if at == 0 {
			first = append(first, part...)
			part = make([]byte, len(first))
		}
		if _, err := w.disk.WriteAt(part, at); err != nil {
			return "", fmt.Errorf("write at %s: %w", Bytes(at), err)
		}
		if done := at + int64(len(part)); at == 0 || done%syncEvery == 0 || done == w.size {
			if err := w.disk.Sync(); err != nil {
				return "", fmt.Errorf("sync at %s: %w", Bytes(done), err)
			}
		}
		w.report(Writing, at+int64(len(part)))
	}
	if _, err := w.disk.WriteAt(first, 0); err != nil {
		return "", fmt.Errorf("write the partition table: %w", err)
	}
	if err := w.disk.Sync(); err != nil {
		return "", fmt.Errorf("sync: %w", err)
	}
	return hex.EncodeToString(whole.Sum(nil)), nil
}

func (w *writing) verify() error {
	if err := w.disk.Forget(); err != nil {
		return fmt.Errorf("drop what is cached, to read it from the card: %w", err)
	}
	w.report(Verifying, 0)
	for at := int64(0); at < w.size; at += block {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		part := w.buf[:min(block, w.size-at)]
		if n, err := w.disk.ReadAt(part, at); n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				err = fmt.Errorf("%w: it ends at %d bytes", ErrDiffers, at+int64(n))
			}
			return fmt.Errorf("read back at %s: %w", Bytes(at), err)
		}
		if sha256.Sum256(part) != w.sums[at/block] {
			return fmt.Errorf("read back at %s: %w", Bytes(at), ErrDiffers)
		}
		w.report(Verifying, at+int64(len(part)))
	}
	return nil
}

// explain says what an error means for the technician.
func explain(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return fmt.Errorf("%w; the card is not whole and boots nothing: write it again", ErrInterrupted)
	case errors.Is(err, ErrDiffers):
		return fmt.Errorf("%w; the card is worn out, or smaller than it says: take another", err)
	case errors.Is(err, ErrVanished), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV):
		return fmt.Errorf("the card %w while it was written (%w): put it in again, and write it again", ErrVanished, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: %w", ErrTooSmall, err)
	case errors.Is(err, syscall.EIO):
		return fmt.Errorf("the card or its reader %w (%w): try another reader, then another card", ErrFailed, err)
	}
	return err
}

// Bytes is a size for people, in MiB.
func Bytes(n int64) string {
	const mib = 1 << 20
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n%mib == 0 || n >= 100*mib:
		return fmt.Sprintf("%d MiB", n/mib)
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/mib)
	}
}
