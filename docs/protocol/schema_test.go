package protocol_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"till/payment"
	"till/sync/wire"
)

// TestSchemas holds every schema to its Go type.
func TestSchemas(t *testing.T) {
	doc, _ := readDocument(t)
	c := &comparison{T: t, schemas: doc.Components.Schemas, used: map[string]bool{}, packages: map[string]*source{}}
	for name, typ := range messageTypes {
		c.named(name, typ)
	}
	for name := range doc.Components.Schemas {
		if !c.used[name] {
			t.Errorf("schema %s is of no message", name)
		}
	}

	ops := map[string]int{}
	for _, m := range doc.Channels["requests"].Messages {
		ops[doc.Components.Messages[m.name()].Payload.AllOf[1].Properties["op"].Const]++
	}
	for _, k := range c.source("sync/wire").strings["Op"] {
		if ops[k.value] != 1 {
			t.Errorf("op %s has %d messages, want 1", k.value, ops[k.value])
		}
	}
	kinds := map[string]int{}
	for _, rule := range doc.Components.Schemas["Event"].AllOf {
		kinds[rule.If.Properties["kind"].Const]++
		for _, field := range rule.Then.Required {
			if _, ok := doc.Components.Schemas["Event"].Properties[field]; !ok {
				t.Errorf("kind %s needs %s, which an event has not", rule.If.Properties["kind"].Const, field)
			}
		}
	}
	for _, k := range c.source("payment").strings["Kind"] {
		if kinds[k.value] != 1 {
			t.Errorf("kind %s has %d rules in schema Event, want 1", k.value, kinds[k.value])
		}
	}
}

// comparison walks Go types and schemas side by side.
type comparison struct {
	*testing.T
	schemas  map[string]schema
	used     map[string]bool
	packages map[string]*source
}

func (c *comparison) source(dir string) *source {
	c.Helper()
	if c.packages[dir] == nil {
		c.packages[dir] = parsePackage(c.T, filepath.Join(root, dir))
	}
	return c.packages[dir]
}

// named compares a Go type with the schema of a name.
func (c *comparison) named(name string, typ reflect.Type) {
	c.Helper()
	s, ok := c.schemas[name]
	if !ok {
		c.Errorf("there is no schema %s", name)
		return
	}
	if c.used[name] {
		return
	}
	c.used[name] = true
	if typ.Kind() == reflect.Struct {
		c.structure(name, typ, s)
	} else {
		c.value(name, typ, s)
	}
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	hashType     = reflect.TypeFor[wire.Hash]()
	bytesType    = reflect.TypeFor[[]byte]()
	objectType   = reflect.TypeFor[json.RawMessage]() // what is not told apart here is an object
	partsType    = reflect.TypeFor[map[string]json.RawMessage]()
)

func (c *comparison) value(at string, typ reflect.Type, s schema) {
	c.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	ours := strings.HasPrefix(typ.PkgPath(), "till/")
	if s.Ref != "" {
		if ours && s.name() != typ.Name() {
			c.Errorf("%s: refers to schema %s, want %s", at, s.name(), typ.Name())
			return
		}
		if !ours || c.used[s.name()] {
			c.used[s.name()] = true
			s = c.schemas[s.name()]
		} else {
			c.named(s.name(), typ)
			return
		}
		if typ.Kind() == reflect.Struct && typ != timeType {
			return // compared already
		}
	} else if ours && at != typ.Name() {
		c.Errorf("%s: want a reference to schema %s", at, typ.Name())
		return
	}
	want := schema{}
	switch {
	case typ == timeType:
		want.Type, want.Format = "string", "date-time"
	case typ == durationType:
		want.Type, want.Format = "integer", "int64"
	case typ == bytesType:
		want.Type, want.Encoding = "string", "base64"
	case typ == hashType:
		want.Type = "string"
	case typ == objectType, typ == partsType:
		want.Type = "object"
	case typ.Kind() == reflect.Slice:
		if s.Type != "array" || s.Items == nil {
			c.Errorf("%s: want an array", at)
			return
		}
		c.value(at+"[]", typ.Elem(), *s.Items)
		return
	default:
		want.Type, want.Format = plain(typ)
	}
	if s.Type != want.Type || s.Format != want.Format || s.Encoding != want.Encoding {
		c.Errorf("%s: is %s %s %s, want %s %s %s", at, s.Type, s.Format, s.Encoding, want.Type, want.Format, want.Encoding)
	}
	if strings.HasPrefix(want.Format, "uint") && (s.Minimum == nil || strings.HasPrefix(s.Minimum.String(), "-")) {
		c.Errorf("%s: an unsigned number needs its minimum", at)
	}
	if ours && typ.Kind() == reflect.String {
		c.enumeration(at, typ, s)
	}
}

