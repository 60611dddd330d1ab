package protocol_test

import (
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"till/payment"
	link "till/sync"
	"till/sync/wire"
)

// TestSession holds what a terminal's session publishes, and how, to the document.
func TestSession(t *testing.T) {
	doc, raw := readDocument(t)
	schemas := validators(t, doc, raw)
	now := link.Now{At: time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC), Mono: time.Second}
	s, effects := link.Step(link.NewSession("9f3c1a7e52d0", "v1", 1, 8, 5), link.Connected{}, now)
	order := payment.Order("01KAT7X2Q8M5V3N9RD6E4WZB1C01")
	full := wire.Request{Order: order, Tender: 1, Amount: 1234, Currency: "USD", NotAfter: now.At}
	charge, show := full, full
	charge.Op, charge.Sealed, charge.Wallet, show.Op = wire.Charge, make([]byte, 66), payment.WeChat, wire.Show
	refund := wire.Request{Op: wire.Refund, Order: order, Refund: "01KAT7X2Q8M5V3N9RD6E4WZB1CR01", Amount: 500, Currency: "USD"}
	for _, r := range []wire.Request{charge, show, {Op: wire.Query, Order: order}, {Op: wire.Cancel, Order: order}, refund, {Op: wire.Find, Text: string(order)}} {
		var more []link.Effect
		s, more = link.Step(s, link.Asked{Request: r}, now)
		effects = append(effects, more...)
	}
	late, err := wire.Encode(wire.Command{ID: 1, Op: wire.TellStatus, NotAfter: now.At})
	if err != nil {
		t.Fatal(err)
	}
	clock, err := wire.Encode(wire.Acknowledgement{Epoch: 1, Seq: 5, Clock: wire.Clock{Time: now.At.Add(time.Minute), Echo: echo(t, effects)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []link.Event{
		link.Reporting{Reported: wire.Reported{Boot: "9f3c1a7e52d0", Change: 1}},
		link.Arrived{Channel: wire.Ack, Payload: clock}, link.Arrived{Channel: wire.Commands, Payload: late},
	} {
		var more []link.Effect
		s, more = link.Step(s, e, now)
		effects = append(effects, more...)
	}
	seen := map[string]bool{}
	for _, e := range effects {
		p, ok := e.(link.Publish)
		if !ok {
			continue
		}
		name, operation := received(t, doc, schemas, p)
		if name == "" {
			t.Errorf("%s on %s is no message of the document", p.Payload, p.Channel)
			continue
		}
		seen[name] = true
		binding := doc.Components.Bindings[doc.Operations[operation].Bindings.name()].MQTT
		if binding.QoS != p.QoS || binding.Retain != p.Retain {
			t.Errorf("%s is published at QoS %d, retained %v; operation %s says %+v", name, p.QoS, p.Retain, operation, binding)
		}
	}
	for _, name := range []string{"status", "hello", "charge", "show", "query", "cancel", "refund", "find", "result", "reported"} {
		if !seen[name] {
			t.Errorf("the session published no %s", name)
		}
	}
	will := doc.Components.ServerBindings["terminal"].MQTT.LastWill
	gone, err := wire.Encode(wire.Status{})
	if err != nil {
		t.Fatal(err)
	}
	if will.Message != string(gone) || will.Topic != wire.Presence.Topic("{terminal}") || will.QoS != 1 || !will.Retain {
		t.Errorf("the last will is %+v", will)
	}
}

// echo is what the hello among these effects wants to have back.
func echo(t *testing.T, effects []link.Effect) time.Duration {
	t.Helper()
	for _, e := range effects {
		if p, ok := e.(link.Publish); ok && p.Channel == wire.Requests {
			r, err := wire.Decode[wire.Request](p.Payload)
			if err != nil {
				t.Fatal(err)
			}
			return r.Sent
		}
	}
	t.Fatal("the session said no hello")
	return 0
}

// received finds the message that a payload is, and the operation that takes it.
func received(t *testing.T, doc document, schemas map[string]*jsonschema.Schema, p link.Publish) (name, operation string) {
	t.Helper()
	for op, o := range doc.Operations {
		if o.Action != "receive" || doc.Channels[o.Channel.name()].Address != p.Channel.Topic("{terminal}") {
			continue
		}
		for _, ref := range o.Messages {
			m := doc.Channels[o.Channel.name()].Messages[ref.name()].name()
			if valid(t, schemas[m], p.Payload) == nil {
				return m, op
			}
		}
	}
	return "", ""
}
