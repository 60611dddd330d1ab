package pi

import (
	"fmt"
	"io"
	"io/fs"
)

// File is an entry of an initramfs.
type File struct {
	Name string // without a slash in front; folders come before what is in them
	Mode fs.FileMode
	Data []byte
	// Major and Minor are those of a device (ModeDevice).
	Major, Minor uint32
}

// Nodes are what a kernel wants in every initramfs: without a console and a
// null device a Go program ends as it begins.
func Nodes() []File {
	return []File{
		{Name: "dev", Mode: fs.ModeDir | 0o755},
		{Name: "dev/console", Mode: fs.ModeDevice | fs.ModeCharDevice | 0o600, Major: 5, Minor: 1},
		{Name: "dev/null", Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666, Major: 1, Minor: 3},
	}
}

// WriteInitrd writes files as an archive that the kernel unpacks: cpio in its
// "newc" form. Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
// Not compressed, it is unpacked soonest.
func WriteInitrd(w io.Writer, files []File) error {
	at := int64(0)
	write := func(b []byte) error {
		n, err := w.Write(b)
		at += int64(n)
		return err
	}
	pad := func() error { return write(make([]byte, (4-at%4)%4)) }
	for i, f := range append(append([]File(nil), files...), File{Name: "TRAILER!!!"}) {
		links := 1
		if f.Mode.IsDir() {
			links = 2
		}
		header := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
			i+1, unixMode(f.Mode), 0, 0, links, 0, len(f.Data), 0, 0, f.Major, f.Minor, len(f.Name)+1, 0)
		for _, step := range []func() error{
			func() error { return write([]byte(header + f.Name + "\x00")) }, pad,
			func() error { return write(f.Data) }, pad,
		} {
			if err := step(); err != nil {
				return fmt.Errorf("write %s to the initramfs: %w", f.Name, err)
			}
		}
	}
	return nil
}

// unixMode is the mode as stat(2) has it.
func unixMode(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	switch {
	case m.IsDir():
		return bits | 0o040000
	case m&fs.ModeCharDevice != 0:
		return bits | 0o020000
	case m&fs.ModeSymlink != 0:
		return bits | 0o120000
	case m == 0: // the trailer
		return 0
	default:
		return bits | 0o100000
	}
}
