package identity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"till/durable"
)

// Disk is one folder, as far as an identity needs it. Each call is one step that
// power can go after; what is durable when is said with each.
type Disk interface {
	// Names lists the files.
	Names() ([]string, error)
	Read(name string) ([]byte, error)
	// Write makes or overwrites a file that nobody else may read. Neither its
	// bytes nor its name are durable yet.
	Write(name string, data []byte) error
	// Sync makes a file's bytes durable.
	Sync(name string) error
	// Rename puts a file in another's place at once. It is durable after SyncNames.
	Rename(from, to string) error
	Remove(name string) error
	// SyncNames makes it durable which files there are.
	SyncNames() error
}

// put replaces a file whole: whenever power goes, there is the old or the new.
func put(d Disk, name string, data []byte) error {
	half := name + halfMade
	steps := []func() error{
		func() error { return d.Write(half, data) },
		func() error { return d.Sync(half) },
		func() error { return d.Rename(half, name) },
		d.SyncNames,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("keep %s: %w; is the card full or read-only?", name, err)
		}
	}
	return nil
}

// halfMade ends the name of a file that is being written.
const halfMade = ".tmp"

// folder is a Disk of this machine's.
type folder string

var _ Disk = folder("")

// OpenFolder is a folder of this machine's, which is made if it is not there.
func OpenFolder(path string) (Disk, error) {
	if err := durable.MakeFolder(path); err != nil {
		return nil, fmt.Errorf("make the identity's folder: %w", err)
	}
	return folder(path), nil
}

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

func (f folder) Names() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (f folder) Read(name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

func (f folder) Write(name string, data []byte) error {
	return os.WriteFile(f.path(name), data, 0o600)
}

func (f folder) Sync(name string) error {
	file, err := os.OpenFile(f.path(name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func (f folder) Rename(from, to string) error { return os.Rename(f.path(from), f.path(to)) }

func (f folder) Remove(name string) error { return os.Remove(f.path(name)) }

func (f folder) SyncNames() error { return durable.SyncFolder(string(f)) }
