package secrets_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"till/lab/secrets"
)

// marked are codes of each wallet that no sandbox gave out.
var marked = []string{
	"134567890123456789",
	"287654321098765432",
	base64.StdEncoding.EncodeToString([]byte("\x85\x05CPV01\x61\x2f\x4f\x08\xa0\x00\x00\x03\x33\x01\x01\x01\x57\x13a token of some length?")),
}

// planted are ways to give a code away, each with how it is written there.
func planted(code string) map[string][]byte {
	sum := sha256.Sum256([]byte(code))
	quoted, err := json.Marshal(code)
	if err != nil {
		panic(err) // of a text it cannot be
	}
	wide := func(put func([]byte, uint16) []byte) (b []byte) {
		for _, c := range utf16.Encode([]rune(code)) {
			b = put(b, c)
		}
		return b
	}
	all := map[string][]byte{
		"plain":              []byte(code),
		"cut short":          []byte(code[:15] + "…"),
		"its end":            []byte("…" + code[len(code)-12:]),
		"hex":                []byte(hex.EncodeToString([]byte(code))),
		"capital hex":        bytes.ToUpper([]byte(hex.EncodeToString([]byte(code)))),
		"base64":             []byte(base64.StdEncoding.EncodeToString([]byte(code))),
		"base64 in a text":   []byte(base64.StdEncoding.EncodeToString([]byte(`{"code":"` + code + `"}`))),
		"base64 one further": []byte(base64.RawURLEncoding.EncodeToString([]byte(` {"code":"` + code + `"}`))),
		"base64 two further": []byte(base64.URLEncoding.EncodeToString([]byte(`  {"code":"` + code + `"}`))),
		"JSON":               quoted,
		"JSON in JSON":       []byte(strings.ReplaceAll(string(quoted), "/", `\/`)),
		"UTF-16 LE":          wide(func(b []byte, c uint16) []byte { return append(b, byte(c), byte(c>>8)) }),
		"UTF-16 BE":          wide(func(b []byte, c uint16) []byte { return append(b, byte(c>>8), byte(c)) }),
		"digest":             sum[:],
		"digest in hex":      []byte(hex.EncodeToString(sum[:])),
		"digest in base64":   []byte(base64.StdEncoding.EncodeToString(sum[:])),
	}
	if tlv, err := base64.StdEncoding.DecodeString(code); err == nil && len(tlv) > 40 {
		all["decoded"] = tlv
		all["decoded, in hex"] = []byte(hex.EncodeToString(tlv))
		all["its token"] = tlv[len(tlv)-19:]
	}
	return all
}

// TestFindsPlanted is the test of the search: what is planted is found, and
// nothing else.
func TestFindsPlanted(t *testing.T) {
	noise := make([]byte, 10_000)
	for i := range noise {
		noise[i] = byte(rand.N(256))
	}
	if found := secrets.Find([]secrets.Place{{Name: "noise", Data: noise}}, marked); len(found) > 0 {
		t.Errorf("found where nothing is: %v", found)
	}
	for i, code := range marked {
		for name, text := range planted(code) {
			at := rand.N(len(noise))
			data := bytes.Join([][]byte{noise[:at], text, noise[at:]}, nil)
			found := secrets.Find([]secrets.Place{{Name: "noise", Data: noise}, {Name: "planted", Data: data}}, marked)
			if len(found) == 0 || found[0].Place != "planted" || found[0].Code != i {
				t.Errorf("code %d, %s: found %v", i, name, found)
			}
		}
	}
}

// TestFilesOf finds a code in a file, however deep, and in a file's name.
func TestFilesOf(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(deep, "core"), filepath.Join(dir, marked[0])} {
		if err := os.WriteFile(path, []byte("x"+marked[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		places, err := secrets.Files(dir)
		if err != nil {
			t.Fatal(err)
		}
		if found := secrets.Find(places, marked[:2]); len(found) == 0 {
			t.Errorf("nothing found of %s", filepath.Base(path))
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTap hears what is sent in pieces, both ways.
func TestTap(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // an echo
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 100)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if _, err := conn.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	tap := secrets.NewTap()
	defer tap.Close()
	address, err := tap.Line("test", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, piece := range []string{marked[0][:7], marked[0][7:]} {
		if _, err := conn.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	places := tap.Places()
	if len(places) != 2 {
		t.Fatalf("%d streams, want both directions", len(places))
	}
	for _, p := range places {
		if len(secrets.Find([]secrets.Place{p}, marked)) == 0 {
			t.Errorf("%s: nothing found in %q", p.Name, p.Data)
		}
	}
}
