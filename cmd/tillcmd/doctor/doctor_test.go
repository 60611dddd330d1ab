package doctor_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/cmd/tillcmd/doctor"
	"till/device"
	"till/display"
	"till/printer"
	"till/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)

const year = 365 * 24 * time.Hour

func still(time.Time) time.Duration { return 0 }

func examine(t *testing.T, f *doctor.Fake, o doctor.Options) doctor.Report {
	t.Helper()
	o.Since = still
	return doctor.Run(t.Context(), f.Subject(), o)
}

// said are the findings of a state, as "id advice".
func said(r doctor.Report, s doctor.State) []string {
	var all []string
	for _, f := range r.Findings {
		if f.State == s {
			all = append(all, strings.TrimSpace(f.ID+" "+strings.TrimPrefix(string(f.Next.Key), "doctor_")))
		}
	}
	return all
}

// Where all is well, every check says so, and each was made.
func TestAllWell(t *testing.T) {
	f := doctor.NewFake(now)
	r := examine(t, f, doctor.Options{Interactive: true, Ask: func(context.Context, words.Sentence) (bool, error) { return true, nil }})
	if !r.Well() || r.Count(doctor.Failed)+r.Count(doctor.NotHere) > 0 {
		t.Errorf("failed %v, not here %v", said(r, doctor.Failed), said(r, doctor.NotHere))
	}
	var made []string
	for _, x := range r.Findings {
		made = append(made, x.ID)
	}
	want := slices.DeleteFunc(doctor.IDs(), func(id string) bool { return id == "board.bench" }) // a Pi has none
	if !slices.Equal(made, want) {
		t.Errorf("made %v, want %v", made, want)
	}
	if r.Board != "pi3b" || r.Terminal != "shop-1" || !r.At.Equal(now) {
		t.Errorf("the report is of %q on %q at %v", r.Terminal, r.Board, r.At)
	}
}

func certificate(before, after time.Time) x509.CertificateInvalidError {
	return x509.CertificateInvalidError{
		Reason: x509.Expired, Cert: &x509.Certificate{Subject: pkix.Name{CommonName: "gateway.example"}, NotBefore: before, NotAfter: after},
	}
}

