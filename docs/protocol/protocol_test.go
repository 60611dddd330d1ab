// Package protocol_test holds asyncapi.yaml to the code: its channels, messages,
// schemas, enumerations, numbers and examples.
package protocol_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"till/payment"
	"till/sync/wire"
)

// root is where the module lies, seen from this folder.
const root = "../.."

// messageTypes are the Go types of messages, by name. TestChannels fails if a
// channel names one that is missing here.
var messageTypes = map[string]reflect.Type{
	"Upload":          reflect.TypeFor[wire.Upload](),
	"Request":         reflect.TypeFor[wire.Request](),
	"Status":          reflect.TypeFor[wire.Status](),
	"Acknowledgement": reflect.TypeFor[wire.Acknowledgement](),
	"Reply":           reflect.TypeFor[wire.Reply](),
	"Command":         reflect.TypeFor[wire.Command](),
	"Result":          reflect.TypeFor[wire.Result](),
	"Desired":         reflect.TypeFor[wire.Desired](),
	"Reported":        reflect.TypeFor[wire.Reported](),
	"RefundReply":     reflect.TypeFor[wire.RefundReply](),
	"FoundReply":      reflect.TypeFor[wire.FoundReply](),
}

// rawFields are those that Go keeps as raw JSON, with what is in them.
var rawFields = map[string]reflect.Type{"Record.body": reflect.TypeFor[payment.Event]()}

// TestReferences holds the document together: every reference leads somewhere,
// and every operation speaks of messages of its own channel.
func TestReferences(t *testing.T) {
	doc, raw := readDocument(t)
	if doc.Version != "3.0.0" {
		t.Errorf("AsyncAPI version %q", doc.Version)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	found := 0
	var walk func(at string, node any)
	walk = func(at string, node any) {
		switch node := node.(type) {
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				found++
				if !leads(tree, ref) {
					t.Errorf("%s: %s leads nowhere", at, ref)
				}
			}
			for key, child := range node {
				walk(at+"/"+key, child)
			}
		case []any:
			for i, child := range node {
				walk(fmt.Sprint(at, "/", i), child)
			}
		}
	}
	walk("#", tree)
	if found < 50 {
		t.Errorf("only %d references were found", found)
	}

	spoken := map[string]bool{}
	check := func(op string, c reference, messages []reference) {
		if len(messages) == 0 {
			t.Errorf("operation %s has no message on %s", op, c.Ref)
		}
		for _, m := range messages {
			if !strings.HasPrefix(m.Ref, c.Ref+"/messages/") {
				t.Errorf("operation %s: message %s is not of channel %s", op, m.Ref, c.Ref)
			}
			spoken[m.Ref] = true
		}
	}
	for name, op := range doc.Operations {
		check(name, op.Channel, op.Messages)
		if op.Reply != nil {
			check(name, op.Reply.Channel, op.Reply.Messages)
		}
		up := strings.Contains(doc.Channels[op.Channel.name()].Address, "/up/")
		if want := map[bool]string{true: "receive", false: "send"}[up]; op.Action != want {
			t.Errorf("operation %s: action %s, want %s", name, op.Action, want)
		}
		if op.Bindings.Ref == "" {
			t.Errorf("operation %s says no QoS", name)
		}
	}
	for name, c := range doc.Channels {
		for m := range c.Messages {
			if ref := "#/channels/" + name + "/messages/" + m; !spoken[ref] {
				t.Errorf("%s is of no operation", ref)
			}
		}
	}
}

// leads says whether a local JSON pointer names something.
func leads(tree any, ref string) bool {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return false
	}
	for key := range strings.SplitSeq(path, "/") {
		node, ok := tree.(map[string]any)
		if !ok {
			return false
		}
		if tree, ok = node[key]; !ok {
			return false
		}
	}
	return true
}

// TestChannels holds the channels to the constants of type wire.Channel, whose
// comments begin with the name of the message.
func TestChannels(t *testing.T) {
	doc, _ := readDocument(t)
	src := parsePackage(t, filepath.Join(root, "sync/wire"))
	documented := map[string]channel{}
	for name, c := range doc.Channels {
		if _, twice := documented[c.Address]; twice {
			t.Errorf("channel %s: %s is there twice", name, c.Address)
		}
		documented[c.Address] = c
		if c.Parameters["terminal"].Ref != "#/components/parameters/terminal" {
			t.Errorf("channel %s has not the parameter terminal", name)
		}
	}
	constants := src.strings["Channel"]
	if len(constants) == 0 {
		t.Fatal("package wire has no constants of type Channel")
	}
	for _, k := range constants {
		address := wire.Channel(k.value).Topic("{terminal}")
		c, ok := documented[address]
		if !ok {
			t.Errorf("channel %s (%s) is not in the document", k.name, address)
			continue
		}
		delete(documented, address)
		said, _, _ := strings.Cut(strings.TrimRight(k.comment, "\n ."), ",")
		typeNames := strings.Split(said, " or ")
		typeName := typeNames[0]
		if !src.types[typeName] {
			if !c.Reserved || len(c.Messages) > 0 {
				t.Errorf("%s: package wire has no type %q, so the channel is x-reserved and has no messages", address, typeName)
			}
			continue
		}
		if messageTypes[typeName] == nil {
			t.Fatalf("%s carries %s: add the type to this test's messageTypes", address, typeName)
		}
		if c.Reserved || len(c.Messages) == 0 {
			t.Errorf("%s carries %s, and the document has it without messages", address, typeName)
		}
		for name, ref := range c.Messages {
			if got := doc.Components.Messages[ref.name()].typeName(); !slices.Contains(typeNames, got) {
				t.Errorf("%s: message %s is a %s, want %s", address, name, got, said)
			}
		}
	}
	for address := range documented {
		t.Errorf("the document has %s, and package wire has not", address)
	}
	for _, id := range doc.Components.Parameters["terminal"].Examples {
		if err := wire.CheckTerminal(id); err != nil {
			t.Error(err)
		}
	}
}

// TestConstants holds the document's numbers to the code's.
func TestConstants(t *testing.T) {
	doc, _ := readDocument(t)
	for dir, constants := range doc.Constants {
		src := parsePackage(t, filepath.Join(root, dir))
		for name, want := range constants {
			got, ok := src.numbers[name]
			if !ok {
				t.Errorf("package %s has no constant %s that is a number", dir, name)
				continue
			}
			text := fmt.Sprint(got)
			if _, duration := want.(string); duration {
				text = time.Duration(got).String()
			}
			if text != fmt.Sprint(want) {
				t.Errorf("%s.%s is %s, the document says %v", dir, name, text, want)
			}
		}
	}
	if int(doc.Constants["sync/wire"]["MaxMessage"].(float64)) != wire.MaxMessage {
		t.Error("the document says another limit of a message")
	}
}
