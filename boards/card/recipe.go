package card

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"till/boards"
	"till/boards/card/fat"
	"till/boards/piboot"
)

// Recipe is what an image is made of.
type Recipe struct {
	Board boards.Board
	// Blobs has the folders kernel and firmware, as scripts/fetch-blobs fills them.
	Blobs fs.FS
	// Till is the program, for linux/arm64 and static (see CheckProgram).
	Till    []byte
	Version string // of till, told in config.txt
	// Site is the text of SiteFile, nil for none.
	Site []byte
	// Roots are CA certificates (PEM) that the system trusts besides the
	// gateway's own, which enrolment brings; nil for none.
	Roots []byte
	// Trust is the root of trust for releases (till-cloud release root), which the
	// system finds at TrustFile; nil for none: it takes no updates.
	Trust []byte
	// Radio has the firmware of the board's radio, as linux-firmware's folder brcm; nil for none.
	Radio fs.FS
}

//go:embed data.ext4.gz
var dataImage []byte

// Write writes the image into w from offset 0, ImageSize bytes. w is zero
// before, as a new file is: most of an image is never written.
func (r *Recipe) Write(ctx context.Context, w io.WriterAt) error {
	if err := r.write(ctx, sparse{w}); err != nil {
		return fmt.Errorf("make an image for %s: %w", r.Board.Name, err)
	}
	return nil
}

func (r *Recipe) write(ctx context.Context, w io.WriterAt) error {
	first, err := r.First()
	if err != nil {
		return err
	}
	slot, err := r.Slot()
	if err != nil {
		return err
	}
	if _, err := w.WriteAt(partitionTable(), 0); err != nil {
		return fmt.Errorf("write the partition table: %w", err)
	}
	for _, p := range layout() {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		at := io.NewOffsetWriter(w, p.start)
		switch p.number {
		case piboot.BootPartition:
			err = first.Write(at)
		case piboot.SlotA, piboot.SlotB:
			err = slot.Write(at)
		case piboot.DataPartition:
			err = writeData(at)
		}
		if err != nil {
			return fmt.Errorf("partition %d: %w", p.number, err)
		}
	}
	return nil
}

// partitionTable is the card's first sector.
func partitionTable() []byte {
	sector := make([]byte, piboot.SectorSize)
	le := binary.LittleEndian
	le.PutUint32(sector[440:], diskID)
	for _, p := range layout() {
		e := sector[446+16*(p.number-1):]
		// Cylinders, heads and sectors cannot say where it is: the value for that.
		copy(e[1:], "\xfe\xff\xff")
		e[4] = p.kind
		copy(e[5:], "\xfe\xff\xff")
		le.PutUint32(e[8:], uint32(p.start/piboot.SectorSize))
		le.PutUint32(e[12:], uint32(p.size/piboot.SectorSize))
	}
	copy(sector[510:], "\x55\xaa")
	return sector
}

