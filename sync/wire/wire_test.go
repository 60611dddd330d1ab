package wire_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"till/payment"
	"till/sync/wire"
)

var channels = []wire.Channel{wire.Journal, wire.Requests, wire.Presence, wire.Ack, wire.Replies, wire.Commands}

// The topics are on brokers' access lists: they never change.
func TestTopics(t *testing.T) {
	want := map[wire.Channel]string{
		wire.Journal:  "till/1/shop-7/up/journal",
		wire.Requests: "till/1/shop-7/up/request",
		wire.Presence: "till/1/shop-7/up/status",
		wire.Ack:      "till/1/shop-7/down/ack",
		wire.Replies:  "till/1/shop-7/down/reply",
		wire.Commands: "till/1/shop-7/down/command",
	}
	for _, c := range channels {
		topic := c.Topic("shop-7")
		if topic != want[c] {
			t.Errorf("topic %s, want %s", topic, want[c])
		}
		terminal, back, err := wire.ParseTopic(topic)
		if err != nil || terminal != "shop-7" || back != c {
			t.Errorf("ParseTopic(%s) is %s, %s, %v", topic, terminal, back, err)
		}
		if !matches(c.Filter(), topic) {
			t.Errorf("filter %s does not match %s", c.Filter(), topic)
		}
		for _, other := range channels {
			if other != c && matches(other.Filter(), topic) {
				t.Errorf("filter %s matches %s", other.Filter(), topic)
			}
		}
		down := strings.Contains(topic, "/down/")
		if matches(wire.DownFilter("shop-7"), topic) != down || matches(wire.DownFilter("shop-8"), topic) {
			t.Errorf("the terminal's subscription and %s", topic)
		}
	}
}

// matches is MQTT 3.1.1's rule for filters with + alone (section 4.7.1).
func matches(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if len(f) != len(t) {
		return false
	}
	for i := range f {
		if f[i] != "+" && f[i] != t[i] {
			return false
		}
	}
	return true
}

func TestBadTopics(t *testing.T) {
	for _, topic := range []string{
		"", "till", "till/1", "till/1/", "till/1/shop", "till/1//up/journal", "till/2/shop/up/journal",
		"till/1/Shop/up/journal", "till/1/+/up/journal", "till/1/a b/up/journal", "/till/1/shop/up/journal",
		"till/1/" + strings.Repeat("a", 33) + "/up/journal",
	} {
		if terminal, c, err := wire.ParseTopic(topic); err == nil {
			t.Errorf("ParseTopic(%q) is %q, %q", topic, terminal, c)
		}
	}
}

func TestCheckTerminal(t *testing.T) {
	for id, good := range map[string]bool{
		"a": true, "shop-7": true, "-": true, strings.Repeat("9", 32): true,
		"": false, strings.Repeat("9", 33): false, "Shop": false, "shop_7": false, "店": false,
		"a/b": false, "a+": false, "#": false, "a\x00": false, "a ": false,
	} {
		if err := wire.CheckTerminal(id); (err == nil) != good {
			t.Errorf("CheckTerminal(%q): %v", id, err)
		}
	}
}

func FuzzParseTopic(f *testing.F) {
	for _, c := range channels {
		f.Add(c.Topic("shop-7"))
	}
	f.Add("till/1/a/")
	f.Fuzz(func(t *testing.T, topic string) {
		terminal, c, err := wire.ParseTopic(topic)
		if err != nil {
			return
		}
		if wire.CheckTerminal(terminal) != nil || c.Topic(terminal) != topic {
			t.Errorf("%q is terminal %q, channel %q", topic, terminal, c)
		}
	})
}

func TestMessageLimit(t *testing.T) {
	fits := strings.Repeat("x", wire.MaxMessage-len(`{"online":false,"boot":""}`))
	text, err := wire.Encode(wire.Status{Boot: fits})
	if err != nil || len(text) != wire.MaxMessage {
		t.Fatalf("the largest message: %d bytes, %v", len(text), err)
	}
	if got, err := wire.Decode[wire.Status](text); err != nil || got.Boot != fits {
		t.Errorf("the largest message does not come back: %v", err)
	}
	if _, err := wire.Encode(wire.Status{Boot: fits + "x"}); err == nil {
		t.Error("a message one byte too large was encoded")
	}
	if _, err := wire.Decode[wire.Status](append(text, ' ')); err == nil {
		t.Error("a message one byte too large was decoded")
	}
	if _, err := wire.Encode(func() {}); err == nil {
		t.Error("a function was encoded")
	}
}

