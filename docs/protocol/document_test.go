package protocol_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"till/payment"
	"till/sync/wire"
)

// document is the part of AsyncAPI that this test reads.
type document struct {
	Version   string                    `json:"asyncapi"`
	Constants map[string]map[string]any `json:"x-constants"`
	Vectors   struct {
		Sealing struct {
			PrivateKey  string        `json:"private_key"`
			PublicKey   string        `json:"public_key"`
			Fingerprint string        `json:"fingerprint"`
			Order       payment.Order `json:"order"`
			Code        string        `json:"code"`
			Sealed      []byte        `json:"sealed"`
		} `json:"sealing"`
		Genesis []struct {
			Terminal string    `json:"terminal"`
			Epoch    uint32    `json:"epoch"`
			Hash     wire.Hash `json:"hash"`
		} `json:"genesis"`
		Chain struct {
			Hashed string    `json:"hashed"`
			Hash   wire.Hash `json:"hash"`
		} `json:"chain"`
	} `json:"x-vectors"`
	Channels   map[string]channel   `json:"channels"`
	Operations map[string]operation `json:"operations"`
	Components struct {
		Messages map[string]message `json:"messages"`
		Schemas  map[string]schema  `json:"schemas"`
		Bindings map[string]struct {
			MQTT struct {
				QoS    byte `json:"qos"`
				Retain bool `json:"retain"`
			} `json:"mqtt"`
		} `json:"operationBindings"`
		ServerBindings map[string]struct {
			MQTT struct {
				ClientID     string `json:"clientId"`
				CleanSession bool   `json:"cleanSession"`
				LastWill     struct {
					Topic   string `json:"topic"`
					QoS     byte   `json:"qos"`
					Retain  bool   `json:"retain"`
					Message string `json:"message"`
				} `json:"lastWill"`
			} `json:"mqtt"`
		} `json:"serverBindings"`
		Parameters map[string]struct {
			Examples []string `json:"examples"`
		} `json:"parameters"`
	} `json:"components"`
}

type reference struct {
	Ref string `json:"$ref"`
}

// name is what a reference to a component, or to a channel's message, ends in.
func (r reference) name() string { return r.Ref[strings.LastIndexByte(r.Ref, '/')+1:] }

type channel struct {
	Address    string               `json:"address"`
	Reserved   bool                 `json:"x-reserved"`
	Parameters map[string]reference `json:"parameters"`
	Messages   map[string]reference `json:"messages"`
}

type operation struct {
	Action   string      `json:"action"`
	Channel  reference   `json:"channel"`
	Messages []reference `json:"messages"`
	Bindings reference   `json:"bindings"`
	Reply    *struct {
		Channel  reference   `json:"channel"`
		Messages []reference `json:"messages"`
	} `json:"reply"`
}

type message struct {
	Payload  schema `json:"payload"`
	Examples []struct {
		Name    string          `json:"name"`
		Payload json.RawMessage `json:"payload"`
	} `json:"examples"`
}

type schema struct {
	reference
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Encoding   string            `json:"contentEncoding"`
	Pattern    string            `json:"pattern"`
	Minimum    *json.Number      `json:"minimum"`
	Enum       []string          `json:"enum"`
	Const      string            `json:"const"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	AllOf      []schema          `json:"allOf"`
	If         *schema           `json:"if"`
	Then       *schema           `json:"then"`
}

// typeName is the Go type that a message's payload is: the schema it refers to,
// or the first part of an allOf.
func (m message) typeName() string {
	if len(m.Payload.AllOf) > 0 {
		return m.Payload.AllOf[0].name()
	}
	return m.Payload.name()
}

func readDocument(t *testing.T) (doc document, raw []byte) {
	t.Helper()
	raw = readYAML(t, "asyncapi.yaml", &doc)
	return doc, raw
}

// readYAML reads a file into doc, and returns it as JSON.
func readYAML(t *testing.T, file string, doc any) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, doc); err != nil {
		t.Fatal(err)
	}
	return raw
}

// schemasOf is a compiler that knows the schemas of a file, given as JSON.
func schemasOf(t *testing.T, file string, raw []byte) *jsonschema.Compiler {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(file, value); err != nil {
		t.Fatal(err)
	}
	return compiler
}
