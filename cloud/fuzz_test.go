package cloud_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// Whatever comes on whatever channel, the gateway goes on, and charges nothing
// but an order whose sealed code opens.
func FuzzGatewayMessage(f *testing.F) {
	key, err := wire.NewOpeningKey()
	if err != nil {
		f.Fatal(err)
	}
	channels := []wire.Channel{wire.Journal, wire.Requests, wire.Presence, wire.Ack, "up/else", ""}
	add := func(channel byte, m any) {
		payload, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(terminal, channel, payload)
	}
	sealed, err := key.Public().Seal(first, code)
	if err != nil {
		f.Fatal(err)
	}
	q := about(wire.Charge, first)
	q.Sealed, q.NotAfter = sealed, start
	for _, op := range []wire.Op{wire.Charge, wire.Show, wire.Query, wire.Cancel, "steal", wire.Hello} {
		q.Op = op
		add(1, q)
	}
	q.Op, q.Order = wire.Charge, second // sealed for another
	add(1, q)
	add(1, wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1, Last: 3}})
	j := newJournal(terminal)
	add(0, wire.Upload{Epoch: 1, Records: j.add(f, created(saleID), cash(saleID, 1), payment.Event{Kind: "new", Sale: "x"})})
	add(0, wire.Upload{Epoch: 1, Records: j.records[1:]})
	f.Add("Not An Id", byte(1), []byte(`{}`))
	f.Add(terminal, byte(0), []byte(`{"epoch":1,"records":[{"seq":18446744073709551615,"body":null,"hash":""}]}`))
	f.Add(terminal, byte(2), bytes.Repeat([]byte("x"), wire.MaxMessage+1))
	f.Add(terminal, byte(1), append([]byte(`{"op":"query","order":"`+string(first)+`","currency":"`), bytes.Repeat([]byte("<"), wire.MaxMessage-100)...))

	f.Fuzz(func(t *testing.T, from string, channel byte, payload []byte) {
		if len(payload) > wire.MaxMessage+1 {
			return
		}
		r := newRig(t)
		r.key = key
		r.restart()
		c := channels[int(channel)%len(channels)]
		for range 2 {
			effects := r.handle(cloud.Message{Terminal: from, Channel: c, Payload: payload})
			for _, e := range effects {
				switch e := e.(type) {
				case cloud.Call:
					switch e.Step {
					case cloud.StepCharge:
						var q wire.Request
						if err := json.Unmarshal(payload, &q); err != nil {
							t.Fatalf("a charge from what is no request: %v", err)
						}
						opened, err := key.Open(e.Order.Number, q.Sealed)
						if err != nil || opened != e.Code || q.Order != e.Order.Number {
							t.Fatalf("order %s is charged without a code sealed for it (%v)", e.Order.Number, err)
						}
					case cloud.StepShow:
						if e.Code != "" {
							t.Fatal("a code where none belongs")
						}
					default:
						t.Fatalf("a message makes the call %s", e.Step)
					}
				case cloud.Send:
					if len(e.Payload) > wire.MaxMessage || e.Terminal != from {
						t.Fatalf("%d bytes to %q", len(e.Payload), e.Terminal)
					}
				}
			}
		}
	})
}
