// Package wire holds the messages, topics and hash chain that terminal and
// gateway agree on. docs/protocol/asyncapi.yaml says the same for others.
//
// Every message is one JSON object of at most [MaxMessage] bytes on a topic
// till/1/{terminal}/up/… or till/1/{terminal}/down/….
package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"till/payment"
)

// MaxMessage bounds a message's payload, in bytes.
const MaxMessage = 64 << 10

// Channel is the last part of a topic: what kind of message it carries.
type Channel string

const (
	Journal  Channel = "up/journal"   // Upload
	Requests Channel = "up/request"   // Request
	Presence Channel = "up/status"    // Status, retained, and the last will
	Results  Channel = "up/result"    // Result
	Reports  Channel = "up/reported"  // Reported, retained
	Ack      Channel = "down/ack"     // Acknowledgement
	Replies  Channel = "down/reply"   // Reply or RefundReply or FoundReply
	Commands Channel = "down/command" // Command
	Wishes   Channel = "down/desired" // Desired
)

const root = "till/1/"

// Topic is the channel's topic for one terminal.
func (c Channel) Topic(terminal string) string { return root + terminal + "/" + string(c) }

// Filter is the gateway's subscription to the channel, of all terminals.
func (c Channel) Filter() string { return root + "+/" + string(c) }

// DownFilter is the one subscription of a terminal.
func DownFilter(terminal string) string { return root + terminal + "/down/+" }

// AllFilter is everything of every terminal: the gateway's own.
const AllFilter = root + "#"

// UpFilter is everything that a terminal may publish to.
func UpFilter(terminal string) string { return root + terminal + "/up/+" }

// ParseTopic takes a topic apart.
func ParseTopic(topic string) (terminal string, c Channel, err error) {
	rest, ok := strings.CutPrefix(topic, root)
	if !ok {
		return "", "", fmt.Errorf("topic %.80q does not begin with %s", topic, root)
	}
	terminal, channel, ok := strings.Cut(rest, "/")
	if !ok {
		return "", "", fmt.Errorf("topic %.80q names no channel", topic)
	}
	if err := CheckTerminal(terminal); err != nil {
		return "", "", fmt.Errorf("topic: %w", err)
	}
	return terminal, Channel(channel), nil
}

// CheckTerminal holds the form of a terminal's id: [a-z0-9-]{1,32}. It is the
// MQTT client id and the name in the terminal's certificate too.
func CheckTerminal(id string) error {
	if len(id) < 1 || len(id) > 32 {
		return fmt.Errorf("terminal id %.40q: want 1 to 32 characters", id)
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("terminal id %q: only a-z, 0-9 and - are allowed", id)
		}
	}
	return nil
}

// Upload carries journal records, in sequence and without a gap inside.
type Upload struct {
	Epoch   uint32   `json:"epoch"`
	Records []Record `json:"records"`
}

// Acknowledgement says how far the ledger has a terminal's journal, durably.
// It is cumulative, and the only thing that moves the outbox's cursor.
type Acknowledgement struct {
	Epoch uint32 `json:"epoch"`
	Seq   uint64 `json:"seq"`
	// Again asks for everything after Seq once more: a record was missing or
	// did not fit the chain.
	Again bool `json:"again,omitempty"`
	// Refused is set where the ledger cannot take this journal at all (a forked
	// chain): the terminal stops selling and says so.
	Refused string `json:"refused,omitempty"`
	// Key is the fingerprint of the gateway's key, where a hello is answered: a
	// terminal that seals to another will have every code refused.
	Key string `json:"key,omitempty"`
	Clock
}

// Op is what a request asks for.
type Op string

const (
	Hello  Op = "hello"  // positions; answered by an Acknowledgement
	Charge Op = "charge" // charge a sealed, customer-presented code; QoS 0
	Show   Op = "show"   // open an order and get the QR to show
	Query  Op = "query"  // what became of an attempt; closes one the gateway never saw
	Cancel Op = "cancel" // end an attempt; whatever is paid is given back
	Refund Op = "refund" // give back what an attempt was paid, or a part of it; asked again, it says what became of that
	Find   Op = "find"   // a sale of the merchant's, of which money may be given back at this terminal
)

