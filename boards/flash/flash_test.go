package flash_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"till/boards/flash"
)

const size = 21<<20 + 512 // no whole number of blocks

func image() []byte {
	b := make([]byte, size)
	for i := 0; i < len(b); i += 64 {
		b[i] = byte(i>>14 + i>>6) // every block another
	}
	copy(b[510:], "\x55\xaa")
	return b
}

func TestVerified(t *testing.T) {
	from, to := image(), flash.NewFake(size+100)
	var seen []flash.Progress
	sum, err := flash.Write(context.Background(), bytes.NewReader(from), size, to, func(p flash.Progress) { seen = append(seen, p) })
	if want := fmt.Sprintf("%x", sha256.Sum256(from)); err != nil || sum != want {
		t.Fatalf("%q, %v, want %s", sum, err, want)
	}
	if got := to.Medium(); !bytes.Equal(got[:size], from) || got[size] != 0xa5 {
		t.Error("the medium holds something else than the image, or more")
	}
	writes := to.Writes()
	if last := writes[len(writes)-1]; last != 0 {
		t.Errorf("the last write was at %d, not of the partition table", last)
	}
	if to.Syncs() < 3 {
		t.Errorf("%d syncs: all waits in memory to the end", to.Syncs())
	}
	phase, done := "", int64(-1)
	for _, p := range seen {
		if p.Phase != phase {
			phase, done = p.Phase, -1
		}
		if p.Done <= done || p.Done > p.Total || p.Total != size {
			t.Errorf("after %d: %+v", done, p)
		}
		done = p.Done
	}
	if phase != flash.Verifying || done != size {
		t.Errorf("the last word was %s %d", phase, done)
	}
}

// TestFaults has every way that a write ends badly, and the word for it.
func TestFaults(t *testing.T) {
	interrupt := errors.New("somebody pressed ctrl-C")
	fail := func(op string, n int, err error) func(*flash.Fake, func(error)) {
		return func(d *flash.Fake, _ func(error)) {
			d.Fault = func(o string, _ int64) error {
				if o != op {
					return nil
				}
				if n--; n >= 0 {
					return nil
				}
				return err
			}
		}
	}
	spoil := func(at int64) func(*flash.Fake, func(error)) {
		return func(d *flash.Fake, _ func(error)) {
			d.Spoil = func(p []byte, from int64) {
				if at >= from && at < from+int64(len(p)) {
					p[at-from] ^= 1
				}
			}
		}
	}
	stop := func(op string, n int) func(*flash.Fake, func(error)) {
		return func(d *flash.Fake, cancel func(error)) {
			d.Fault = func(o string, _ int64) error {
				if n -= map[bool]int{true: 1}[o == op]; n < 0 {
					cancel(interrupt)
				}
				return nil
			}
		}
	}
	for name, c := range map[string]struct {
		disk, image int64
		do          func(*flash.Fake, func(error))
		want        error
		says        string
		boots       bool // the medium has a partition table
	}{
		"too small":               {disk: size - 1, want: flash.ErrTooSmall, says: "21.0 MiB"},
		"truncated":               {image: size - 513, want: flash.ErrTruncated, says: "truncated"},
		"interrupted":             {do: stop("write", 4), want: flash.ErrInterrupted, says: "write it again"},
		"interrupted, verifying":  {do: stop("read", 4), want: flash.ErrInterrupted, boots: true},
		"vanished":                {do: fail("write", 4, syscall.ENXIO), want: flash.ErrVanished, says: "vanished while it was written"},
		"vanished at a sync":      {do: fail("sync", 1, syscall.ENODEV), want: flash.ErrVanished},
		"vanished at the end":     {do: fail("sync", 2, syscall.ENXIO), want: flash.ErrVanished},
		"vanished, verifying":     {do: fail("read", 0, syscall.ENXIO), want: flash.ErrVanished, boots: true},
		"fails":                   {do: fail("write", 2, syscall.EIO), want: flash.ErrFailed, says: "another reader"},
		"a full file system":      {do: fail("write", 2, syscall.ENOSPC), want: flash.ErrTooSmall},
		"cannot be read back":     {do: fail("forget", 0, syscall.EPERM), want: syscall.EPERM, says: "cached", boots: true},
		"ends early":              {do: fail("read", 3, io.EOF), want: flash.ErrDiffers, says: "12 MiB", boots: true},
		"one bit":                 {do: spoil(20<<20 + 7), want: flash.ErrDiffers, says: "read back at 20 MiB", boots: true},
		"a bit of the last block": {do: spoil(size - 1), want: flash.ErrDiffers, says: "take another", boots: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.disk == 0 {
				c.disk = size
			}
			if c.image == 0 {
				c.image = size
			}
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			d := flash.NewFake(c.disk)
			if c.do != nil {
				c.do(d, cancel)
			}
			_, err := flash.Write(ctx, bytes.NewReader(image()[:c.image]), size, d, nil)
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("%v\nwant %v, with %q", err, c.want, c.says)
			}
			if boots := bytes.Equal(d.Medium()[510:512], []byte("\x55\xaa")); boots != c.boots {
				t.Errorf("the medium has a partition table: %v", boots)
			}
			if errors.Is(c.want, flash.ErrTooSmall) && c.disk < size && len(d.Writes()) > 0 {
				t.Error("it was written to")
			}
		})
	}
}

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// 4 MiB a second.
		d := flash.NewFake(40 << 20)
		d.Fault = func(op string, _ int64) error {
			if op == "write" {
				time.Sleep(time.Second)
			}
			return nil
		}
		var lines []string
		if _, err := flash.Write(context.Background(), bytes.NewReader(make([]byte, 40<<20)), 40<<20, d,
			func(p flash.Progress) { lines = append(lines, p.String()) }); err != nil {
			t.Fatal(err)
		}
		for i, want := range map[int]string{
			0:  "writing   [................]   0%  0 MiB of 40 MiB",
			5:  "writing   [########........]  50%  20 MiB of 40 MiB  4.0 MiB/s  5 s left",
			10: "writing   [################] 100%  40 MiB of 40 MiB  4.0 MiB/s",
		} {
			if lines[i] != want {
				t.Errorf("%d: %q\nwant %q", i, lines[i], want)
			}
		}
	})
	long := flash.Progress{Phase: flash.Verifying, Done: 1 << 20, Total: 188 << 20, Took: 2 * time.Second}.String()
	if !strings.Contains(long, "6:14 min left") || len(long) > 80 {
		t.Errorf("%d characters: %q", len(long), long)
	}
}
