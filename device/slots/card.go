package slots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"till/boards/piboot"
)

// Disk is the card as a whole, as a block device.
//
// What was written may reach the medium in any order, sector by sector, until
// Sync returns: then all of it is there.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	// Sync returns when all that was written is on the medium.
	Sync() error
	// Forget drops what is cached, so that the next read comes from the medium.
	Forget() error
}

// Card is a card in slots (see boards/piboot), and how its slots are changed so
// that at any moment one of them boots.
type Card struct {
	Disk Disk
	// Chunk is how much is written at once, in bytes, a multiple of a sector; 0 is 1 MiB.
	Chunk int
}

// chunk is large enough for the card's own blocks, and small enough that a
// sale has not long to wait.
const chunk = 1 << 20

// ErrDamaged is a slot whose content is not what was to be written.
var ErrDamaged = errors.New("what was written is not what was to be written")

func (c Card) chunk() int {
	if c.Chunk > 0 {
		return c.Chunk
	}
	return chunk
}

// Defaults reads which slot boots, and which one a try boots.
func (c Card) Defaults() (boot, try int, err error) {
	a, _, _, err := piboot.ReadAutoboot(c.Disk)
	return a.Partition, a.Try, err
}

// slot finds the slot's place on the card.
func (c Card) slot(slot int) (piboot.Extent, error) {
	if !piboot.IsSlot(slot) {
		return piboot.Extent{}, fmt.Errorf("partition %d is no slot", slot)
	}
	parts, err := piboot.Partitions(c.Disk)
	if err != nil {
		return piboot.Extent{}, err
	}
	if e := parts[slot-1]; e.Size > 0 {
		return e, nil
	}
	return piboot.Extent{}, fmt.Errorf("the card has no partition %d: it was not made for slots", slot)
}

// SlotSize is the most that fits into a slot, in bytes.
func (c Card) SlotSize(slot int) (int64, error) {
	e, err := c.slot(slot)
	return e.Size, err
}

// Write writes a file system of size bytes into a slot that is not the one that
// boots. It is ended in between by ctx.
//
// The first sector decides whether there is a file system at all. It is cleared
// first and written last, once all the rest was read back from the medium: a
// slot that was written in part is none. sum is the SHA-256 of the whole, in
// hexadecimal.
func (c Card) Write(ctx context.Context, slot int, image io.Reader, size int64, sum string) error {
	boots, _, err := c.Defaults()
	if err != nil {
		return fmt.Errorf("write slot %d: %w", slot, err)
	}
	if slot == boots {
		return fmt.Errorf("write slot %d: it is the one that boots", slot)
	}
	place, err := c.slot(slot)
	if err != nil {
		return fmt.Errorf("write slot: %w", err)
	}
	if size < piboot.SectorSize || size%piboot.SectorSize != 0 || size > place.Size {
		return fmt.Errorf("write slot %d: a file system of %d bytes does not fit into a slot of %d", slot, size, place.Size)
	}
	if err := c.write(ctx, place.Offset, image, size, sum); err != nil {
		return fmt.Errorf("write slot %d: %w", slot, err)
	}
	return nil
}

func (c Card) write(ctx context.Context, at int64, image io.Reader, size int64, sum string) error {
	if err := c.put(make([]byte, piboot.SectorSize), at); err != nil {
		return err
	}
	first := make([]byte, piboot.SectorSize)
	if _, err := io.ReadFull(image, first); err != nil {
		return fmt.Errorf("read the release: %w", err)
	}
	buf := make([]byte, c.chunk())
	for done := int64(len(first)); done < size; {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		part := buf[:min(int64(len(buf))-done%int64(len(buf)), size-done)]
		if _, err := io.ReadFull(image, part); err != nil {
			return fmt.Errorf("read the release: %w", err)
		}
		if _, err := c.Disk.WriteAt(part, at+done); err != nil {
			return err
		}
		done += int64(len(part))
	}
	if n, err := image.Read(make([]byte, 1)); n > 0 || err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the release: it goes on after %d bytes: %w", size, ErrDamaged)
	}
	if err := c.settle(); err != nil {
		return err
	}
	if err := c.check(ctx, first, at, size, sum, buf); err != nil {
		return err
	}
	if err := c.put(first, at); err != nil {
		return err
	}
	back := make([]byte, piboot.SectorSize)
	if _, err := c.Disk.ReadAt(back, at); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if !bytes.Equal(back, first) {
		return fmt.Errorf("read back the first sector: %w", ErrDamaged)
	}
	return nil
}

// put writes one sector, durably.
func (c Card) put(sector []byte, at int64) error {
	if _, err := c.Disk.WriteAt(sector, at); err != nil {
		return err
	}
	return c.settle()
}

func (c Card) settle() error {
	if err := c.Disk.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := c.Disk.Forget(); err != nil {
		return fmt.Errorf("drop what is cached: %w", err)
	}
	return nil
}

// check reads a slot back and compares it with sum, the first sector apart.
func (c Card) check(ctx context.Context, first []byte, at, size int64, sum string, buf []byte) error {
	hash := sha256.New()
	_, _ = hash.Write(first) // a hash never fails
	rest := io.NewSectionReader(c.Disk, at+int64(len(first)), size-int64(len(first)))
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := rest.Read(buf)
		_, _ = hash.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read back: %w", err)
		}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("read back: SHA-256 %s, not %s: %w", got, sum, ErrDamaged)
	}
	return nil
}

// Holds says whether a slot holds, whole, a file system of these size and sum.
func (c Card) Holds(ctx context.Context, slot int, size int64, sum string) (bool, error) {
	place, err := c.slot(slot)
	if err != nil || size < piboot.SectorSize || size > place.Size {
		return false, err
	}
	if err := c.Disk.Forget(); err != nil {
		return false, fmt.Errorf("drop what is cached: %w", err)
	}
	first := make([]byte, piboot.SectorSize)
	if _, err := c.Disk.ReadAt(first, place.Offset); err != nil {
		return false, fmt.Errorf("read slot %d: %w", slot, err)
	}
	err = c.check(ctx, first, place.Offset, size, sum, make([]byte, c.chunk()))
	if errors.Is(err, ErrDamaged) {
		return false, nil
	}
	return err == nil, err
}

// Boots makes a slot the one that boots: one write of one sector, in which two
// bytes change. Torn between them, it still names one of the two slots; both
// are whole when this is called.
func (c Card) Boots(slot int) error {
	_, text, at, err := piboot.ReadAutoboot(c.Disk)
	if err != nil {
		return fmt.Errorf("make slot %d the one that boots: %w", slot, err)
	}
	changed, err := piboot.SetAutoboot(text, slot)
	if err != nil {
		return err
	}
	if bytes.Equal(changed, text) {
		return nil
	}
	sector := make([]byte, at.Size)
	if _, err := c.Disk.ReadAt(sector, at.Offset); err != nil {
		return fmt.Errorf("make slot %d the one that boots: %w", slot, err)
	}
	copy(sector, changed)
	if err := c.put(sector, at.Offset); err != nil {
		return fmt.Errorf("make slot %d the one that boots: %w", slot, err)
	}
	_, back, _, err := piboot.ReadAutoboot(c.Disk)
	if err != nil || !bytes.Equal(back, changed) {
		return fmt.Errorf("make slot %d the one that boots: read back autoboot.txt: %w", slot, errors.Join(err, ErrDamaged))
	}
	return nil
}
