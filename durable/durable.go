// Package durable makes files and folders that outlive a power cut: whoever reads
// a file then finds either what was there or all of what came.
package durable

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Write is os.WriteFile, with all of it durable when it returns. While it
// writes, there is path with .new at its end; what a power cut leaves of that
// is overwritten the next time.
func Write(path string, content []byte, mode os.FileMode) error {
	return WriteFrom(path, bytes.NewReader(content), mode)
}

// WriteFrom is Write of what a reader gives, to its end.
func WriteFrom(path string, content io.Reader, mode os.FileMode) error {
	half := path + ".new"
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		_ = os.Remove(half) // err says why it is of no use
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// MakeFolder makes a folder that only its owner reads, where there is none.
func MakeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(filepath.Clean(dir)))
}

// SyncFolder makes it durable which files a folder has: one that was made or
// renamed is not, before.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