// Each fault is named by the one check that it concerns, and by nothing else.
func TestFaults(t *testing.T) {
	unplugged := func(f *doctor.Fake) { f.CardErr = display.ErrUnplugged }
	for name, c := range map[string]struct {
		spoil           func(*doctor.Fake)
		failed, notHere string
	}{
		"configuration":        {func(f *doctor.Fake) { f.ConfigErr = errors.New("line 3: terminal is misspelt") }, "config.file bad_config", ""},
		"another board":        {func(f *doctor.Fake) { f.Configured = "pi4b" }, "board.model other_board", ""},
		"no board at all":      {func(f *doctor.Fake) { f.Detected, f.Model = "", "" }, "board.model not_that_board", ""},
		"no pins":              {func(f *doctor.Fake) { f.BoardParts[0].Err = fs.ErrPermission }, "board.gpio no_gpio", ""},
		"no SPI, not needed":   {func(f *doctor.Fake) { f.BoardParts[1] = doctor.Part{Name: "spi", Err: fs.ErrNotExist} }, "", "board.spi"},
		"no SPI for the panel": {func(f *doctor.Fake) { f.BoardParts[1] = doctor.Part{Name: "spi", Err: fs.ErrNotExist, Wanted: true} }, "board.spi no_spi", ""},
		"no watchdog":          {func(f *doctor.Fake) { f.BoardParts[3].Err = fs.ErrNotExist }, "board.watchdog no_watchdog", ""},
		"display unplugged":    {unplugged, "", "display.panel no_display"},
		"read-only panel":      {func(f *doctor.Fake) { f.CardErr = fmt.Errorf("open /dev/fb0: %w", fs.ErrPermission) }, "display.panel display_forbidden", ""},
		"broken panel":         {func(f *doctor.Fake) { f.CardErr = errors.New("spi: input/output error") }, "display.panel display_fails", ""},
		"no touch":             {func(f *doctor.Fake) { f.TouchThere = false }, "", "touch.panel no_touch"},
		"touch unreadable":     {func(f *doctor.Fake) { f.TouchErr = fs.ErrPermission }, "touch.panel touch_fails", ""},
		"no number pad":        {func(f *doctor.Fake) { f.KeysThere = false }, "", "touch.keys no_keys"},
		"touch off":            {func(f *doctor.Fake) { f.CornerOff = image.Pt(-200, 3) }, "touch.corners corner_off", ""},
		"touch dead":           {func(f *doctor.Fake) { f.CornerErr = context.DeadlineExceeded }, "touch.corners corner_late", ""},
		"scanner gone":         {func(f *doctor.Fake) { f.ScannerNames = nil }, "", "scanner.device no_scanner"},
		"that scanner gone":    {func(f *doctor.Fake) { f.ScannerErr = errors.New("the configured one is not there") }, "scanner.device scanner_fails", ""},
		"scanner deaf":         {func(f *doctor.Fake) { f.ScanErr = context.DeadlineExceeded }, "scanner.read scan_late", ""},
		"out of paper": {func(f *doctor.Fake) { f.PrinterState.State = printer.StateNoPaper },
			"printer.status printer_paper", ""},
		"printer open": {func(f *doctor.Fake) { f.PrinterState.State = printer.StateCoverOpen },
			"printer.status printer_cover", ""},
		"printer not ready": {func(f *doctor.Fake) { f.PrinterState.State = printer.StateOffline },
			"printer.status printer_offline", ""},
		"no printer": {func(f *doctor.Fake) {
			f.PrinterState.State, f.PrinterErr = printer.StateOff, &printer.NotOpen{Err: printer.ErrNoPrinter}
		}, "", "printer.status no_printer"},
		"that printer gone": {func(f *doctor.Fake) {
			f.PrinterState.State, f.PrinterErr = printer.StateOff, &printer.NotOpen{Err: errors.New("/dev/usb/lp0 is not there")}
		}, "printer.status printer_gone", ""},
		"printer forbidden": {func(f *doctor.Fake) {
			f.PrinterState.State, f.PrinterErr = printer.StateOff, &printer.NotOpen{Err: fs.ErrPermission}
		}, "printer.status printer_forbidden", ""},
		"silent printer":        {func(f *doctor.Fake) { f.PrinterState.State, f.PageErr = printer.StateUnknown, printer.ErrUnconfirmed }, "", ""},
		"paper ends":            {func(f *doctor.Fake) { f.PageErr = &printer.NotReady{State: printer.StateNoPaper, Started: true} }, "printer.page printer_paper", ""},
		"printer pulled":        {func(f *doctor.Fake) { f.PageErr = printer.ErrGone }, "printer.page page_fails", ""},
		"drawer's pin":          {func(f *doctor.Fake) { f.KickErr = errors.New("busy") }, "pins.drawer pin_fails", ""},
		"no drawer":             {func(f *doctor.Fake) { f.KickErr = doctor.ErrAbsent }, "", "pins.drawer not_wired"},
		"buzzer":                {func(f *doctor.Fake) { f.BeepErr = errors.New("busy") }, "pins.buzzer pin_fails", ""},
		"light":                 {func(f *doctor.Fake) { f.LightErr = errors.New("busy") }, "pins.light pin_fails", ""},
		"cable out":             {func(f *doctor.Fake) { f.NetworkLinks[0].Up = false }, "network.link no_link", ""},
		"no network device":     {func(f *doctor.Fake) { f.NetworkLinks = nil }, "network.link no_network", ""},
		"no address":            {func(f *doctor.Fake) { f.NetworkLinks[0].Addresses = nil }, "network.address no_address", ""},
		"no DHCP":               {func(f *doctor.Fake) { f.NetworkLinks[0].Addresses = []netip.Addr{netip.MustParseAddr("169.254.3.4")} }, "network.address no_dhcp", ""},
		"DNS failing":           {func(f *doctor.Fake) { f.ResolveErr = &net.DNSError{Err: "server misbehaving"} }, "network.dns dns_fails", ""},
		"no such host":          {func(f *doctor.Fake) { f.ResolveErr = &net.DNSError{Err: "no such host", IsNotFound: true} }, "network.dns no_such_host", ""},
		"not enrolled":          {func(f *doctor.Fake) { f.EnrolErr = doctor.ErrAbsent }, "", "gateway.enrolment not_enrolled"},
		"enrolment damaged":     {func(f *doctor.Fake) { f.EnrolErr = errors.New("damaged") }, "gateway.enrolment enrolment_fails", ""},
		"no broker":             {func(f *doctor.Fake) { f.ConnectErr = fmt.Errorf("dial: %w", syscall.ECONNREFUSED) }, "gateway.connect no_broker", ""},
		"firewall":              {func(f *doctor.Fake) { f.ConnectErr = context.DeadlineExceeded }, "gateway.connect broker_silent", ""},
		"no route":              {func(f *doctor.Fake) { f.ConnectErr = syscall.EHOSTUNREACH }, "gateway.connect unreachable", ""},
		"certificate expired":   {func(f *doctor.Fake) { f.Own.After = now.Add(-time.Hour) }, "gateway.certificate certificate_over", ""},
		"certificate too early": {func(f *doctor.Fake) { f.Own.Before = now.Add(time.Hour) }, "gateway.certificate certificate_early", ""},
		"no certificate":        {func(f *doctor.Fake) { f.OwnErr = doctor.ErrAbsent }, "", "gateway.certificate no_certificate"},
		"certificate unreadable": {func(f *doctor.Fake) { f.OwnErr = errors.New("no PEM data") },
			"gateway.certificate certificate_fails", ""},
		"another private key": {func(f *doctor.Fake) { f.OwnErr = errors.New("tls: private key does not match public key") },
			"gateway.certificate key_mismatch", ""},
		"gateway's certificate expired":   {func(f *doctor.Fake) { f.HandshakeErr = certificate(now.Add(-year), now.Add(-time.Hour)) }, "gateway.tls server_over", ""},
		"gateway's certificate too early": {func(f *doctor.Fake) { f.HandshakeErr = certificate(now.Add(time.Hour), now.Add(year)) }, "gateway.tls server_early", ""},
		"a stranger's gateway":            {func(f *doctor.Fake) { f.HandshakeErr = x509.UnknownAuthorityError{} }, "gateway.tls unknown_authority", ""},
		"another host's gateway":          {func(f *doctor.Fake) { f.HandshakeErr = x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}} }, "gateway.tls other_host", ""},
		"certificate revoked":             {func(f *doctor.Fake) { f.HandshakeErr = fmt.Errorf("remote error: %w", tls.AlertError(44)) }, "gateway.tls terminal_refused", ""},
		"no TLS there":                    {func(f *doctor.Fake) { f.HandshakeErr = tls.RecordHeaderError{Msg: "no TLS"} }, "gateway.tls tls_fails", ""},
		"not encrypted":                   {func(f *doctor.Fake) { f.Encrypted = false }, "", "gateway.tls not_encrypted"},
		"gateway silent":                  {func(f *doctor.Fake) { f.GreetErr = doctor.ErrSilent }, "gateway.greeting gateway_silent", ""},
		"terminal unknown":                {func(f *doctor.Fake) { f.GreetErr = fmt.Errorf("%w: not authorized", doctor.ErrRefused) }, "gateway.greeting refused", ""},
		"no hello":                        {func(f *doctor.Fake) { f.GreetErr = errors.New("broken pipe") }, "gateway.greeting mqtt_fails", ""},
		"wrong key":                       {func(f *doctor.Fake) { f.OwnKey = "8899aabbccddeeff" }, "gateway.key wrong_key", ""},
		"clock off":                       {func(f *doctor.Fake) { f.Greeting.Off = 26 * time.Hour }, "clock.time clock_off", ""},
		"clock unknown": {func(f *doctor.Fake) {
			f.Time, f.HandshakeErr = time.Unix(0, 0), certificate(now.Add(-year), now.Add(year))
		}, "gateway.tls clock_unset_tls, clock.time clock_unset", ""},
		"no battery":     {func(f *doctor.Fake) { f.BatteryErr = doctor.ErrAbsent }, "", "clock.battery no_battery"},
		"battery empty":  {func(f *doctor.Fake) { f.BatteryTime = time.Unix(0, 0) }, "clock.battery battery_empty", ""},
		"no journal":     {func(f *doctor.Fake) { f.JournalErr = doctor.ErrAbsent }, "", "store.journal no_journal"},
		"store damaged":  {func(f *doctor.Fake) { f.Damage = "a page's checksum does not fit" }, "store.journal journal_damaged", ""},
		"store locked":   {func(f *doctor.Fake) { f.JournalErr = errors.New("in use") }, "store.journal journal_fails", ""},
		"disk full":      {func(f *doctor.Fake) { f.OnDisk.Free = 1 << 20 }, "store.disk disk_full", ""},
		"disk read-only": {func(f *doctor.Fake) { f.OnDisk.ReadOnly = true }, "store.disk disk_readonly", ""},
		"disk slow":      {func(f *doctor.Fake) { f.CommitTook = time.Second }, "store.speed disk_slow", ""},
		"disk failing":   {func(f *doctor.Fake) { f.CommitErr = syscall.EIO }, "store.speed speed_fails", ""},
		"hot":            {func(f *doctor.Fake) { f.Body.MilliCelsius = 84_000 }, "machine.temperature hot", ""},
		"undervoltage": {func(f *doctor.Fake) {
			f.Body = device.Health{Warm: true, UnderVoltage: true, WasUnder: true, Throttled: true}
		}, "machine.power under_voltage", ""},
		"undervoltage before": {func(f *doctor.Fake) { f.Body.WasUnder = true },
			"machine.power was_under_voltage", ""},
		"throttled":     {func(f *doctor.Fake) { f.Body.Throttled = true }, "machine.power throttled", ""},
		"power unknown": {func(f *doctor.Fake) { f.PowerUnknown = true }, "", "machine.power"},
	} {
		t.Run(name, func(t *testing.T) {
			f := doctor.NewFake(now)
			c.spoil(f)
			r := examine(t, f, doctor.Options{Interactive: true})
			failed, notHere := strings.Join(said(r, doctor.Failed), ", "), strings.Join(said(r, doctor.NotHere), ", ")
			if failed != c.failed || notHere != c.notHere {
				t.Errorf("failed %q, not here %q; want %q, %q", failed, notHere, c.failed, c.notHere)
			}
			for _, x := range r.Findings {
				for _, lang := range words.Langs {
					text := x.Next.In(lang)
					if strings.Contains(text, "{") || x.State == doctor.Failed && text == "" || text == string(x.Next.Key) && text != "" {
						t.Errorf("%s is told as %q", x.ID, text)
					}
				}
			}
		})
	}
}

