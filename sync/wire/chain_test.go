package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"till/payment"
	"till/sync/wire"
)

// chain is a terminal's first n records.
func chain(t *testing.T, n int) []wire.Record {
	t.Helper()
	prev := wire.Genesis("shop-7", 1)
	records := make([]wire.Record, n)
	for i := range records {
		stamp := payment.Stamp{
			Boot: "b1", Mono: time.Duration(i) * time.Second,
			Time: time.Date(2026, 11, 24, 9, 0, i, 0, time.UTC),
		}
		if i%3 == 2 {
			stamp.Time = time.Time{}
		}
		r, err := wire.NewRecord(prev, uint64(i+1), stamp, payment.Event{
			Kind: payment.SaleCreated, Sale: "01JDEERS3W8H5T2V9K4M6N7P8R", Amount: int64(100 + i), Currency: "USD", Cashier: "李 <&>",
		})
		if err != nil {
			t.Fatal(err)
		}
		records[i], prev = r, r.Hash
	}
	return records
}

// follow goes along a chain and says which record does not follow, 0 if all do.
func follow(records []wire.Record) (bad uint64, err error) {
	prev := wire.Genesis("shop-7", 1)
	for i, r := range records {
		if err := r.Follows(prev, uint64(i+1)); err != nil {
			return uint64(i + 1), err
		}
		prev = r.Hash
	}
	return 0, nil
}

// The hashes are in journals and in ledgers: these two never change.
func TestChainIsTheSameForEver(t *testing.T) {
	genesis, err := wire.Genesis("shop-7", 1).MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	third, err := chain(t, 3)[2].Hash.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	const ( // reckoned apart from this package, from the description of link
		wantGenesis = "cd26adec813e6f20f784d6e54b1a7117f9476daf6a69f0c70eba5fbaad402f09"
		wantThird   = "570848db85f4093edc1570ba3100be1d4a1ab7393d24ebbb579f98a8be94f3a9"
	)
	if string(genesis) != wantGenesis {
		t.Errorf("genesis %s, want %s", genesis, wantGenesis)
	}
	if string(third) != wantThird {
		t.Errorf("hash of record 3 %s, want %s", third, wantThird)
	}
}

func TestGenesisNamesTerminalAndEpoch(t *testing.T) {
	seen := map[wire.Hash]string{}
	for _, g := range []struct {
		terminal string
		epoch    uint32
	}{{"a", 1}, {"a", 2}, {"a", 256}, {"b", 1}, {"a-", 1}, {"", 1}, {"a1", 0}} {
		h := wire.Genesis(g.terminal, g.epoch)
		if was, ok := seen[h]; ok {
			t.Errorf("genesis of %v is that of %s", g, was)
		}
		seen[h] = g.terminal
	}
}

func TestTampering(t *testing.T) {
	if bad, err := follow(chain(t, 6)); err != nil {
		t.Fatalf("record %d of a sound chain: %v", bad, err)
	}
	for name, c := range map[string]struct {
		spoil func(r []wire.Record) []wire.Record
		bad   uint64
	}{
		"amount":        {func(r []wire.Record) []wire.Record { r[2].Body = replace(r[2].Body, "102", "103"); return r }, 3},
		"space in body": {func(r []wire.Record) []wire.Record { r[2].Body = replace(r[2].Body, ":", ": "); return r }, 3},
		"boot":          {func(r []wire.Record) []wire.Record { r[1].Boot = "b2"; return r }, 2},
		"boot into body": {func(r []wire.Record) []wire.Record {
			r[1].Boot, r[1].Body = "b", append([]byte("1"), r[1].Body...)
			return r
		}, 2},
		"monotonic":        {func(r []wire.Record) []wire.Record { r[0].Mono++; return r }, 1},
		"time":             {func(r []wire.Record) []wire.Record { r[0].Time = r[0].Time.Add(time.Millisecond); return r }, 1},
		"dated later":      {func(r []wire.Record) []wire.Record { r[2].Time = r[1].Time; return r }, 3},
		"undated later":    {func(r []wire.Record) []wire.Record { r[1].Time = time.Time{}; return r }, 2},
		"hash":             {func(r []wire.Record) []wire.Record { r[3].Hash[31] ^= 1; return r }, 4},
		"sequence":         {func(r []wire.Record) []wire.Record { r[3].Seq++; return r }, 4},
		"one left out":     {func(r []wire.Record) []wire.Record { return append(r[:2], r[3:]...) }, 3},
		"first left out":   {func(r []wire.Record) []wire.Record { return r[1:] }, 1},
		"swapped":          {func(r []wire.Record) []wire.Record { r[2], r[3] = r[3], r[2]; return r }, 3},
		"repeated":         {func(r []wire.Record) []wire.Record { return append(r[:3], r[2:]...) }, 4},
		"left out, closed": {func(r []wire.Record) []wire.Record { r = append(r[:2], r[3:]...); r[2].Seq = 3; return r }, 3},
	} {
		bad, err := follow(c.spoil(chain(t, 6)))
		if !errors.Is(err, wire.ErrChain) || bad != c.bad {
			t.Errorf("%s: record %d, %v, want record %d", name, bad, err, c.bad)
		}
	}
}

func replace(body json.RawMessage, from, to string) json.RawMessage {
	return json.RawMessage(strings.Replace(string(body), from, to, 1))
}

// What is hashed is what arrives: JSON of a record, in and out, in any zone.
func TestRecordsSurviveJSON(t *testing.T) {
	text, err := json.Marshal(chain(t, 9))
	if err != nil {
		t.Fatal(err)
	}
	var records []wire.Record
	if err := json.Unmarshal(text, &records); err != nil {
		t.Fatal(err)
	}
	records[0].Time = records[0].Time.In(time.FixedZone("", 8*3600))
	if bad, err := follow(records); err != nil {
		t.Errorf("record %d: %v", bad, err)
	}
	e, err := records[4].Event()
	if err != nil || e.Amount != 104 || e.Cashier != "李 <&>" {
		t.Errorf("event %+v, %v", e, err)
	}
	records[4].Body = []byte("{")
	if _, err := records[4].Event(); err == nil {
		t.Error("half a body is an event")
	}
}

func TestHashText(t *testing.T) {
	var h wire.Hash
	for _, bad := range []string{"", "00", strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		if err := h.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is a hash", bad)
		}
	}
}

// Nobody can change a record and keep its hash.
func FuzzFollows(f *testing.F) {
	f.Add("b1", int64(5), int64(1764000000000), []byte(`{"kind":"x"}`), uint64(1))
	f.Fuzz(func(t *testing.T, boot string, mono, ms int64, body []byte, seq uint64) {
		prev := wire.Genesis("shop-7", 1)
		r, err := wire.NewRecord(prev, 1, payment.Stamp{Boot: "b1", Mono: 5, Time: time.UnixMilli(1764000000000)}, payment.Event{Kind: "x"})
		if err != nil {
			t.Fatal(err)
		}
		same := boot == r.Boot && mono == int64(r.Mono) && ms == r.Time.UnixMilli() && string(body) == string(r.Body) && seq == 1
		r.Boot, r.Mono, r.Time, r.Body, r.Seq = boot, time.Duration(mono), time.UnixMilli(ms), body, seq
		if err := r.Follows(prev, 1); (err == nil) != same {
			t.Errorf("%+v: %v", r, err)
		}
	})
}
