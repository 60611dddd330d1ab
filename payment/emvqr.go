package payment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// EMV merchant-presented mode (EMVCo QR Code Specification for Payment Systems,
// Merchant-Presented Mode): data objects of a two-digit ID, a two-digit length
// and a value, the last of which is a CRC over all before it.
//
// The length counts characters and the CRC counts UTF-8 bytes. The two agree
// until a merchant's name is Chinese.

const (
	maxMerchantQR   = 512 // characters
	maxObjectLength = 99  // characters of a value: the length has two digits
	idPayloadFormat = "00"
	idCRC           = "63"
	payloadFormat   = "01"
	crcLength       = 4 // hexadecimal digits
)

// ErrNotMerchantQR is wrapped by every error of ParseMerchantQR and Encode.
var ErrNotMerchantQR = errors.New("not an EMV merchant-presented QR code")

func notMerchantQR(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotMerchantQR, fmt.Sprintf(format, args...))
}

// MerchantQR is an EMV merchant-presented QR code: its data objects in order,
// beginning with the payload format indicator (ID 00). The CRC (ID 63) is none
// of them: Encode adds it and ParseMerchantQR takes it off. Any order in
// between will do; the specification's own sample is not sorted.
type MerchantQR struct {
	Objects []QRObject
}

// QRObject is a data object: a Value, or a Template of further objects for the
// IDs 26 to 51, 62, 64 and 80 to 99 at the top.
type QRObject struct {
	ID       string // two digits
	Value    string // 1 to 99 characters
	Template []QRObject
}

// Get is the value at a path of IDs: Get("59") is the merchant's name,
// Get("62", "05") the reference label of the additional data.
func (q MerchantQR) Get(path ...string) (string, bool) {
	objects := q.Objects
	for i, id := range path {
		at := slices.IndexFunc(objects, func(o QRObject) bool { return o.ID == id })
		if at < 0 {
			return "", false
		}
		if i == len(path)-1 {
			return objects[at].Value, objects[at].Template == nil
		}
		objects = objects[at].Template
	}
	return "", false
}

// Encode writes the code with its CRC. It refuses what ParseMerchantQR would.
func (q MerchantQR) Encode() (string, error) {
	var b strings.Builder
	for i, o := range q.Objects {
		if isTemplate(o.ID) != (o.Template != nil) || o.Template != nil && o.Value != "" {
			return "", notMerchantQR("ID %.8q must have %s alone", o.ID, contentOf(o.ID))
		}
		value := o.Value
		if o.Template != nil {
			var inner strings.Builder
			for _, sub := range o.Template {
				if sub.Template != nil {
					return "", notMerchantQR("ID %.8q: a template within a template", o.ID)
				}
				if err := writeObject(&inner, sub.ID, sub.Value); err != nil {
					return "", fmt.Errorf("in ID %.8q: %w", o.ID, err)
				}
			}
			value = inner.String()
		}
		if o.ID == idCRC {
			return "", notMerchantQR("object %d is a CRC, which is added by itself", i+1)
		}
		if err := writeObject(&b, o.ID, value); err != nil {
			return "", err
		}
	}
	b.WriteString(idCRC + "04")
	text := b.String() + fmt.Sprintf("%04X", CRC16(b.String()))
	if _, err := ParseMerchantQR(text); err != nil { // the rules for the whole
		return "", err
	}
	return text, nil
}

func writeObject(b *strings.Builder, id, value string) error {
	if !isID(id) {
		return notMerchantQR("ID %.8q is not two digits", id)
	}
	n := utf8.RuneCountInString(value)
	if n < 1 || n > maxObjectLength {
		return notMerchantQR("ID %s has %d characters, want 1 to %d", id, n, maxObjectLength)
	}
	if !utf8.ValidString(value) {
		return notMerchantQR("ID %s is not UTF-8", id)
	}
	fmt.Fprintf(b, "%s%02d%s", id, n, value)
	return nil
}

// ParseMerchantQR takes the text of a code apart and checks its CRC, whose
// hexadecimal digits may be of either case.
func ParseMerchantQR(text string) (MerchantQR, error) {
	// In bytes first, so that a flood is not even counted.
	if len(text) > maxMerchantQR*utf8.UTFMax || utf8.RuneCountInString(text) > maxMerchantQR {
		return MerchantQR{}, notMerchantQR("more than %d characters", maxMerchantQR)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return MerchantQR{}, notMerchantQR("it is not text")
	}
	objects, err := parseObjects(text)
	if err != nil {
		return MerchantQR{}, err
	}
	if len(objects) == 0 || objects[0].ID != idPayloadFormat || objects[0].Value != payloadFormat {
		return MerchantQR{}, notMerchantQR("it does not begin with the payload format 000201")
	}
	last := objects[len(objects)-1]
	if last.ID != idCRC || len(last.Value) != crcLength {
		return MerchantQR{}, notMerchantQR("it does not end in a CRC of %d characters (ID 63)", crcLength)
	}
	want := fmt.Sprintf("%04X", CRC16(text[:len(text)-crcLength]))
	if !strings.EqualFold(last.Value, want) {
		return MerchantQR{}, notMerchantQR("the CRC is %s and should be %s: the code is damaged", last.Value, want)
	}
	objects = objects[:len(objects)-1]
	for i, o := range objects {
		if !isTemplate(o.ID) {
			continue
		}
		inner, err := parseObjects(o.Value)
		if err != nil {
			return MerchantQR{}, fmt.Errorf("in ID %s: %w", o.ID, err)
		}
		objects[i] = QRObject{ID: o.ID, Template: inner}
	}
	return MerchantQR{Objects: objects}, nil
}

// parseObjects reads one level; an ID may stand there once.
func parseObjects(text string) ([]QRObject, error) {
	runes := []rune(text)
	var objects []QRObject
	seen := map[string]bool{}
	for at := 0; at < len(runes); {
		if len(runes)-at < 4 {
			return nil, notMerchantQR("%d characters are left over at character %d", len(runes)-at, at+1)
		}
		id, length := string(runes[at:at+2]), string(runes[at+2:at+4])
		if !isID(id) || !isID(length) {
			return nil, notMerchantQR("no ID and length of two digits each at character %d", at+1)
		}
		if seen[id] {
			return nil, notMerchantQR("ID %s stands twice", id)
		}
		seen[id] = true
		n := int(length[0]-'0')*10 + int(length[1]-'0')
		if at += 4; n == 0 || n > len(runes)-at {
			return nil, notMerchantQR("ID %s says %d characters, %d are left", id, n, len(runes)-at)
		}
		objects = append(objects, QRObject{ID: id, Value: string(runes[at : at+n])})
		at += n
	}
	return objects, nil
}

func isID(s string) bool { return len(s) == 2 && isDigits(s) }

// isTemplate: merchant account information 26 to 51, additional data 62,
// merchant information in another language 64, unreserved templates 80 to 99.
func isTemplate(id string) bool {
	return isID(id) && (id >= "26" && id <= "51" || id == "62" || id == "64" || id >= "80")
}

func contentOf(id string) string {
	if isTemplate(id) {
		return "a template"
	}
	return "a value"
}

// CRC16 is CRC-16/CCITT-FALSE (polynomial 1021, first FFFF, not reflected, not
// inverted) over the bytes of s: 29B1 for "123456789".
func CRC16(s string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(s) {
		crc ^= uint16(s[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