// Every check and group has a name in every language.
func TestLabels(t *testing.T) {
	for _, lang := range words.Langs {
		for _, id := range doctor.IDs() {
			if label := (doctor.Finding{ID: id}).Label(lang); strings.Contains(label, "doctor_") {
				t.Errorf("%s has no name in %s", id, lang)
			}
			if !slices.Contains(doctor.Groups(), doctor.Group(id)) {
				t.Errorf("%s is of no group", id)
			}
		}
		for _, g := range doctor.Groups() {
			if label := doctor.GroupLabel(g, lang); strings.Contains(label, "doctor_") {
				t.Errorf("group %s has no name in %s", g, lang)
			}
		}
	}
}

// What is not wanted is not tried.
func TestWhatIsTried(t *testing.T) {
	for name, c := range map[string]struct {
		options doctor.Options
		tried   string
	}{
		"by default":      {doctor.Options{}, "card page light buzzer drawer connect greet"},
		"interactive":     {doctor.Options{Interactive: true}, "card corner corner corner corner scan page light buzzer drawer connect greet"},
		"quiet":           {doctor.Options{Quiet: true}, "connect greet"},
		"drawer closed":   {doctor.Options{Closed: true}, "card page light buzzer connect greet"},
		"closed by force": {doctor.Options{Closed: true, Only: []string{"pins.drawer"}}, ""},
		"a group":         {doctor.Options{Only: []string{"printer", "gateway"}}, "page connect greet"},
		"a check":         {doctor.Options{Only: []string{"scanner.read"}}, "scan"},
		"quiet but asked": {doctor.Options{Quiet: true, Only: []string{"printer.page", "pins"}}, "page"},
		"a customer":      {doctor.Options{Free: func(context.Context) bool { return false }}, "connect greet"},
	} {
		f := doctor.NewFake(now)
		examine(t, f, c.options)
		if got := strings.Join(f.Tried, " "); got != c.tried {
			t.Errorf("%s: tried %q, want %q", name, got, c.tried)
		}
	}
	if err := doctor.CheckOnly([]string{"printer", "printer.page"}); err != nil {
		t.Error(err)
	}
	if err := doctor.CheckOnly([]string{"printer", "fax"}); err == nil || !strings.Contains(err.Error(), "fax") {
		t.Errorf("fax: %v", err)
	}
}

