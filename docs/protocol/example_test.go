package protocol_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"till/payment"
	"till/sync/wire"
)

// TestExamples holds that the code reads every example and writes the very same.
func TestExamples(t *testing.T) {
	doc, _ := readDocument(t)
	kinds := map[payment.Kind]bool{}
	for name, m := range doc.Components.Messages {
		if len(m.Examples) == 0 {
			t.Errorf("message %s has no example", name)
		}
		typ := messageTypes[m.typeName()]
		if typ == nil {
			t.Fatalf("message %s is of type %q, which this test does not know", name, m.typeName())
		}
		for _, example := range m.Examples {
			at := name + " " + example.Name
			value := reflect.New(typ)
			if err := strictly(example.Payload, value.Interface()); err != nil {
				t.Errorf("%s: %v", at, err)
				continue
			}
			same(t, at, value.Interface(), example.Payload)
			if up, ok := value.Interface().(*wire.Upload); ok {
				for _, r := range up.Records {
					var e payment.Event
					if err := strictly(r.Body, &e); err != nil {
						t.Errorf("%s, record %d: %v", at, r.Seq, err)
						continue
					}
					same(t, fmt.Sprintf("%s, record %d", at, r.Seq), e, r.Body)
					kinds[e.Kind] = true
				}
			}
		}
	}
	for _, k := range parsePackage(t, filepath.Join(root, "payment")).strings["Kind"] {
		if !kinds[payment.Kind(k.value)] {
			t.Errorf("no example has an event of kind %s", k.value)
		}
	}
}

func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// same says whether value is encoded as the example is written, but for white space.
func same(t *testing.T, at string, value any, example []byte) {
	t.Helper()
	got, err := wire.Encode(value)
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	var want bytes.Buffer
	if err := json.Compact(&want, example); err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s: the code writes\n%s\nthe document has\n%s", at, got, want.Bytes())
	}
}

// validators are the payload schemas, compiled by message.
func validators(t *testing.T, doc document, raw []byte) map[string]*jsonschema.Schema {
	t.Helper()
	compiler := schemasOf(t, "asyncapi.json", raw)
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.AssertFormat()
	compiler.AssertContent()
	all := map[string]*jsonschema.Schema{}
	for name := range doc.Components.Messages {
		var err error
		if all[name], err = compiler.Compile("asyncapi.json#/components/messages/" + name + "/payload"); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func valid(t *testing.T, s *jsonschema.Schema, payload []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

// TestExamplesAreValid holds every example to its schema, and to no other
// message's of the same channel; without a field that is required it is refused.
func TestExamplesAreValid(t *testing.T) {
	doc, raw := readDocument(t)
	schemas := validators(t, doc, raw)
	for name, c := range doc.Channels {
		for _, ref := range c.Messages {
			for _, example := range doc.Components.Messages[ref.name()].Examples {
				at := name + " " + ref.name() + " " + example.Name
				if err := valid(t, schemas[ref.name()], example.Payload); err != nil {
					t.Errorf("%s: %v", at, err)
				}
				for _, other := range c.Messages {
					if other.name() != ref.name() && valid(t, schemas[other.name()], example.Payload) == nil {
						t.Errorf("%s: is also a valid %s", at, other.name())
					}
				}
				incomplete(t, at, doc, ref.name(), schemas[ref.name()], example.Payload)
			}
		}
	}
}

func incomplete(t *testing.T, at string, doc document, name string, s *jsonschema.Schema, payload []byte) {
	t.Helper()
	required := slices.Clone(doc.Components.Schemas[doc.Components.Messages[name].typeName()].Required)
	for _, part := range doc.Components.Messages[name].Payload.AllOf {
		required = append(required, part.Required...)
	}
	for _, field := range required {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(payload, &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, field)
		less, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if valid(t, s, less) == nil {
			t.Errorf("%s: valid also without %s", at, field)
		}
	}
}
