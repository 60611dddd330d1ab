package payment

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// EMV consumer-presented mode (EMVCo QR Code Specification for Payment
// Systems, Consumer-Presented Mode): base64 of BER-TLV data objects, the
// payload format indicator first.
//
// DANGER: the objects of a template are card data. Tag 57 is what a magnetic
// stripe holds, tag 5A the number itself. Nothing here keeps their values, and
// no error or String shows any.

const (
	tagPayloadFormat  = 0x85
	tagApplication    = 0x61 // application template
	tagAID            = 0x4F // application definition file name
	tagLabel          = 0x50 // application label
	tagTrack2         = 0x57 // track 2 equivalent data: card data
	cpmPayloadFormat  = "CPV01"
	minAID, maxAID    = 5, 16 // bytes; ISO/IEC 7816-4
	maxLabel          = 16    // bytes; EMV Book 1
	maxCPMText        = MaxCode
	maxCPMDepth       = 4
	maxCPMObjects     = 64
	maxCPMToken       = 255
	unionPayRID       = "\xA0\x00\x00\x03\x33"
	constructedTagBit = 0x20
)

// CPM is what may be known of an EMV consumer-presented code: which
// applications it offers, in the order of the customer's preference.
type CPM struct {
	Applications []CPMApplication
}

// CPMApplication is one payment application of an EMV consumer-presented code.
type CPMApplication struct {
	AID   []byte // 5 to 16 bytes; the first five name the scheme
	Label string // printable ASCII for the customer, often empty
}

// ErrNotCPM is wrapped by every error of ParseCPM.
var ErrNotCPM = errors.New("not an EMV consumer-presented code")

func notCPM(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotCPM, fmt.Sprintf(format, args...))
}