// A technician who saw nothing is believed over the device.
func TestNotSeen(t *testing.T) {
	no := func(context.Context, words.Sentence) (bool, error) { return false, nil }
	r := examine(t, doctor.NewFake(now), doctor.Options{Interactive: true, Ask: no})
	want := []string{"display.panel display_dark", "printer.page page_blank", "pins.light pin_dead", "pins.buzzer pin_dead", "pins.drawer pin_dead"}
	if got := said(r, doctor.Failed); !slices.Equal(got, want) {
		t.Errorf("failed %v", got)
	}
	gone := func(context.Context, words.Sentence) (bool, error) { return false, errors.New("nobody is there") }
	if r := examine(t, doctor.NewFake(now), doctor.Options{Interactive: true, Ask: gone}); !r.Well() {
		t.Errorf("with nobody there: failed %v", said(r, doctor.Failed))
	}
}

// A machine without anything has no faults.
func TestNothing(t *testing.T) {
	r := doctor.Run(t.Context(), doctor.Subject{Version: "v1"}, doctor.Options{Since: still})
	if !r.Well() || r.Count(doctor.Loaded) > 0 {
		t.Errorf("%+v", r.Findings)
	}
}

// ill is a terminal with a bit of everything.
func ill() *doctor.Fake {
	f := doctor.NewFake(now)
	f.PrinterState.State = printer.StateNoPaper
	f.ScannerNames = nil
	f.ResolveErr = &net.DNSError{Err: "server misbehaving", Name: "gateway.example"}
	f.Body.MilliCelsius = 84_000
	return f
}