func writeData(w io.WriterAt) error {
	z, err := gzip.NewReader(bytes.NewReader(dataImage))
	if err != nil {
		return fmt.Errorf("unpack the data partition: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(z, dataSize+1))
	if err != nil {
		return fmt.Errorf("unpack the data partition: %w", err)
	}
	if len(data) != dataSize {
		return fmt.Errorf("the data partition has %d bytes, not %d", len(data), int64(dataSize))
	}
	_, err = w.WriteAt(data, 0)
	return err
}

// First is partition 1.
func (r *Recipe) First() (*fat.Volume, error) {
	files, err := r.firmware(r.Board.Image.First)
	if err != nil {
		return nil, err
	}
	files = append(files, fat.File{
		Name: piboot.AutobootFile,
		Data: piboot.Autoboot{Partition: piboot.SlotA, Try: piboot.SlotB, Whole: true}.Text(),
	})
	if r.Site != nil {
		files = append(files, fat.File{Name: SiteFile, Data: r.Site})
	}
	return firstVolume(files), nil
}

func firstVolume(files []fat.File) *fat.Volume {
	return &fat.Volume{Label: "TILL-BOOT", ID: firstID, Time: fixedTime(), Size: firstSize, Files: files}
}

// Slot is a slot: partition 2 and 3 hold the same, and an update is one too.
func (r *Recipe) Slot() (*fat.Volume, error) {
	if err := CheckProgram(r.Till); err != nil {
		return nil, err
	}
	files, err := r.firmware(r.Board.Image.Slot)
	if err != nil {
		return nil, err
	}
	if files, err = r.blob(files, "kernel/LICENSE.linux", "COPYING.linux"); err != nil {
		return nil, err
	}
	for _, name := range append([]string{kernelFile}, r.Board.Tree.Blobs...) {
		if files, err = r.blob(files, path.Join("kernel", name), name); err != nil {
			return nil, err
		}
	}
	for _, name := range r.Board.Image.Overlays {
		if files, err = r.blob(files, path.Join("kernel", overlayFolder, name), path.Join(overlayFolder, name)); err != nil {
			return nil, err
		}
	}
	initramfs, err := r.initramfs()
	if err != nil {
		return nil, err
	}
	files = append(files,
		fat.File{Name: initramfsFile, Data: initramfs},
		fat.File{Name: configFile, Data: r.config()},
		fat.File{Name: cmdlineFile, Data: []byte(commandLine + "\n")})
	return &fat.Volume{Label: "TILL", ID: slotID, Time: fixedTime(), Size: SlotSize, Files: files}, nil
}

// firmware are files of the firmware's folder. Its licence goes with them, as it asks.
func (r *Recipe) firmware(names []string) (files []fat.File, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	for _, name := range names {
		if files, err = r.blob(files, path.Join("firmware", name), name); err != nil {
			return nil, err
		}
	}
	return r.blob(files, "firmware/LICENSE.broadcom", "LICENCE.broadcom")
}

func (r *Recipe) blob(files []fat.File, from, to string) ([]fat.File, error) {
	data, err := fs.ReadFile(r.Blobs, from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: fill the folder with scripts/fetch-blobs", err)
	}
	if err != nil {
		return nil, err
	}
	return append(files, fat.File{Name: to, Data: data}), nil
}

// commandLine is the kernel's. Nothing of it depends on the board or the site:
// what does is in the device tree, or in SiteFile.
const commandLine = "rdinit=/init console=tty1" +
	" panic=10 oops=panic" + // seconds from a crash to the next try
	" loglevel=4 logo.nologo vt.global_cursor_default=0 consoleblank=0" + // the panel is the terminal's
	" spidev.bufsiz=65536" // a panel on SPI in fewer pieces

// watchdogSeconds is how long the kernel keeps the hardware's watchdog fed
// until till opens it: a system that hangs before that restarts, and so falls
// back to the other slot if it was on trial. A boot takes a third of it.
const watchdogSeconds = 60

// config is config.txt.
func (r *Recipe) config() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# till %s for %s. An update replaces this file;\n", printable(r.Version), r.Board.Name)
	fmt.Fprintf(&b, "# the site's settings are in %s on the first partition.\n", SiteFile)
	b.WriteString("arm_64bit=1\n")
	fmt.Fprintf(&b, "kernel=%s\n", kernelFile)
	fmt.Fprintf(&b, "initramfs %s followkernel\n", initramfsFile)
	b.WriteString("boot_delay=0\ndisable_splash=1\n")
	b.WriteString("dtparam=watchdog=on\n")
	fmt.Fprintf(&b, "kernel_watchdog_timeout=%d\n", watchdogSeconds)
	for _, line := range r.Board.Image.Config {
		b.WriteString(line + "\n")
	}
	return []byte(b.String())
}

// printable keeps a version from being more than a word in a comment.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' {
			return '_'
		}
		return c
	}, s[:min(len(s), 64)])
}

// sparse leaves out what is zero, so that a new file keeps its holes.
type sparse struct{ w io.WriterAt }

func (s sparse) WriteAt(p []byte, at int64) (int, error) {
	const block = 64 << 10
	zero := make([]byte, block)
	for done := 0; done < len(p); {
		part := p[done:min(done+block-int((at+int64(done))%block), len(p))]
		if !bytes.Equal(part, zero[:len(part)]) {
			if n, err := s.w.WriteAt(part, at+int64(done)); err != nil {
				return done + n, err
			}
		}
		done += len(part)
	}
	return len(p), nil
}
