package tillcmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	link "till/sync"
	"till/sync/wire"
)

// commandFile keeps the newest command from afar and its result, in a data folder.
type commandFile struct{ dir string }

const commandFileName = "command.json"

// maxCommandFile bounds the file, in bytes: a result and a little.
const maxCommandFile = wire.MaxMessage + 1<<10

// Keep writes a new file in the old one's place: a power cut leaves one of them whole.
func (f commandFile) Keep(k link.Kept) (err error) {
	raw, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	path := filepath.Join(f.dir, commandFileName)
	if err := writeDurably(path+".new", raw); err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	folder, err := os.Open(f.dir)
	if err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	return nil
}

func writeDurably(path string, raw []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	return errors.Join(err, file.Sync(), file.Close())
}

// load is what was kept; nothing where there is no file. A file that cannot be
// read is an error: a command might be done twice without it.
func (f commandFile) load() (link.Kept, error) {
	var k link.Kept
	file, err := os.Open(filepath.Join(f.dir, commandFileName))
	if errors.Is(err, os.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, fmt.Errorf("read the newest command: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(file, maxCommandFile+1))
	if err != nil {
		return k, fmt.Errorf("read the newest command: %w", err)
	}
	if len(raw) > maxCommandFile {
		return k, fmt.Errorf("read the newest command: %s has more than %d bytes", file.Name(), maxCommandFile)
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return link.Kept{}, fmt.Errorf("read the newest command: %s: %w", file.Name(), err)
	}
	return k, nil
}
