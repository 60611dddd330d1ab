package enrolment_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"till/cloud/service"
	"till/cmd/tillcmd"
)

// The device's key is in its own file and nowhere else: not at the gateway, in
// no other file of the terminal, in no log, in no export.
func TestKeyStaysWhereItIs(t *testing.T) {
	var log bytes.Buffer
	dir, cloud := folder(t), folder(t)
	s := startServiceIn(t, cloud, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	claimed, err := s.Claim(service.ClaimOrder{Terminal: "till-07", Settings: shop})
	if err != nil {
		t.Fatal(err)
	}
	c := startCounter(t, dir, fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\nclaim = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint(), claimed.Code))
	c.until("enrolled", selling)
	c.cash()
	c.Close()
	export := filepath.Join(t.TempDir(), "journal")
	if err := tillcmd.Run(t.Context(), []string{"journal", "export", "-data", filepath.Join(dir, "terminal"), "-o", export}, &log, &log); err != nil {
		t.Fatal(err)
	}

	keys, err := filepath.Glob(filepath.Join(dir, "terminal", "identity", "key-*.pem"))
	if err != nil || len(keys) != 1 {
		t.Fatalf("the keys are %v (%v)", keys, err)
	}
	raw, err := os.ReadFile(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string][]byte{
		"bytes": secret, "hexadecimal": []byte(hex.EncodeToString(secret)), "base64": []byte(base64.RawStdEncoding.EncodeToString(secret)[:40]),
		"PEM": []byte(strings.Split(string(raw), "\n")[1]),
	}
	files := 0
	look := func(name string, data []byte) {
		for form, want := range forms {
			if bytes.Contains(data, want) {
				t.Errorf("the key is in %s, as %s", name, form)
			}
		}
		if bytes.Contains(data, []byte(claimed.Code)) && !strings.HasSuffix(name, "till.toml") { // which the test wrote
			t.Errorf("the claim is in %s", name)
		}
	}
	for _, root := range []string{dir, cloud, filepath.Dir(export)} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || path == keys[0] {
				return err
			}
			data, err := os.ReadFile(path)
			files++
			look(path, data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 8 {
		t.Errorf("only %d files were looked into", files)
	}
	look("the log", log.Bytes())
}
