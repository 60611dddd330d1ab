package protocol_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"till/cloud/enrol"
	"till/payment/pin"
	"till/sync/wire/enrolment"
)

const enrolmentFile = "enrolment.yaml"

// openAPI is the part of the document that this test reads.
type openAPI struct {
	Version string `json:"openapi"`
	Paths   map[string]map[string]struct {
		Security  []map[string]any `json:"security"`
		Responses map[string]reply `json:"responses"`
	} `json:"paths"`
	Components struct {
		Responses map[string]reply  `json:"responses"`
		Schemas   map[string]schema `json:"schemas"`
	} `json:"components"`
}

type reply struct {
	reference
	Headers map[string]any `json:"headers"`
	Content map[string]struct {
		Schema reference `json:"schema"`
	} `json:"content"`
}

// door is a gateway's enrolment, and the document that its answers are held to.
type door struct {
	*testing.T
	doc      openAPI
	compiler *jsonschema.Compiler
	registry *enrol.Registry
	address  string
	now      time.Time
	seen     map[string]bool // operation and status
}

func openDoor(t *testing.T) *door {
	t.Helper()
	d := &door{T: t, now: time.Now(), seen: map[string]bool{}}
	d.compiler = schemasOf(t, enrolmentFile, readYAML(t, enrolmentFile, &d.doc))
	d.compiler.AssertFormat()
	var err error
	d.registry, err = enrol.Open(t.TempDir(), enrol.Options{
		Now: func() time.Time { return d.now }, Common: enrolment.Settings{"gateway.broker": "ssl://gateway.example:8883", "gateway.key": "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: d.registry.Handler(slog.New(slog.DiscardHandler)), ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(tls.NewListener(l, d.registry.Authority().ServerTLS([]string{"127.0.0.1"}))) // it is closed below
	}()
	t.Cleanup(func() {
		_ = server.Close() // what it says changes nothing
		<-ended
		if err := d.registry.Close(); err != nil {
			t.Error(err)
		}
	})
	d.address = "https://" + l.Addr().String()
	return d
}

func (d *door) claim(terminal string, device enrolment.Device, replace bool) enrolment.Claim {
	d.Helper()
	code, _, err := d.registry.Invite(enrol.NewClaim{Terminal: terminal, Device: device, Replace: replace, Settings: enrolment.Settings{
		"merchant.name": "Shop", "merchant.timezone": "UTC", "merchant.currency": "USD", "merchant.foot": []any{"Thank you"}, "test": true, "journal.keep_days": 90,
	}})
	if err != nil {
		d.Fatal(err)
	}
	return code
}

// key is a device's, with the certificate that it shows, if any.
type key struct {
	*ecdsa.PrivateKey
	cert []byte
}

func (d *door) key() *key {
	d.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		d.Fatal(err)
	}
	return &key{PrivateKey: k}
}

func (d *door) csr(k *key) string {
	d.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, k.PrivateKey)
	if err != nil {
		d.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// ask sends a body and holds the answer to the document. shown may be nil.
func (d *door) ask(method, path string, body any, shown *key, want int) []byte {
	d.Helper()
	raw, isRaw := body.([]byte)
	if !isRaw && body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			d.Fatal(err)
		}
		d.hold("#/components/schemas/"+reflect.TypeOf(body).Name(), raw)
	}
	config := &tls.Config{RootCAs: d.registry.Authority().Pool(), MinVersion: tls.VersionTLS13}
	if shown != nil {
		config.Certificates = []tls.Certificate{{Certificate: [][]byte{shown.cert}, PrivateKey: shown.PrivateKey}}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(d.Context(), method, d.address+path, bytes.NewReader(raw))
	if err != nil {
		d.Fatal(err)
	}
	answer, err := client.Do(req)
	if err != nil {
		d.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		d.Fatal(err)
	}
	if answer.StatusCode != want {
		d.Fatalf("%s %s: %s, want %d: %s", method, path, answer.Status, want, got)
	}
	status := fmt.Sprint(want)
	r, ok := d.doc.Paths[path][strings.ToLower(method)].Responses[status]
	if !ok {
		d.Fatalf("%s %s: %s is not documented", method, path, status)
	}
	d.seen[method+" "+path+" "+status] = true
	if r.Ref != "" {
		r = d.doc.Components.Responses[r.name()]
	}
	for header := range r.Headers {
		if answer.Header.Get(header) == "" {
			d.Errorf("%s %s: %s without %s", method, path, status, header)
		}
	}
	d.hold(r.Content["application/json"].Schema.Ref, got)
	return got
}

// hold holds JSON to a schema.
func (d *door) hold(ref string, raw []byte) {
	d.Helper()
	s, err := d.compiler.Compile(enrolmentFile + ref)
	if err != nil {
		d.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		d.Fatalf("%v: %s", err, raw)
	}
	if err := s.Validate(value); err != nil {
		d.Errorf("%s: %v: %s", ref, err, raw)
	}
}

// take puts a granted certificate to a key.
func (d *door) take(k *key, raw []byte) *key {
	d.Helper()
	var grant enrolment.Grant
	if err := json.Unmarshal(raw, &grant); err != nil {
		d.Fatal(err)
	}
	cert, err := enrol.ParseCertificate([]byte(grant.Certificate))
	if err != nil {
		d.Fatal(err)
	}
	return &key{k.PrivateKey, cert.Raw}
}

// TestEnrolment brings every answer about that the document has, but for the
// gateway's own trouble, and holds each to its schema.
func TestEnrolment(t *testing.T) {
	d := openDoor(t)
	if !strings.HasPrefix(d.doc.Version, "3.1.") {
		t.Errorf("OpenAPI %s", d.doc.Version)
	}
	const post, get = http.MethodPost, http.MethodGet
	first, second := d.key(), d.key()
	request := func(k *key, claim enrolment.Claim) enrolment.Request {
		return enrolment.Request{CSR: d.csr(k), Claim: string(claim), Version: "v1"}
	}
	var waiting enrolment.Waiting
	if err := json.Unmarshal(d.ask(post, enrolment.CertificatePath, request(first, ""), nil, http.StatusAccepted), &waiting); err != nil {
		t.Fatal(err)
	}
	d.claim("till-07", enrolment.Device(waiting.Device), false)
	first = d.take(first, d.ask(post, enrolment.CertificatePath, request(first, ""), nil, http.StatusOK))
	d.ask(post, enrolment.CertificatePath, []byte("{"), nil, http.StatusBadRequest)
	d.ask(post, enrolment.CertificatePath, enrolment.Request{CSR: "none"}, nil, http.StatusBadRequest)
	d.ask(post, enrolment.CertificatePath, request(second, "123"), nil, http.StatusBadRequest)

	d.ask(get, enrolment.TerminalPath, nil, nil, http.StatusUnauthorized)
	d.ask(get, enrolment.TerminalPath, nil, first, http.StatusOK)
	d.ask(post, enrolment.RenewalPath, request(first, ""), nil, http.StatusUnauthorized)
	d.ask(post, enrolment.RenewalPath, []byte("[]"), first, http.StatusBadRequest)
	d.ask(post, enrolment.RenewalPath, request(second, ""), first, http.StatusBadRequest)
	renewed := d.take(first, d.ask(post, enrolment.RenewalPath, request(first, ""), first, http.StatusOK))
	d.ask(get, enrolment.TerminalPath, nil, renewed, http.StatusOK)
	d.ask(get, enrolment.TerminalPath, nil, first, http.StatusForbidden)
	d.ask(post, enrolment.RenewalPath, request(first, ""), first, http.StatusForbidden)

	reset := func() enrolment.Claim {
		t.Helper()
		code, _, err := d.registry.AllowReset("till-07", 0)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	hash := pin.New("8642", pin.NewSalt()).String()
	d.ask(post, enrolment.ResetPath, enrolment.Reset{Code: string(reset()), ManagerPIN: hash}, nil, http.StatusUnauthorized)
	d.ask(post, enrolment.ResetPath, enrolment.Reset{Code: string(reset()), ManagerPIN: hash}, first, http.StatusForbidden)
	d.ask(post, enrolment.ResetPath, []byte(`{"code":"`+string(reset())+`","manager_pin":"8642"}`), renewed, http.StatusBadRequest)
	keyed := enrolment.Reset{Code: reset().String(), ManagerPIN: hash}
	d.ask(post, enrolment.ResetPath, keyed, renewed, http.StatusOK)
	d.ask(post, enrolment.ResetPath, keyed, renewed, http.StatusOK) // its answer was lost
	keyed.ManagerPIN = pin.New("9753", pin.NewSalt()).String()
	d.ask(post, enrolment.ResetPath, keyed, renewed, http.StatusConflict)
	late := reset()
	d.now = d.now.Add(enrol.DefaultResetLife)
	d.ask(post, enrolment.ResetPath, enrolment.Reset{Code: string(late), ManagerPIN: hash}, renewed, http.StatusGone)

	code := d.claim("till-08", "", false)
	d.ask(post, enrolment.CertificatePath, request(second, code), nil, http.StatusOK)
	d.ask(post, enrolment.CertificatePath, request(d.key(), code), nil, http.StatusConflict)
	if err := d.registry.Revoke("till-08"); err != nil {
		t.Fatal(err)
	}
	d.ask(post, enrolment.CertificatePath, request(second, code), nil, http.StatusForbidden)
	code = d.claim("till-08", "", false)
	d.now = d.now.Add(enrol.DefaultClaimLife)
	d.ask(post, enrolment.CertificatePath, request(second, code), nil, http.StatusGone)
	const wrong = "079927398713"
	d.ask(post, enrolment.ResetPath, enrolment.Reset{Code: wrong, ManagerPIN: hash}, renewed, http.StatusNotFound)
	for range 9 {
		d.ask(post, enrolment.CertificatePath, request(second, wrong), nil, http.StatusNotFound)
	}
	d.ask(post, enrolment.CertificatePath, request(second, wrong), nil, http.StatusTooManyRequests)
	d.ask(post, enrolment.ResetPath, enrolment.Reset{Code: string(reset()), ManagerPIN: hash}, renewed, http.StatusTooManyRequests)

	for path, methods := range d.doc.Paths {
		for method, op := range methods {
			for status := range op.Responses {
				if what := strings.ToUpper(method) + " " + path + " " + status; status != "500" && !d.seen[what] {
					t.Errorf("%s never comes", what)
				}
			}
			if secured := len(op.Security) > 0; secured != (path != enrolment.CertificatePath) {
				t.Errorf("%s %s: security is %v", method, path, op.Security)
			}
		}
	}
}

// TestEnrolmentTypes holds the document's reasons and fields to the code's.
func TestEnrolmentTypes(t *testing.T) {
	d := openDoor(t)
	var reasons []string
	for _, k := range parsePackage(t, filepath.Join(root, "sync/wire/enrolment")).strings["Reason"] {
		reasons = append(reasons, k.value)
	}
	documented := d.doc.Components.Schemas["Reason"].Enum
	slices.Sort(reasons)
	if got := slices.Sorted(slices.Values(documented)); !slices.Equal(got, reasons) {
		t.Errorf("the reasons are %v, the code has %v", got, reasons)
	}
	for name, value := range map[string]any{
		"Request": enrolment.Request{CSR: "x", Claim: "x", Version: "x"}, "Grant": enrolment.Grant{}, "Waiting": enrolment.Waiting{},
		"Standing": enrolment.Standing{}, "Reset": enrolment.Reset{}, "Refusal": enrolment.Refusal{},
	} {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		got, want := slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(d.doc.Components.Schemas[name].Properties))
		if !slices.Equal(got, want) {
			t.Errorf("%s has %v, the document %v", name, got, want)
		}
	}
}
