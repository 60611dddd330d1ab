package tillcmd

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"till/boards"
	"till/boards/card"
	"till/boards/piboot"
	"till/store"
	"till/sync/wire/updates"
)

// releaseCommand is till release: it makes a release file of a card's image,
// for till-cloud release add to sign.
func releaseCommand(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("till release", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	image := flags.String("image", "", "`file` of a card's image, by till image")
	board := flags.String("board", "", "`name` of the board")
	version := flags.String("version", Version, "`version`, as v1.2.3: the one of the till in the image")
	schema := flags.Int("schema", store.Schema, "the store's layout that the till in the image writes")
	reads := flags.Int("reads", store.Schema, "the oldest layout that it reads")
	oneWay := flags.Bool("one-way", false, "no earlier release reads what it wrote")
	out := flags.String("o", "", "`file` to write")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till release: %w; see till help", err)
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("till release: unexpected argument %.40q; see till help", flags.Arg(0))
	case *image == "" || *board == "" || *out == "":
		return errors.New("till release: say of which image, for which board, and where to: till release -image till-pi3b.img -board pi3b -version v1.2.3 -o FILE")
	case !semver.IsValid(*version) || semver.Canonical(*version) != *version:
		return fmt.Errorf("till release: version %.40q has not the form v1.2.3; name the version of the till in the image with -version", *version)
	}
	m := updates.Manifest{About: updates.About{Version: *version, Board: *board, Schema: *schema, Reads: *reads, OneWay: *oneWay}}
	size, err := makeRelease(ctx, *image, *out, m)
	if err != nil {
		return fmt.Errorf("till release: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s: till %s for %s, %.1f MiB. till-cloud release add signs it.\n", *out, *version, *board, float64(size)/(1<<20))
	return err
}

// makeRelease takes slot A out of an image.
func makeRelease(ctx context.Context, image, out string, m updates.Manifest) (size int64, err error) {
	b, err := boards.ByName(m.Board)
	if err != nil {
		return 0, err
	}
	i, err := card.OpenImage(image)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, i.Close()) }()
	if err := checkImage(i, b, m.Version); err != nil {
		return 0, fmt.Errorf("%s: %w", image, err)
	}
	if m.Files, err = slotFiles(i); err != nil {
		return 0, err
	}
	slot, err := i.Partition(piboot.SlotA)
	if err != nil {
		return 0, err
	}
	sum := sha256.New()
	if m.ImageSize, err = io.Copy(sum, interruptible{ctx, slot}); err != nil {
		return 0, err
	}
	m.ImageSHA256 = hex.EncodeToString(sum.Sum(nil))
	if _, err := slot.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	err = writeNew(out, func(f *os.File) error {
		if err := updates.WriteRelease(f, m, interruptible{ctx, slot}); err != nil {
			return err
		}
		size, err = f.Seek(0, io.SeekCurrent)
		return err
	})
	return size, err
}

// interruptible ends a read when its context does.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (i interruptible) Read(b []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, context.Cause(i.ctx)
	}
	return i.Reader.Read(b)
}

// maxInitramfs bounds what is unpacked to look for the version, in bytes.
const maxInitramfs = 256 << 20

// checkImage boots the image as the board's firmware would, and looks for the
// version in its till: a release that says another thing than its till would be
// tried, and tried again.
func checkImage(i *card.Image, b boards.Board, version string) error {
	start, err := i.Boot(b, false)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(start.Initramfs))
	if err != nil {
		return fmt.Errorf("unpack its initramfs: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxInitramfs))
	if err != nil {
		return fmt.Errorf("unpack its initramfs: %w", err)
	}
	if !bytes.Contains(raw, []byte(version)) {
		return fmt.Errorf("the till in it is not %s: build it so (git tag %s; make image)", version, version)
	}
	return nil
}

func slotFiles(i *card.Image) ([]updates.File, error) {
	files, err := i.Files(piboot.SlotA)
	if err != nil {
		return nil, err
	}
	var all []updates.File
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		all = append(all, updates.File{Name: name, Size: int64(len(raw)), SHA256: hex.EncodeToString(sum[:])})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the slot's files: %w", err)
	}
	slices.SortFunc(all, func(a, b updates.File) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
