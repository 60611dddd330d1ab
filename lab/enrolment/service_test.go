package enrolment_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"till/cloud/service"
	"till/device/identity"
	"till/payment"
	"till/sync/wire"
	"till/sync/wire/enrolment"
	"till/sync/wire/mqtt"
)

// startService is a whole gateway with mutual TLS, at work.
func startService(t testing.TB) *service.Service {
	t.Helper()
	return startServiceIn(t, folder(t), slog.New(slog.DiscardHandler))
}

func startServiceIn(t testing.TB, dir string, log *slog.Logger) *service.Service {
	t.Helper()
	s, err := service.Start(service.Options{
		Dir: dir, Pace: 10, Log: log, Pages: &service.Pages{Listen: "127.0.0.1:0"},
		Secure: &service.Secure{MQTT: "127.0.0.1:0", Enrol: "127.0.0.1:0", Hosts: []string{"127.0.0.1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

var shop = enrolment.Settings{"merchant.name": "Harbor Museum Shop", "merchant.timezone": "America/Los_Angeles", "merchant.currency": "USD", "shift.auto": true}

// newDevice is a device that was claimed to be a terminal.
func newDevice(t testing.TB, s *service.Service, terminal string, replace bool) *identity.Identity {
	t.Helper()
	claimed, err := s.Claim(service.ClaimOrder{Terminal: terminal, Settings: shop, Replace: replace})
	if err != nil {
		t.Fatal(err)
	}
	to, err := enrolment.ParseInvitation(claimed.Invitation)
	if err != nil {
		t.Fatal(err)
	}
	i, err := identity.Open(identity.NewFakeDisk(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.NewClient(i, "test").Enrol(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	return i
}

// connect is the device's line to the broker that its settings name, under a client id.
func connect(t *testing.T, i *identity.Identity, id string) (arrived chan []byte, lost chan error, conn *mqtt.Conn, err error) {
	t.Helper()
	grant, _ := i.Enrolled()
	broker, ok := grant.Settings["gateway.broker"].(string)
	if !ok {
		t.Fatalf("the settings are %v", grant.Settings)
	}
	arrived, lost = make(chan []byte, 16), make(chan error, 1)
	conn, err = mqtt.Connect(t.Context(), mqtt.Options{
		Broker: broker, ClientID: id, TLS: i.TLS(), Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Handle: func(_ string, payload []byte) { arrived <- payload },
		Lost:   func(err error) { lost <- err },
	})
	if err == nil {
		t.Cleanup(conn.Close)
	}
	return arrived, lost, conn, err
}

// hello asks how far the ledger is, and waits for the answer.
func hello(t *testing.T, conn *mqtt.Conn, arrived chan []byte, id string) wire.Acknowledgement {
	t.Helper()
	if err := conn.SubscribeAtMostOnce(t.Context(), wire.DownFilter(id)); err != nil {
		t.Fatal(err)
	}
	payload, err := wire.Encode(wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1, Boot: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 { // the gateway may not have subscribed yet
		if err := conn.Publish(wire.Requests.Topic(id), 1, false, payload); err != nil {
			t.Fatal(err)
		}
		select {
		case raw := <-arrived:
			ack, err := wire.Decode[wire.Acknowledgement](raw)
			if err != nil {
				t.Fatal(err)
			}
			return ack
		case <-time.After(200 * time.Millisecond):
		}
	}
	t.Fatal("the gateway does not answer")
	return wire.Acknowledgement{}
}

// From the claim to the gateway's answer over the broker, each on its own certificate.
func TestFromClaimToGateway(t *testing.T) {
	s := startService(t)
	first, second := newDevice(t, s, "till-07", false), newDevice(t, s, "till-08", false)
	arrived, lost, conn, err := connect(t, first, "till-07")
	if err != nil {
		t.Fatal(err)
	}
	hello(t, conn, arrived, "till-07")
	if _, _, _, err := connect(t, second, "till-07"); err == nil {
		t.Error("till-08 takes till-07's client id")
	}
	if _, _, _, err := connect(t, second, "gateway"); err == nil {
		t.Error("till-08 takes the gateway's client id")
	}
	_, _, other, err := connect(t, second, "till-08")
	if err != nil {
		t.Fatal(err)
	}
	for _, filter := range []string{wire.DownFilter("till-07"), wire.AllFilter, wire.Journal.Filter()} {
		if err := other.SubscribeAtMostOnce(t.Context(), filter); err == nil {
			t.Errorf("till-08 hears %s", filter)
		}
	}
	select {
	case err := <-lost:
		t.Errorf("till-07 was thrown out: %v", err)
	default:
	}

	if err := s.Revoke("till-07"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-lost:
		t.Logf("revoked: %v", err)
	case <-time.After(5 * time.Second):
		t.Fatal("a revoked terminal is connected yet")
	}
	if _, _, _, err := connect(t, first, "till-07"); err == nil {
		t.Error("a revoked terminal is let in")
	}
	_, err = identity.NewClient(first, "test").Standing(t.Context())
	if why, final := identity.IsFinal(err); !final || why != enrolment.Revoked {
		t.Errorf("it is told %v", err)
	}
}

// journalOf is a journal as till journal export writes it: one cash sale after another.
func journalOf(t *testing.T, terminal string, epoch uint32, sales int) []wire.Record {
	t.Helper()
	var all []wire.Record
	prev := wire.Genesis(terminal, epoch)
	add := func(e payment.Event) {
		r, err := wire.NewRecord(prev, uint64(len(all)+1), payment.Stamp{Boot: "b", Mono: time.Duration(len(all))}, e)
		if err != nil {
			t.Fatal(err)
		}
		all, prev = append(all, r), r.Hash
	}
	for n := range sales {
		id := payment.SaleID([]string{"01JD0000000000000000000000", "01JD0000000000000000000001", "01JD0000000000000000000002"}[n])
		add(payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: 1234, Currency: "USD"})
		add(payment.Event{Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: 1234, Tendered: 2000, Change: 766, Receipt: uint64(n + 1)})
	}
	return all
}

func lines(t *testing.T, records []wire.Record) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	for _, r := range records {
		if err := json.NewEncoder(&b).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return &b
}

// A dead terminal's card is read in: what the ledger has not, once, into the
// epoch that it is of; and what is not its journal is refused.
func TestImport(t *testing.T) {
	s := startService(t)
	newDevice(t, s, "till-07", false)
	all := journalOf(t, "till-07", 1, 3)
	bring := func(records []wire.Record) (service.Imported, error) {
		return s.ImportJournal(t.Context(), "till-07", lines(t, records))
	}
	if done, err := bring(all[:2]); err != nil || done != (service.Imported{Terminal: "till-07", Epoch: 1, First: 1, Last: 2, New: 2}) {
		t.Errorf("the first sale: %+v (%v)", done, err)
	}
	next := newDevice(t, s, "till-07", true)
	if grant, _ := next.Enrolled(); grant.Epoch != 2 {
		t.Errorf("the next device's epoch is %d", grant.Epoch)
	}
	if done, err := bring(all); err != nil || done.New != 4 || done.Last != 6 {
		t.Errorf("the whole of it: %+v (%v)", done, err)
	}
	if done, err := bring(all); err != nil || done.New != 0 {
		t.Errorf("once more: %+v (%v)", done, err)
	}
	if done, err := bring(all[3:]); err != nil || done.New != 0 || done.Epoch != 1 {
		t.Errorf("from the middle on: %+v (%v)", done, err)
	}
	// The new device's own epoch is another journal.
	if done, err := bring(journalOf(t, "till-07", 2, 1)); err != nil || done.Epoch != 2 || done.New != 2 {
		t.Errorf("of the next epoch: %+v (%v)", done, err)
	}
	altered := append([]wire.Record{}, all...)
	altered[4].Body = json.RawMessage(strings.Replace(string(altered[4].Body), "1234", "1235", 1))
	fork := journalOf(t, "till-07", 1, 1)
	r, err := wire.NewRecord(fork[0].Hash, 2, payment.Stamp{Boot: "c"}, payment.Event{Kind: payment.SaleCreated, Sale: "01JD0000000000000000000009", Amount: 1, Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	fork[1] = r
	for what, bad := range map[string]struct {
		records []wire.Record
		want    error
	}{
		"another terminal's": {journalOf(t, "till-08", 1, 1), service.ErrForeignJournal},
		"altered":            {altered, service.ErrBrokenJournal},
		"one is missing":     {append(append([]wire.Record{}, all[:2]...), all[3:]...), service.ErrBrokenJournal},
		"forked":             {fork, service.ErrForkedJournal},
		"nothing":            {nil, service.ErrEmptyJournal},
		"its beginning lost": {journalOf(t, "till-07", 7, 2)[1:], service.ErrForeignJournal},
	} {
		if done, err := bring(bad.records); !errors.Is(err, bad.want) {
			t.Errorf("%s: %+v (%v)", what, done, err)
		}
	}
	if _, err := s.ImportJournal(t.Context(), "till-07", strings.NewReader("rubbish\n")); err == nil {
		t.Error("rubbish is taken in")
	}
	books, err := s.Books()
	if err != nil || books.Records != 8 || books.Gaps != 0 || len(books.Sales) != 3 {
		t.Errorf("the ledger has %d records with %d gaps of %d sales (%v)", books.Records, books.Gaps, len(books.Sales), err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 || len(list[0].Before) != 1 {
		t.Errorf("the terminals are %+v (%v)", list, err)
	}
}

func FuzzImport(f *testing.F) {
	s := startService(f)
	var lines bytes.Buffer
	r, err := wire.NewRecord(wire.Genesis("till-07", 1), 1, payment.Stamp{Boot: "b"}, payment.Event{Kind: payment.StoreReplaced})
	if err != nil {
		f.Fatal(err)
	}
	if err := json.NewEncoder(&lines).Encode(r); err != nil {
		f.Fatal(err)
	}
	f.Add(lines.Bytes())
	f.Add([]byte("{\"seq\":2}\n\n{\"seq\":3}\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		done, err := s.ImportJournal(t.Context(), "till-07", bytes.NewReader(raw))
		if err == nil && (done.Epoch == 0 || done.First == 0 || done.Last < done.First) {
			t.Errorf("%q is taken in as %+v", raw, done)
		}
	})
}
