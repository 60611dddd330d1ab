package update

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"till/device/slots"
	"till/durable"
	"till/sync/wire/updates"
)

// Folder holds what was downloaded.
type Folder struct {
	Dir string
	// Free is how many bytes the disk has left; nil: not known.
	Free func() (uint64, error)
}

const (
	half = ".part" // after the name of what is not whole yet
	// reserve is what a download leaves free, in bytes: the journal goes before.
	reserve = 96 << 20
)

func (f Folder) path(r slots.Release) string { return filepath.Join(f.Dir, r.Name) }

// Clear deletes everything but what belongs to this release; with the zero
// Release, everything.
func (f Folder) Clear(keep slots.Release) error {
	all, err := os.ReadDir(f.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("clear the downloads: %w", err)
	}
	for _, e := range all {
		if keep.Name != "" && (e.Name() == keep.Name || e.Name() == keep.Name+half) {
			continue
		}
		if err := os.Remove(filepath.Join(f.Dir, e.Name())); err != nil {
			return fmt.Errorf("clear the downloads: %w", err)
		}
	}
	return nil
}

// Download brings a release into the folder, going on where it was broken off.
// When it returns nil, the file is there, whole, durable, and the one that was
// signed. The error is a *slots.Refusal where trying again is no use.
func (f Folder) Download(ctx context.Context, source Source, r slots.Release) error {
	err := f.download(ctx, source, r)
	var refusal *slots.Refusal
	if err != nil && !errors.As(err, &refusal) {
		return fmt.Errorf("download release %s: %w", r.Version, err)
	}
	return err
}

func (f Folder) download(ctx context.Context, source Source, r slots.Release) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	if err := f.Clear(r); err != nil {
		return err
	}
	if ok, err := sameSum(f.path(r), r); err != nil || ok {
		return err
	}
	if err := os.Remove(f.path(r)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	resumed, err := f.fill(ctx, source, r)
	if resumed && errors.Is(err, errSum) { // what was there before may be what is wrong
		if err := os.Remove(f.path(r) + half); err != nil {
			return err
		}
		_, err = f.fill(ctx, source, r)
	}
	if errors.Is(err, errSum) {
		if err := os.Remove(f.path(r) + half); err != nil {
			return err
		}
		return &slots.Refusal{Why: slots.WhyDamaged, Reason: fmt.Sprintf("release %s at the gateway is not the one that was signed", r.Version)}
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.path(r)+half, f.path(r)); err != nil {
		return err
	}
	return durable.SyncFolder(f.Dir)
}

var errSum = errors.New("its sum is another")

// fill downloads the rest of a file that may be there in part.
func (f Folder) fill(ctx context.Context, source Source, r slots.Release) (resumed bool, err error) {
	file, err := os.OpenFile(f.path(r)+half, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := sha256.New()
	have, err := io.Copy(sum, io.LimitReader(file, r.Size+1))
	if err != nil {
		return false, err
	}
	if have > r.Size {
		if err := file.Truncate(0); err != nil {
			return false, err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return false, err
		}
		have, sum = 0, sha256.New()
	}
	if have < r.Size {
		if err := f.room(r.Size - have); err != nil {
			return have > 0, err
		}
		if err := bring(ctx, source, r, have, file, sum); err != nil {
			// What came is kept: the next attempt goes on from there.
			return have > 0, errors.Join(err, file.Sync())
		}
	}
	if err := file.Sync(); err != nil {
		return have > 0, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != r.SHA256 {
		return have > 0, errSum
	}
	return have > 0, nil
}

func bring(ctx context.Context, source Source, r slots.Release, have int64, file io.Writer, sum hash.Hash) error {
	body, size, err := source.Open(ctx, updates.TargetPath(r.SHA256, r.Name), have)
	short := func(has string) error {
		return &slots.Refusal{Why: slots.WhyTruncated, Reason: fmt.Sprintf("release %s has %d bytes; the gateway has %s", r.Version, r.Size, has)}
	}
	switch {
	case errors.Is(err, ErrShort):
		return short(fmt.Sprintf("no more than %d", have))
	case err != nil:
		return err
	}
	defer func() { _ = body.Close() }() // it was only read
	if size >= 0 && size < r.Size {
		return short(fmt.Sprint(size))
	}
	if size > r.Size {
		return &slots.Refusal{Why: slots.WhyTooLarge, Reason: fmt.Sprintf("release %s has %d bytes; the gateway has %d", r.Version, r.Size, size)}
	}
	n, err := io.CopyN(io.MultiWriter(file, sum), body, r.Size-have)
	if err != nil {
		return fmt.Errorf("after %d of %d bytes: %w", have+n, r.Size, err)
	}
	return nil
}

func (f Folder) room(want int64) error {
	if f.Free == nil {
		return nil
	}
	free, err := f.Free()
	if err != nil {
		return fmt.Errorf("ask how much room there is: %w", err)
	}
	if free < uint64(want)+reserve {
		return &slots.Refusal{Why: slots.WhySpace, Reason: fmt.Sprintf(
			"a download of %d MiB needs as much room on the card, and %d MiB for the journal; there are %d MiB", want>>20, reserve>>20, free>>20)}
	}
	return nil
}

func sameSum(path string, r slots.Release) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // it was only read
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(file, r.Size+1))
	return n == r.Size && hex.EncodeToString(sum.Sum(nil)) == r.SHA256, err
}

// errLost is a download that is no longer what it was.
var errLost = errors.New("what was downloaded is no longer the release")

// Install writes what was downloaded into a slot. Its sum is compared first, so
// that not a byte of it is read otherwise before.
func (f Folder) Install(ctx context.Context, card slots.Card, slot int, r slots.Release) error {
	ok, err := sameSum(f.path(r), r)
	if err != nil {
		return fmt.Errorf("install release %s: %w", r.Version, err)
	}
	if !ok {
		return fmt.Errorf("install release %s: %w", r.Version, errLost)
	}
	file, err := os.Open(f.path(r))
	if err != nil {
		return fmt.Errorf("install release %s: %w: %w", r.Version, errLost, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	m, image, err := updates.ReadRelease(bufio.NewReader(file))
	if err == nil && m.About != r.About {
		err = errors.New("its manifest says another thing than its signed metadata")
	}
	if err != nil {
		return &slots.Refusal{Why: slots.WhyMetadata, Reason: fmt.Sprintf("release %s: %v", r.Version, err)}
	}
	if err := card.Write(ctx, slot, image, r.ImageSize, r.ImageSHA256); err != nil {
		return fmt.Errorf("install release %s: %w", r.Version, err)
	}
	return nil
}
