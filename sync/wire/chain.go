package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"till/payment"
)

// Hash is a link of the journal's chain: SHA-256.
type Hash [sha256.Size]byte

// MarshalText writes the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) || len(text)%2 != 0 {
		return fmt.Errorf("hash of %d characters, want %d", len(text), hex.EncodedLen(len(h)))
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return fmt.Errorf("hash: %w", err)
	}
	return nil
}

// Record is one event in a terminal's journal. Hash covers the record and,
// through the hash before it, all the journal so far.
type Record struct {
	Seq uint64 `json:"seq"` // from 1, without a gap
	payment.Stamp
	Body json.RawMessage `json:"body"` // a payment.Event, the very bytes that were hashed
	Hash Hash            `json:"hash"`
}

// ErrChain is wrapped where a record does not follow from the one before it:
// one is missing, altered, or of another journal.
var ErrChain = errors.New("journal chain broken")

// Genesis is the hash before the first record of a journal.
func Genesis(terminal string, epoch uint32) Hash {
	h := sha256.New()
	h.Write([]byte("till journal 1\x00" + terminal + "\x00")) // hash.Hash never fails
	_ = binary.Write(h, binary.BigEndian, epoch)              // nor does writing to one
	return Hash(h.Sum(nil))
}

// NewRecord makes the record of an event that follows the record with hash prev.
func NewRecord(prev Hash, seq uint64, stamp payment.Stamp, event payment.Event) (Record, error) {
	body, err := json.Marshal(event)
	if err != nil {
		return Record{}, fmt.Errorf("encode event %s: %w", event.Kind, err)
	}
	r := Record{Seq: seq, Stamp: stamp, Body: body}
	r.Hash = r.link(prev)
	return r, nil
}

// Follows checks that r is the record after the one with hash prev and sequence
// seq-1, unaltered.
func (r Record) Follows(prev Hash, seq uint64) error {
	if r.Seq != seq {
		return fmt.Errorf("%w: record %d where %d is due", ErrChain, r.Seq, seq)
	}
	if at := r.Time; !at.IsZero() && (at.UnixMilli() == 0 || !at.Equal(time.UnixMilli(at.UnixMilli()))) {
		return fmt.Errorf("%w: the time of record %d is not in whole milliseconds, which are what is hashed", ErrChain, r.Seq)
	}
	if r.link(prev) != r.Hash {
		return fmt.Errorf("%w: the hash of record %d does not fit", ErrChain, r.Seq)
	}
	return nil
}

// link is SHA-256 over the previous hash, the fixed-size numbers big-endian, and
// the two texts with their lengths. An unknown time counts as zero milliseconds.
func (r Record) link(prev Hash) Hash {
	buf := make([]byte, 0, len(prev)+8*3+4*2+len(r.Boot)+len(r.Body))
	buf = append(buf, prev[:]...)
	buf = binary.BigEndian.AppendUint64(buf, r.Seq)
	buf = binary.BigEndian.AppendUint64(buf, uint64(r.Mono))
	var ms int64
	if !r.Time.IsZero() {
		ms = r.Time.UnixMilli()
	}
	buf = binary.BigEndian.AppendUint64(buf, uint64(ms))
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(r.Boot)))
	buf = append(buf, r.Boot...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(r.Body)))
	buf = append(buf, r.Body...)
	return sha256.Sum256(buf)
}

// Event is the event that the record keeps.
func (r Record) Event() (payment.Event, error) {
	var e payment.Event
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return e, fmt.Errorf("decode record %d: %w", r.Seq, err)
	}
	return e, nil
}
