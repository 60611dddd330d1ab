// Package secrets looks for customers' codes everywhere they must not be: files,
// logs, crash output, paper, the wire. A scanned code lives in memory only, and
// crosses the wire sealed.
package secrets

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// Place is somewhere that a code must not be, as it was captured.
type Place struct {
	Name string
	Data []byte
}

// Leak is a code that was found. It names the code by its place in the list
// that was searched for, so that a report of it is no leak itself.
type Leak struct {
	Place string
	Code  int
	Form  string
	At    int // bytes into the place
}

func (l Leak) String() string {
	return fmt.Sprintf("%s holds code %d, %s, at byte %d", l.Place, l.Code, l.Form, l.At)
}

// form is one way to write a code.
type form struct {
	name string
	text []byte
}

// part is how much of a code is told by itself: a sentence may cut it short.
const part = 12

// forms are the ways to write a code that give it away. The digest is one:
// 18 digits are soon tried.
func forms(code string) []form {
	raw := []byte(code)
	all := []form{{"plain", raw}}
	add := func(name string, text []byte) { all = append(all, form{name, text}) }
	if len(code) > part {
		add("its beginning", raw[:part])
		add("its end", raw[len(raw)-part:])
	}
	binaries := map[string][]byte{"": raw}
	if tlv, err := base64.StdEncoding.DecodeString(code); err == nil && len(tlv) > 2*part {
		add("decoded", tlv) // an EMV code is base64 of TLV
		add("the end of it decoded", tlv[len(tlv)-part:])
		binaries[" decoded"] = tlv
	}
	sum := sha256.Sum256(raw)
	binaries[" as its digest"] = sum[:]
	add("as its digest", sum[:])
	for name, b := range binaries {
		add("in hex"+name, []byte(hex.EncodeToString(b)))
		add("in capital hex"+name, bytes.ToUpper([]byte(hex.EncodeToString(b))))
		for _, shift := range []int{0, 1, 2} {
			add("in base64"+name, inBase64(base64.RawStdEncoding, b, shift))
			add("in base64 for addresses"+name, inBase64(base64.RawURLEncoding, b, shift))
		}
	}
	little, big := utf16.Encode([]rune(code)), []byte(nil)
	var small []byte
	var unicode strings.Builder
	for _, c := range little {
		small = binary.LittleEndian.AppendUint16(small, c)
		big = binary.BigEndian.AppendUint16(big, c)
		fmt.Fprintf(&unicode, `\u%04x`, c)
	}
	add("in UTF-16, little-endian", small)
	add("in UTF-16, big-endian", big)
	add("in JSON, every character escaped", []byte(unicode.String()))
	add("in JSON, slashes escaped", []byte(strings.ReplaceAll(code, "/", `\/`)))
	add("in an address", []byte(url.QueryEscape(code)))
	return all
}

// inBase64 is b as it looks in the middle of a longer text in base64, where it
// begins at any of three places in a group; what depends on its neighbours is cut off.
func inBase64(e *base64.Encoding, b []byte, shift int) []byte {
	text := e.EncodeToString(append(make([]byte, shift), b...))
	begin := []int{0, 2, 3}[shift]
	end := len(text)
	if (shift+len(b))%3 != 0 {
		end--
	}
	return []byte(text[begin:end])
}

// Find looks for codes in places.
func Find(places []Place, codes []string) []Leak {
	var leaks []Leak
	for i, code := range codes {
		for _, f := range forms(code) {
			for _, p := range places {
				if at := bytes.Index(p.Data, f.text); at >= 0 {
					leaks = append(leaks, Leak{Place: p.Name, Code: i, Form: f.name, At: at})
				}
			}
		}
	}
	return leaks
}

// Files are all files below a folder, and their names.
func Files(dir string) ([]Place, error) {
	var places []Place
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		places = append(places, Place{Name: "the name of " + path, Data: []byte(path)})
		if !e.Type().IsRegular() {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		places = append(places, Place{Name: path, Data: raw})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is below %s: %w", dir, err)
	}
	return places, nil
}