// MaxFind bounds what a sale is looked for by, in bytes.
const MaxFind = 64

// Request is a terminal's question. It is answered by a Reply with the same
// order, or not at all: the terminal asks again.
type Request struct {
	Op       Op             `json:"op"`
	Order    payment.Order  `json:"order,omitempty"`
	Tender   int            `json:"tender,omitempty"`
	Amount   int64          `json:"amount,omitempty"`
	Currency string         `json:"currency,omitempty"`
	Wallet   payment.Wallet `json:"wallet,omitempty"`   // a hint, from the code's prefix
	Sealed   []byte         `json:"sealed,omitempty"`   // the code, to the gateway's key; see Seal
	NotAfter time.Time      `json:"not_after,omitzero"` // the cloud's time; later it is refused
	Position *Position      `json:"position,omitempty"` // of a Hello

	// Of a Refund: its number, and whether it is the void of the whole sale. Order
	// is the attempt that was paid, Amount what to give back. The number's sale is
	// that of the order, or one that the terminal fetched, payment.SaleFetched.
	Refund payment.RefundID `json:"refund,omitempty"`
	Void   bool             `json:"void,omitempty"`

	// Of a Find: what was scanned, MaxFind bytes at most: an order's number or a
	// sale's, as on a receipt, or the wallet's own, as in the customer's bill.
	Text string `json:"text,omitempty"`

	Sent time.Duration `json:"sent,omitempty"` // the terminal's monotonic clock, moved by something of its boot, sent back as Clock.Echo
}

// Position is where a terminal stands, said at every connect and now and then.
type Position struct {
	Epoch   uint32 `json:"epoch"`
	Boot    string `json:"boot"`
	Last    uint64 `json:"last"`  // newest sequence in the journal
	Acked   uint64 `json:"acked"` // as the terminal knows it
	Version string `json:"version"`
	Command uint64 `json:"command,omitempty"` // newest that it took
	Desired uint64 `json:"desired,omitempty"` // newest revision that it has, in this boot
}

// Clock lets a terminal learn the cloud's time in one round trip.
type Clock struct {
	Time time.Time     `json:"time,omitzero"`
	Echo time.Duration `json:"echo,omitempty"` // Request.Sent of what is answered, 0 if unasked
}

// RefundReply says what the gateway knows of a refund, asked or unasked. It comes
// where a Reply does.
type RefundReply struct {
	Refund payment.RefundAnswer `json:"refund"`
	Clock
}

// Found answers a Find: the sale, or why there is none.
type Found struct {
	Text   string             `json:"text"` // as it was asked
	Sale   *payment.Elsewhere `json:"sale,omitempty"`
	Reason payment.Reason     `json:"reason,omitempty"`
}

// FoundReply comes where a Reply does.
type FoundReply struct {
	Found Found `json:"found"`
	Clock
}

// AnyReply is whatever comes on Replies: of a refund, of a sale that was looked
// for, or of an attempt.
type AnyReply struct {
	Reply
	Refund *payment.RefundAnswer `json:"refund"`
	Found  *Found                `json:"found"`
}

// Reply says what the gateway knows of an attempt, asked or unasked.
type Reply struct {
	payment.Answer
	Clock
}

// Status is the terminal's presence, retained.
type Status struct {
	Online  bool   `json:"online"`
	Boot    string `json:"boot,omitempty"`
	Version string `json:"version,omitempty"`
}

// Encode is the message as sent. A message over MaxMessage is a bug of the
// sender and refused here, since a broker would close the connection over it.
func Encode(message any) ([]byte, error) {
	b, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", message, err)
	}
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("encode %T: %d bytes, at most %d are allowed", message, len(b), MaxMessage)
	}
	return b, nil
}

// Decode reads a received message. Fields it does not know are passed over, so
// that a newer peer can add some.
func Decode[T any](payload []byte) (T, error) {
	var message T
	if len(payload) > MaxMessage {
		return message, fmt.Errorf("decode %T: %d bytes, at most %d are allowed", message, len(payload), MaxMessage)
	}
	if err := json.Unmarshal(payload, &message); err != nil {
		return message, fmt.Errorf("decode %T: %w", message, err)
	}
	return message, nil
}
