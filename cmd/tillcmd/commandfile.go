package tillcmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"till/durable"
	link "till/sync"
	"till/sync/wire"
)

// commandFile keeps the newest command from afar and its result, in a data folder.
type commandFile struct{ dir string }

const commandFileName = "command.json"

// maxCommandFile bounds the file, in bytes: a result and a little.
const maxCommandFile = wire.MaxMessage + 1<<10

// Keep writes a new file in the old one's place: a power cut leaves one of them whole.
func (f commandFile) Keep(k link.Kept) error {
	raw, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	if err := durable.Write(filepath.Join(f.dir, commandFileName), raw, 0o600); err != nil {
		return fmt.Errorf("keep command %d: %w", k.Command, err)
	}
	return nil
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