// plain is the schema's type and format of a Go type without more to it. An int
// has 32 bits on some terminals.
func plain(typ reflect.Type) (kind, format string) {
	switch typ.Kind() {
	case reflect.String:
		return "string", ""
	case reflect.Bool:
		return "boolean", ""
	case reflect.Int, reflect.Int32:
		return "integer", "int32"
	case reflect.Int64:
		return "integer", "int64"
	case reflect.Uint32:
		return "integer", "uint32"
	case reflect.Uint64:
		return "integer", "uint64"
	default:
		return "?", typ.String()
	}
}

// enumeration holds that a schema lists the constants of a Go type; the empty
// one is never sent. A type without constants has a pattern.
func (c *comparison) enumeration(at string, typ reflect.Type, s schema) {
	c.Helper()
	var want []string
	for _, k := range c.source(strings.TrimPrefix(typ.PkgPath(), "till/")).strings[typ.Name()] {
		if k.value != "" {
			want = append(want, k.value)
		}
	}
	if len(want) == 0 {
		if s.Pattern == "" {
			c.Errorf("%s: %s has neither constants nor a pattern", at, typ)
		}
		return
	}
	if got := slices.Sorted(slices.Values(s.Enum)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		c.Errorf("%s: lists %v, the constants of %s are %v", at, s.Enum, typ, want)
	}
}

func (c *comparison) structure(name string, typ reflect.Type, s schema) {
	c.Helper()
	if s.Type != "object" {
		c.Errorf("schema %s: type %s, want object", name, s.Type)
	}
	fields := jsonFields(typ)
	var want, required []string
	for _, f := range fields {
		want = append(want, f.name)
		if f.required {
			required = append(required, f.name)
		}
		p, ok := s.Properties[f.name]
		if !ok {
			continue // said below
		}
		at := name + "." + f.name
		if raw, ok := rawFields[at]; ok {
			f.typ = raw
		}
		c.value(at, f.typ, p)
	}
	if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		c.Errorf("schema %s has properties %v, the Go type has %v", name, got, want)
	}
	if got := slices.Sorted(slices.Values(s.Required)); !slices.Equal(got, slices.Sorted(slices.Values(required))) {
		c.Errorf("schema %s requires %v, the Go type always has %v", name, s.Required, required)
	}
}

type jsonField struct {
	name     string
	typ      reflect.Type
	required bool
}

// jsonFields are a struct's fields as JSON has them: those of embedded structs
// stand among its own.
func jsonFields(typ reflect.Type) []jsonField {
	var all []jsonField
	for f := range typ.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "":
			all = append(all, jsonFields(f.Type)...)
		case f.IsExported() && tag != "-":
			optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
			all = append(all, jsonField{name: tag, typ: f.Type, required: !optional})
		}
	}
	return all
}

// TestPatterns holds the patterns to the code that reads ids.
func TestPatterns(t *testing.T) {
	doc, _ := readDocument(t)
	order := regexp.MustCompile(doc.Components.Schemas["Order"].Pattern)
	sale := regexp.MustCompile(doc.Components.Schemas["SaleID"].Pattern)
	const id = "01KAT7X2Q8M5V3N9RD6E4WZB1C"
	for _, s := range []string{
		id, id + "01", id + "99", id + "00", id + "1", id + "+1", id + "001", strings.ToLower(id) + "01", "8" + id[1:] + "01",
		id[:25] + "I01", id[:25] + "L", id[:25] + "O", id[:25] + "U01", id[:25] + "V01", id[:25] + "Z", id[:25] + "é", "", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
	} {
		if _, _, err := payment.Order(s).Split(); (err == nil) != order.MatchString(s) {
			t.Errorf("order %q: the code says %v, the pattern says %v", s, err, order.MatchString(s))
		}
		if _, err := payment.ParseSaleID(s); (err == nil) != sale.MatchString(s) {
			t.Errorf("sale id %q: the code says %v, the pattern says %v", s, err, sale.MatchString(s))
		}
	}
}
