package card

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"

	"till/boards/card/fat"
	"till/boards/piboot"
)

// MaxSite bounds SiteFile, in bytes; the system reads no more.
const MaxSite = 256 << 10

// WithSite is the same image with these settings of the site, without writing
// to it: partition 1 is made anew, all else is read through.
func (i *Image) WithSite(site []byte) (*Image, error) {
	if len(site) > MaxSite {
		return nil, fmt.Errorf("the site's settings have %d bytes, at most %d are read", len(site), MaxSite)
	}
	part := i.parts[piboot.BootPartition-1]
	if part.Size > 64*mib {
		return nil, fmt.Errorf("the first partition has %d bytes: it is no card of till's", part.Size)
	}
	old, err := i.Files(piboot.BootPartition)
	if err != nil {
		return nil, err
	}
	var files []fat.File
	err = fs.WalkDir(old, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == SiteFile {
			return err
		}
		data, err := old.ReadFile(name)
		files = append(files, fat.File{Name: name, Data: data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the first partition: %w", err)
	}
	v := firstVolume(append(files, fat.File{Name: SiteFile, Data: site}))
	v.Size = part.Size
	b := buffer(make([]byte, part.Size))
	if err := v.Write(b); err != nil {
		return nil, err
	}
	with := *i
	with.ReaderAt = &patched{base: i.ReaderAt, at: part.Offset, patch: b}
	return &with, nil
}

// buffer is a writer into memory.
type buffer []byte

func (b buffer) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(p)) > int64(len(b)) {
		return 0, io.ErrShortWrite
	}
	return copy(b[at:], p), nil
}

// patched reads patch where it lies, and base everywhere else.
type patched struct {
	base  io.ReaderAt
	at    int64
	patch []byte
}

func (p *patched) ReadAt(b []byte, at int64) (int, error) {
	end := p.at + int64(len(p.patch))
	done := 0
	for done < len(b) {
		from, part := at+int64(done), b[done:]
		var n int
		var err error
		switch {
		case from < p.at:
			n, err = p.base.ReadAt(part[:min(int64(len(part)), p.at-from)], from)
		case from < end:
			n, err = bytes.NewReader(p.patch).ReadAt(part[:min(int64(len(part)), end-from)], from-p.at)
		default:
			n, err = p.base.ReadAt(part, from)
		}
		if done += n; n == 0 || err != nil && done < len(b) {
			return done, err
		}
	}
	return done, nil
}
