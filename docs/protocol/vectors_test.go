package protocol_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"till/payment"
	"till/sync/wire"
)

// TestChain holds that the uploads among the examples are journals: each record
// follows from the one before, and each sale can be what the events make of it.
func TestChain(t *testing.T) {
	doc, _ := readDocument(t)
	terminal := doc.Components.Parameters["terminal"].Examples[0]
	type head struct {
		seq  uint64
		hash wire.Hash
	}
	heads := map[uint32]head{}
	sales := map[payment.SaleID]payment.Sale{}
	for _, example := range doc.Components.Messages["upload"].Examples {
		up, err := wire.Decode[wire.Upload](compact(t, example.Payload))
		if err != nil {
			t.Fatal(err)
		}
		at, ok := heads[up.Epoch]
		if !ok {
			at.hash = wire.Genesis(terminal, up.Epoch)
		}
		for _, r := range up.Records {
			if err := r.Follows(at.hash, at.seq+1); err != nil {
				t.Fatalf("%s: %v", example.Name, err)
			}
			at = head{r.Seq, r.Hash}
			e, err := r.Event()
			if err != nil {
				t.Fatal(err)
			}
			if e.Sale == "" {
				continue
			}
			if sales[e.Sale], err = sales[e.Sale].Apply(e, r.Stamp); err != nil {
				t.Errorf("%s, record %d: %v", example.Name, r.Seq, err)
			}
		}
		heads[up.Epoch] = at
	}
	if len(heads) < 2 || heads[1].seq < 10 {
		t.Errorf("the examples' journals are short: %+v", heads)
	}
}

func TestGenesis(t *testing.T) {
	doc, _ := readDocument(t)
	if len(doc.Vectors.Genesis) == 0 {
		t.Error("there are no vectors")
	}
	for _, v := range doc.Vectors.Genesis {
		if got := wire.Genesis(v.Terminal, v.Epoch); got != v.Hash {
			t.Errorf("genesis of %s, epoch %d, is %x", v.Terminal, v.Epoch, got)
		}
	}
}

// TestHashedBytes holds that the bytes written out give the hash, and that they
// are those of the first example's first record.
func TestHashedBytes(t *testing.T) {
	doc, _ := readDocument(t)
	hashed, err := hex.DecodeString(strings.ReplaceAll(doc.Vectors.Chain.Hashed, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := sha256.Sum256(hashed); got != doc.Vectors.Chain.Hash {
		t.Errorf("the hash of these bytes is %x", got)
	}
	up, err := wire.Decode[wire.Upload](compact(t, doc.Components.Messages["upload"].Examples[0].Payload))
	if err != nil {
		t.Fatal(err)
	}
	first := up.Records[0]
	if first.Hash != doc.Vectors.Chain.Hash {
		t.Errorf("the first record has the hash %x", first.Hash)
	}
	if !strings.HasSuffix(string(hashed), string(first.Body)) {
		t.Errorf("the bytes do not end in the first record's body, %s", first.Body)
	}
}

func TestSealing(t *testing.T) {
	doc, _ := readDocument(t)
	v := doc.Vectors.Sealing
	secret, err := hex.DecodeString(v.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := wire.ParseOpeningKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := key.Public().String(); got != v.PublicKey {
		t.Errorf("the public key is %s", got)
	}
	if got := key.Public().Fingerprint(); got != v.Fingerprint {
		t.Errorf("its fingerprint is %s", got)
	}
	code, err := key.Open(v.Order, v.Sealed)
	if err != nil || code != v.Code {
		t.Errorf("opened: %q, %v", code, err)
	}
	if len(v.Sealed) != 32+len(v.Code)+16 {
		t.Errorf("sealed are %d bytes", len(v.Sealed))
	}
	if _, err := key.Open(v.Order[:26]+"02", v.Sealed); err == nil {
		t.Error("the sealed code opens for another order")
	}
}

// compact takes out the white space that a document has and a message has not.
func compact(t *testing.T, payload json.RawMessage) []byte {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
