package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"till/payment"
	"till/sync/wire"
)

// Schema is the version of the layout in doc.go that this program writes and reads.
const Schema = schema

// schema is the version of the layout in doc.go that this program writes.
const schema = 1

var (
	headerBucket  = []byte("header")
	stateBucket   = []byte("state")
	recordsBucket = []byte("records")
	liveBucket    = []byte("live")
	salesBucket   = []byte("sales")
	carriedBucket = []byte("carried")
	counterBucket = []byte("drawer") // as it began; missing in segments made before there were shifts

	headerKey  = []byte("header")
	stateKey   = []byte("state")
	counterKey = []byte("drawer")
)

// segmentHeader is written once, when the segment is made.
type segmentHeader struct {
	Schema   int             `json:"schema"`
	Terminal string          `json:"terminal"`
	Epoch    uint32          `json:"epoch"`
	First    uint64          `json:"first"`
	Before   facts           `json:"before"`            // the state before the first record
	Counter  payment.Counter `json:"drawer,omitzero"`   // before the first record
	Earlier  []uint64        `json:"earlier,omitempty"` // first sequences of the earlier segments, ascending
}

// facts are the small things that every commit rewrites.
type facts struct {
	Last    uint64         `json:"last"`
	Hash    wire.Hash      `json:"hash"` // of record Last; of the genesis if Last is 0
	Receipt uint64         `json:"receipt"`
	Acked   uint64         `json:"acked"`
	Newest  payment.SaleID `json:"newest,omitempty"`
}

// kept is a sale with the sequence of the record that began it.
type kept struct {
	Born uint64       `json:"born"`
	Sale payment.Sale `json:"sale"`
}

const (
	segmentPrefix = "journal-"
	segmentSuffix = ".bolt"
	halfMade      = ".new" // after segmentSuffix
)

func segmentName(epoch uint32, first uint64) string {
	return fmt.Sprintf("%s%05d-%012d%s", segmentPrefix, epoch, first, segmentSuffix)
}

// parseSegmentName reads what segmentName made, and nothing else.
func parseSegmentName(name string) (epoch uint32, first uint64, ok bool) {
	rest, ok := strings.CutPrefix(name, segmentPrefix)
	if !ok {
		return 0, 0, false
	}
	if _, err := fmt.Sscanf(rest, "%d-%d"+segmentSuffix, &epoch, &first); err != nil {
		return 0, 0, false
	}
	return epoch, first, first > 0 && name == segmentName(epoch, first)
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

var errRecord = errors.New("record cannot be read")

// encodeRecord is the stored form of a record; its sequence is the key.
//
//	hash (32) · monotonic time, varint ns · time, varint ms (0: unknown) ·
//	length of boot, uvarint · boot · body to the end
func encodeRecord(r wire.Record) []byte {
	b := make([]byte, 0, len(r.Hash)+24+len(r.Boot)+len(r.Body))
	b = append(b, r.Hash[:]...)
	b = binary.AppendVarint(b, int64(r.Mono))
	var ms int64
	if !r.Time.IsZero() {
		ms = r.Time.UnixMilli()
	}
	b = binary.AppendVarint(b, ms)
	b = binary.AppendUvarint(b, uint64(len(r.Boot)))
	b = append(b, r.Boot...)
	return append(b, r.Body...)
}

// decodeRecord copies everything out of b, which may be a mapped page.
func decodeRecord(key, b []byte) (wire.Record, error) {
	var r wire.Record
	if len(key) != 8 || len(b) < len(r.Hash) {
		return r, errRecord
	}
	r.Seq = binary.BigEndian.Uint64(key)
	b = b[copy(r.Hash[:], b):]
	mono, n := binary.Varint(b)
	if n <= 0 {
		return r, errRecord
	}
	b = b[n:]
	ms, n := binary.Varint(b)
	if n <= 0 {
		return r, errRecord
	}
	b = b[n:]
	boot, n := binary.Uvarint(b)
	if n <= 0 || boot > uint64(len(b)-n) {
		return r, errRecord
	}
	b = b[n:]
	r.Mono = time.Duration(mono)
	if ms != 0 {
		r.Time = time.UnixMilli(ms).UTC()
	}
	r.Boot = string(b[:boot])
	r.Body = json.RawMessage(append([]byte(nil), b[boot:]...))
	return r, nil
}

// protect puts a checksum (CRC-32C, 4 bytes big-endian) before a value that no
// hash covers, so that a turned bit is not taken for a fact.
func protect(value []byte) []byte {
	sum := crc32.Checksum(value, crc32.MakeTable(crc32.Castagnoli))
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), sum), value...)
}

var errChecksum = errors.New("checksum does not fit")

// unprotect is what protect was given. It does not copy.
func unprotect(b []byte) ([]byte, error) {
	if len(b) < 4 || crc32.Checksum(b[4:], crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(b) {
		return nil, errChecksum
	}
	return b[4:], nil
}

func encodeJSON(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return protect(text), err
}

func decodeJSON(b []byte, v any) error {
	text, err := unprotect(b)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// seqListFormat begins the value of an index entry: a format byte, then the first
// sequence and the steps to the following ones as uvarints.
const seqListFormat = 1

func decodeSeqs(b []byte) ([]uint64, error) {
	b, err := unprotect(b)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 || b[0] != seqListFormat {
		return nil, errors.New("index entry cannot be read")
	}
	var seqs []uint64
	var last uint64
	for b = b[1:]; len(b) > 0; {
		step, n := binary.Uvarint(b)
		if n <= 0 || step == 0 {
			return nil, errors.New("index entry cannot be read")
		}
		last += step
		seqs = append(seqs, last)
		b = b[n:]
	}
	return seqs, nil
}

func encodeSeqs(seqs []uint64) []byte {
	b := []byte{seqListFormat}
	var last uint64
	for _, seq := range seqs {
		b = binary.AppendUvarint(b, seq-last)
		last = seq
	}
	return protect(b)
}

const (
	// maxBoot bounds a boot id, in bytes.
	maxBoot = 64
	// recordFrame is more than a record's JSON takes besides boot and body, with
	// its comma: two numbers of 20 digits, a time of 24, a hash of 64, the names.
	recordFrame = 192
	// maxRecord leaves an upload room for one record at least, whatever is in it:
	// one that cannot be sent would hold up the queue for ever.
	maxRecord = wire.MaxMessage / 2
)

// recordSize is at least what a record takes in an upload, in bytes.
func recordSize(r wire.Record) int { return recordFrame + len(r.Boot) + len(r.Body) }

// cleanStamp is the stamp as it will be read again: UTC, milliseconds. It refuses
// what would not survive the wire unaltered, since its hash would not fit there.
func cleanStamp(s payment.Stamp) (payment.Stamp, error) {
	if len(s.Boot) > maxBoot {
		return s, fmt.Errorf("%w: boot id of %d bytes, at most %d", payment.ErrImpossible, len(s.Boot), maxBoot)
	}
	for _, c := range []byte(s.Boot) {
		if c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			return s, fmt.Errorf("%w: boot id %q", payment.ErrImpossible, s.Boot)
		}
	}
	if s.Time.IsZero() {
		s.Time = time.Time{}
		return s, nil
	}
	s.Time = s.Time.UTC().Truncate(time.Millisecond)
	if s.Time.UnixMilli() <= 0 || s.Time.Year() > 9999 {
		return s, fmt.Errorf("%w: time %s", payment.ErrImpossible, s.Time)
	}
	return s, nil
}