// A newer peer may add fields, and those that are flat in Go are flat on the wire.
func TestDecode(t *testing.T) {
	ack, err := wire.Decode[wire.Acknowledgement]([]byte(`{"epoch":2,"seq":7,"again":true,"later":{"x":1},"time":"2026-11-24T09:00:00Z","echo":5}`))
	want := wire.Acknowledgement{
		Epoch: 2, Seq: 7, Again: true,
		Clock: wire.Clock{Time: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Echo: 5},
	}
	if err != nil || ack != want {
		t.Errorf("%+v, %v, want %+v", ack, err, want)
	}
	for _, bad := range []string{"", "null x", "[]", `{"seq":-1}`, `{"seq":1`, `{"seq":"1"}`, `{"epoch":4294967296}`} {
		if got, err := wire.Decode[wire.Acknowledgement]([]byte(bad)); err == nil {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}

// Both Answer and Clock are embedded in a Reply: a field of one may not hide the other's.
func TestMessagesComeBackWhole(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 5e6, time.UTC)
	comesBack(t, wire.Reply{
		Answer: payment.Answer{
			Order: "01JDEERS3W8H5T2V9K4M6N7P8R01", Rev: 3, Status: payment.Approved, Reason: payment.TooLate, Amount: 1234,
			Currency: "USD", Wallet: payment.Alipay, Transaction: "20261124", Payer: "o***8", QR: "https://example.org/q",
			Expires: at, ReverseAt: at.Add(time.Second), Late: true,
		},
		Clock: wire.Clock{Time: at.Add(time.Minute), Echo: time.Hour},
	})
	comesBack(t, wire.Request{
		Op: wire.Charge, Order: "01JDEERS3W8H5T2V9K4M6N7P8R01", Tender: 1, Amount: 1234, Currency: "USD", Wallet: payment.WeChat,
		Sealed: []byte{0, 255, 1}, NotAfter: at, Position: &wire.Position{Epoch: 1, Boot: "b", Last: 9, Acked: 8, Version: "1.0"}, Sent: 7,
	})
	comesBack(t, wire.Acknowledgement{Epoch: 1, Seq: 2, Again: true, Refused: "forked", Clock: wire.Clock{Time: at, Echo: 1}})
	comesBack(t, wire.Status{Online: true, Boot: "b", Version: "1.0"})
	comesBack(t, wire.Upload{Epoch: 1, Records: chain(t, 3)})
	comesBack(t, wire.Request{Op: wire.Hello})
	comesBack(t, wire.Reply{})
}

func comesBack[T any](t *testing.T, message T) {
	t.Helper()
	text, err := wire.Encode(message)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.Decode[T](text)
	if err != nil || !reflect.DeepEqual(got, message) {
		t.Errorf("%s came back as\n%+v, %v; sent\n%+v", text, got, err, message)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"epoch":1,"records":[{"seq":1,"boot":"b","mono":1,"body":{"kind":"x"},"hash":"` + strings.Repeat("0", 64) + `"}]}`))
	f.Add([]byte(`{"op":"charge","sealed":"AAE=","not_after":"2026-11-24T09:00:00Z"}`))
	f.Add([]byte(`{"order":"x","rev":1,"time":"2026-11-24T09:00:00Z"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		again(t, payload, wire.Decode[wire.Upload])
		again(t, payload, wire.Decode[wire.Request])
		again(t, payload, wire.Decode[wire.Reply])
		again(t, payload, wire.Decode[wire.Acknowledgement])
		again(t, payload, wire.Decode[wire.Status])
	})
}

// again holds that what was decoded says the same once it is encoded and decoded again.
func again[T any](t *testing.T, payload []byte, decode func([]byte) (T, error)) {
	t.Helper()
	message, err := decode(payload)
	if err != nil {
		return
	}
	text, err := wire.Encode(message)
	if err != nil {
		return // it grew beyond the limit
	}
	second, err := decode(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	text2, err := wire.Encode(second)
	if err != nil || string(text2) != string(text) {
		t.Errorf("%s became %s, %v", text, text2, err)
	}
}
