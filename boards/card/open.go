package card

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"till/boards"
	"till/boards/card/fat"
	"till/boards/piboot"
)

// Image is an image, or a card, opened for reading.
type Image struct {
	io.ReaderAt
	Size  int64 // bytes
	parts [4]piboot.Extent
	close func() error
}

// OpenImage opens the image in a file. Close it after use.
func OpenImage(name string) (*Image, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open an image: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd) // a device's size too, which its FileInfo does not say
	var i *Image
	if err == nil {
		i, err = NewImage(f, size)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open image %s: %w", name, err), f.Close())
	}
	i.close = f.Close
	return i, nil
}

// NewImage reads the partition table of an image of size bytes.
func NewImage(r io.ReaderAt, size int64) (*Image, error) {
	parts, err := piboot.Partitions(r)
	if err != nil {
		return nil, err
	}
	for n, p := range parts {
		if p.Size == 0 || p.Offset+p.Size > size {
			return nil, fmt.Errorf("partition %d ends at %d, the image at %d: it is no card of till's, or truncated", n+1, p.Offset+p.Size, size)
		}
	}
	return &Image{ReaderAt: r, Size: size, parts: parts, close: func() error { return nil }}, nil
}

// Close closes the file it was opened from.
func (i *Image) Close() error { return i.close() }

// Partition is one of the four, 1 to 4.
func (i *Image) Partition(n int) (*io.SectionReader, error) {
	if n < 1 || n > len(i.parts) {
		return nil, fmt.Errorf("there is no partition %d", n)
	}
	p := i.parts[n-1]
	return io.NewSectionReader(i, p.Offset, p.Size), nil
}

// Files are those of partition 1, 2 or 3.
func (i *Image) Files(n int) (*fat.FS, error) {
	p, err := i.Partition(n)
	if err != nil {
		return nil, err
	}
	f, err := fat.Open(p, p.Size())
	if err != nil {
		return nil, fmt.Errorf("partition %d: %w", n, err)
	}
	return f, nil
}

// Start is what a board's firmware hands to the kernel.
type Start struct {
	Partition   int
	Files       *fat.FS // of that partition
	Kernel      []byte
	Initramfs   []byte
	CommandLine string
}

// Boot plays the board's firmware: which partition it boots, and what it takes
// out of it. tryboot is the one-shot flag of a restart with "0 tryboot". The
// device tree is one of board.Tree.Blobs, in Files.
func (i *Image) Boot(board boards.Board, tryboot bool) (Start, error) {
	choice, err := piboot.Boot(i, Needs(board), tryboot)
	if err != nil {
		return Start{}, err
	}
	s := Start{Partition: choice.Partition}
	if s.Files, err = i.Files(s.Partition); err != nil {
		return s, err
	}
	if s.Kernel, err = s.Files.ReadFile(choice.Kernel); err != nil {
		return s, err
	}
	if choice.Initramfs != "" {
		if s.Initramfs, err = s.Files.ReadFile(choice.Initramfs); err != nil {
			return s, err
		}
	}
	line, err := s.Files.ReadFile(cmdlineFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	s.CommandLine = firstLine(line)
	return s, nil
}

func firstLine(b []byte) string {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			return string(b[:i])
		}
	}
	return string(b)
}

// Needs is what the board's firmware looks for. Of the device trees it is the
// one of the very board that is plugged in, so all of them have to be there.
func Needs(board boards.Board) piboot.Needs {
	return piboot.Needs{
		First: board.Image.First,
		Slot:  append(append([]string{}, board.Image.Slot...), board.Tree.Blobs...),
	}
}