func TestGolden(t *testing.T) {
	for _, lang := range words.Langs {
		for _, colour := range []bool{false, true} {
			var b bytes.Buffer
			r := examine(t, ill(), doctor.Options{})
			f := doctor.Format{Lang: lang, Colour: colour}
			err := f.Head(&b, r)
			group := ""
			for _, x := range r.Findings {
				err = errors.Join(err, f.Finding(&b, group, x))
				group = doctor.Group(x.ID)
			}
			if err = errors.Join(err, f.Foot(&b, r)); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("report-%s-%v.txt", lang, colour), b.Bytes())
		}
	}
	var b bytes.Buffer
	if err := examine(t, ill(), doctor.Options{}).JSON(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", b.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; -update writes it anew, then look at it:\n%s", path, got)
	}
}

// A report that went over the wire says the same.
func TestWrittenAndRead(t *testing.T) {
	r := examine(t, ill(), doctor.Options{})
	raw, err := json.Marshal(r.Write())
	if err != nil {
		t.Fatal(err)
	}
	var w doctor.Written
	if err := json.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	if got := w.Read(); !reflect.DeepEqual(got, r) {
		t.Errorf("became\n%+v\nof\n%+v", got, r)
	}
}

func FuzzWritten(f *testing.F) {
	f.Add([]byte(`{"till_doctor":1,"checks":[{"id":"printer.page","state":"failed","advice":"page_fails","args":["why"]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var w doctor.Written
		if json.Unmarshal(raw, &w) != nil {
			return
		}
		r := w.Read()
		if n := len(r.Compact()); n > 300 && len(r.Terminal)+len(r.Board)+len(r.Version) < 100 {
			t.Errorf("the compact form has %d bytes", n)
		}
	})
}

func TestCompact(t *testing.T) {
	got := examine(t, ill(), doctor.Options{}).Compact()
	want := "TILL DOCTOR 1 shop-1 pi3b v1 2026-11-24T18:00Z\n! printer.status printer_paper\n! network.dns dns_fails\n! machine.temperature hot\n- scanner.device\nOK 22/26"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var many doctor.Report
	for i := range 40 {
		many.Findings = append(many.Findings, doctor.Finding{ID: fmt.Sprintf("printer.number%02d", i), State: doctor.Failed})
	}
	if got := many.Compact(); len(got) > 300 || !strings.Contains(got, "\n+2") || !strings.HasSuffix(got, "OK 0/40") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
