package updates

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is the version of a release file's form.
const Format = 1

// Manifest is the first line of a release file, as JSON. The rest of the file is
// the slot's file system, as gzip.
type Manifest struct {
	Release int `json:"till_release"` // Format
	About
	// Files are what is in the slot, for people: what counts is the image as a whole.
	Files []File `json:"files"`
}

// File is one file of a slot.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// maxManifest bounds the first line, in bytes.
const maxManifest = 64 << 10

// WriteRelease writes a release file: the same bytes for the same image.
func WriteRelease(w io.Writer, m Manifest, image io.Reader) error {
	m.Release = Format
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the release: %w", err)
	}
	if len(line) > maxManifest {
		return fmt.Errorf("write the release: its manifest has %d bytes, at most %d are allowed", len(line), maxManifest)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the release: %w", err)
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("write the release: %w", err)
	}
	if n, err := io.Copy(z, image); err != nil || n != m.ImageSize {
		return fmt.Errorf("write the release: %d bytes of an image of %d: %w", n, m.ImageSize, orShort(err))
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write the release: %w", err)
	}
	return nil
}

func orShort(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ReadRelease reads a release file's manifest; image is the file system in it.
// Nothing of either is to be trusted before the file's sum was compared.
func ReadRelease(r io.Reader) (m Manifest, image io.Reader, err error) {
	b := bufio.NewReaderSize(r, maxManifest+1)
	line, err := b.ReadSlice('\n')
	if err != nil {
		return m, nil, fmt.Errorf("read the release: no manifest: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimSuffix(line, []byte{'\n'}), &m); err != nil {
		return m, nil, fmt.Errorf("read the release: its manifest: %w", err)
	}
	if m.Release != Format {
		return m, nil, fmt.Errorf("read the release: it has form %d, this till reads %d", m.Release, Format)
	}
	if err := CheckSum(m.ImageSHA256); err != nil || m.ImageSize <= 0 {
		return m, nil, errors.New("read the release: its manifest says nothing of its image")
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return m, nil, fmt.Errorf("read the release: %w", err)
	}
	return m, z, nil
}