// ParseCPM takes apart the text of an EMV consumer-presented code, base64 with
// or without its padding. Templates are checked throughout, but only the
// applications' names are kept: the rest is card data. Errors tell tags and
// positions, never values.
func ParseCPM(text string) (CPM, error) {
	if len(text) > maxCPMText {
		return CPM{}, notCPM("%d characters, at most %d", len(text), maxCPMText)
	}
	// RawStdEncoding skips line breaks, which no code has within.
	if strings.ContainsAny(text, "\r\n") {
		return CPM{}, notCPM("a line break within")
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(text)-len(strings.TrimRight(text, "=")) > 2 {
		return CPM{}, notCPM("not base64")
	}
	p := tlvParser{left: maxCPMObjects}
	objects, err := p.parse(raw, 1)
	if err != nil {
		return CPM{}, err
	}
	if len(objects) == 0 || objects[0].tag != tagPayloadFormat || string(objects[0].value) != cpmPayloadFormat {
		return CPM{}, notCPM("it does not begin with the payload format %s", cpmPayloadFormat)
	}
	var code CPM
	for _, o := range objects[1:] {
		switch o.tag {
		case tagPayloadFormat:
			return CPM{}, notCPM("a second payload format")
		case tagApplication:
			application, err := parseApplication(o)
			if err != nil {
				return CPM{}, err
			}
			code.Applications = append(code.Applications, application)
		}
	}
	if len(code.Applications) == 0 {
		return CPM{}, notCPM("no application template")
	}
	return code, nil
}

func parseApplication(template tlv) (CPMApplication, error) {
	var a CPMApplication
	for _, o := range template.children {
		switch o.tag {
		case tagAID:
			if a.AID != nil {
				return CPMApplication{}, notCPM("an application with two AIDs")
			}
			if len(o.value) < minAID || len(o.value) > maxAID {
				return CPMApplication{}, notCPM("an AID of %d bytes, want %d to %d", len(o.value), minAID, maxAID)
			}
			a.AID = bytes.Clone(o.value)
		case tagLabel:
			if len(o.value) > maxLabel || !isPrintable(o.value) {
				return CPMApplication{}, notCPM("an application label that is not up to %d printable characters", maxLabel)
			}
			a.Label = string(o.value)
		}
	}
	if a.AID == nil {
		return CPMApplication{}, notCPM("an application without AID")
	}
	return a, nil
}

// Wallet is the wallet whose application the code offers: UnionPay for the
// registered identifier A000000333, else WalletUnknown.
func (c CPM) Wallet() Wallet {
	for _, a := range c.Applications {
		if bytes.HasPrefix(a.AID, []byte(unionPayRID)) {
			return UnionPay
		}
	}
	return WalletUnknown
}

// String names the applications; AIDs are public.
func (c CPM) String() string {
	var b strings.Builder
	b.WriteString("EMV consumer-presented code")
	for _, a := range c.Applications {
		fmt.Fprintf(&b, ", AID %X", a.AID)
		if a.Label != "" {
			fmt.Fprintf(&b, " %q", a.Label)
		}
	}
	return b.String()
}

// NewCPM makes the text of a code with one application, for sandbox wallets:
// an AID of 5 to 16 bytes, a label of at most 16 printable characters or none,
// and a token of 1 to 255 bytes that stands as track 2 equivalent data. What
// it makes is a secret as any code is.
func NewCPM(aid []byte, label string, token []byte) (string, error) {
	switch {
	case len(aid) < minAID || len(aid) > maxAID:
		return "", fmt.Errorf("make an EMV code: an AID of %d bytes, want %d to %d", len(aid), minAID, maxAID)
	case len(label) > maxLabel || !isPrintable([]byte(label)):
		return "", fmt.Errorf("make an EMV code: the label is not up to %d printable characters", maxLabel)
	case len(token) < 1 || len(token) > maxCPMToken:
		return "", fmt.Errorf("make an EMV code: a token of %d bytes, want 1 to %d", len(token), maxCPMToken)
	}
	template := appendTLV(nil, tagAID, aid)
	if label != "" {
		template = appendTLV(template, tagLabel, []byte(label))
	}
	template = appendTLV(template, tagTrack2, token)
	raw := appendTLV(nil, tagPayloadFormat, []byte(cpmPayloadFormat))
	raw = appendTLV(raw, tagApplication, template)
	return base64.StdEncoding.EncodeToString(raw), nil
}

func isPrintable(text []byte) bool {
	for _, c := range text {
		if c < 0x20 || c > 0x7E {
			return false
		}
	}
	return true
}

// tlv is a data object of BER-TLV (ISO/IEC 8825-1, as EMV Book 3, annex B
// narrows it). A constructed one has children, a primitive one a value.
type tlv struct {
	tag      uint32
	value    []byte
	children []tlv
}

// tlvParser bounds what it reads: left is how many objects it may still meet.
type tlvParser struct{ left int }

func (p *tlvParser) parse(data []byte, depth int) ([]tlv, error) {
	if depth > maxCPMDepth {
		return nil, notCPM("templates nested more than %d deep", maxCPMDepth)
	}
	var objects []tlv
	for len(data) > 0 {
		if p.left--; p.left < 0 {
			return nil, notCPM("more than %d data objects", maxCPMObjects)
		}
		tag, constructed, rest, err := parseTag(data)
		if err != nil {
			return nil, err
		}
		length, rest, err := parseLength(tag, rest)
		if err != nil {
			return nil, err
		}
		if length > len(rest) {
			return nil, notCPM("tag %X says %d bytes, %d are left", tag, length, len(rest))
		}
		o := tlv{tag: tag, value: rest[:length]}
		if constructed {
			if o.children, err = p.parse(o.value, depth+1); err != nil {
				return nil, err
			}
		}
		objects = append(objects, o)
		data = rest[length:]
	}
	return objects, nil
}

// parseTag reads a tag of one to three bytes.
func parseTag(data []byte) (tag uint32, constructed bool, rest []byte, err error) {
	first := data[0]
	if first == 0x00 || first == 0xFF {
		return 0, false, nil, notCPM("padding where a tag belongs")
	}
	tag, constructed = uint32(first), first&constructedTagBit != 0
	if first&0x1F != 0x1F {
		return tag, constructed, data[1:], nil
	}
	for i := 1; i < 3 && i < len(data); i++ {
		tag = tag<<8 | uint32(data[i])
		if data[i]&0x80 == 0 {
			return tag, constructed, data[i+1:], nil
		}
	}
	return 0, false, nil, notCPM("a tag that does not end")
}

// parseLength reads a length in the short form or of one or two bytes. EMV
// has no indefinite form.
func parseLength(tag uint32, data []byte) (length int, rest []byte, err error) {
	switch {
	case len(data) >= 1 && data[0] < 0x80:
		return int(data[0]), data[1:], nil
	case len(data) >= 2 && data[0] == 0x81:
		return int(data[1]), data[2:], nil
	case len(data) >= 3 && data[0] == 0x82:
		return int(data[1])<<8 | int(data[2]), data[3:], nil
	default:
		return 0, nil, notCPM("tag %X has no length that can be read", tag)
	}
}

// appendTLV writes an object with a one-byte tag and at most 65,535 bytes.
func appendTLV(to []byte, tag byte, value []byte) []byte {
	to = append(to, tag)
	switch n := len(value); {
	case n < 0x80:
		to = append(to, byte(n))
	case n <= 0xFF:
		to = append(to, 0x81, byte(n))
	default:
		to = append(to, 0x82, byte(n>>8), byte(n))
	}
	return append(to, value...)
}
