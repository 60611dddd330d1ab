package slots

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"till/durable"
)

// recordFile holds the Record, in the folder for updates.
const recordFile = "update.json"

// maxRecord bounds it, in bytes.
const maxRecord = 64 << 10

// envelope tells a record that was kept from one that was not written whole.
type envelope struct {
	Sum    uint32          `json:"crc32c"` // of the bytes of Record
	Record json.RawMessage `json:"record"`
}

// EncodeRecord is the file that DecodeRecord reads.
func EncodeRecord(r Record) ([]byte, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the update's record: %w", err)
	}
	return json.Marshal(envelope{crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)), raw})
}

// DecodeRecord reads what EncodeRecord made, and nothing else.
func DecodeRecord(b []byte) (Record, error) {
	if len(b) > maxRecord {
		return Record{}, fmt.Errorf("decode the update's record: more than %d bytes", maxRecord)
	}
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Record{}, fmt.Errorf("decode the update's record: %w", err)
	}
	if crc32.Checksum(e.Record, crc32.MakeTable(crc32.Castagnoli)) != e.Sum {
		return Record{}, errors.New("decode the update's record: its checksum does not fit")
	}
	var r Record
	if err := json.Unmarshal(e.Record, &r); err != nil {
		return Record{}, fmt.Errorf("decode the update's record: %w", err)
	}
	return r, nil
}

// Load reads the record kept in a folder; none is no error. With an error comes
// the empty record, which serves: an update under way is begun again, and the
// system that boots stays the one that boots.
func Load(dir string) (Record, error) {
	f, err := os.Open(filepath.Join(dir, recordFile))
	if errors.Is(err, os.ErrNotExist) {
		return Record{}, nil
	}
	if err != nil {
		return Record{}, fmt.Errorf("read the update's record: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err != nil {
		return Record{}, fmt.Errorf("read the update's record: %w", err)
	}
	return DecodeRecord(b)
}

// Keep makes the record durable in a folder: when it returns, Load reads this
// one; before, the one before.
func Keep(dir string, r Record) error {
	b, err := EncodeRecord(r)
	if err != nil {
		return err
	}
	if err := durable.Write(filepath.Join(dir, recordFile), b, 0o600); err != nil {
		return fmt.Errorf("keep the update's record: %w", err)
	}
	return nil
}
