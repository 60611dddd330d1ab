package tillcmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"till/cmd/tillcmd"
	"till/cmd/tillcmd/doctor"
	"till/display"
)

// doctor runs till doctor beside a terminal at work.
func (s *shop) doctor(args ...string) (report doctor.Written, said string, code int) {
	s.t.Helper()
	var out, errs bytes.Buffer
	err := tillcmd.Run(context.Background(), append([]string{"doctor", "-config", s.config, "-json"}, args...), &out, &errs)
	if err != nil {
		said = err.Error()
	}
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			s.t.Fatalf("%v:\n%s", err, out.String())
		}
	}
	return report, said, tillcmd.ExitCode(err)
}

func find(t *testing.T, r doctor.Written, id string) doctor.WrittenFinding {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(f doctor.WrittenFinding) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("there is no %s among %v", id, r.Checks)
	}
	return r.Checks[i]
}

// A terminal at work is examined by itself: its peripherals are its own, and a
// sale goes first.
func TestDoctorOfALiveTerminal(t *testing.T) {
	s := newShop(t, filepath.Join(t.TempDir(), "data"))
	s.start()
	s.sellCash()
	s.wait("sale", func(x shown) bool { return x.Screen == "ready" && x.Last != nil })
	r, said, code := s.doctor()
	if code != 1 || r.Well || r.Terminal != "shop-1" || r.Board != "sim" {
		t.Errorf("%d %s: %+v", code, said, r)
	}
	for id, want := range map[string]struct {
		state  doctor.State
		advice string
	}{
		"config.file": {doctor.Loaded, ""}, "board.bench": {doctor.Loaded, ""}, "display.panel": {doctor.Loaded, ""},
		"pins.drawer": {doctor.Loaded, ""}, "pins.light": {doctor.Loaded, ""}, "pins.buzzer": {doctor.Loaded, ""},
		"scanner.device": {doctor.Loaded, ""}, "printer.status": {doctor.Failed, "printer_gone"},
		"gateway.connect": {doctor.Failed, "no_broker"}, "store.journal": {doctor.Loaded, ""}, "store.disk": {doctor.Loaded, ""},
	} {
		if got := find(t, r, id); got.State != want.state || got.Advice != want.advice {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	if found := find(t, r, "store.journal").Found; !strings.Contains(found, "Records 1 to 2") {
		t.Errorf("the journal: %s", found)
	}

	// An amount is keyed: a customer stands there.
	s.do(display.InputEvent{Key: "5"})
	for len(s.lights) > 0 {
		<-s.lights
	}
	if _, said, code := s.doctor(); code != 2 || !strings.Contains(said, "A sale is under way") {
		t.Errorf("during a sale: %d %q", code, said)
	}
	if n := len(s.lights); n > 0 {
		t.Errorf("%d pins were moved during a sale", n)
	}
	s.do(display.InputEvent{Key: "esc"})
	if r, said, code := s.doctor("-quiet", "-only", "display,pins,store.disk"); code != 0 || len(r.Checks) != 1 {
		t.Errorf("quiet: %d %q: %+v", code, said, r)
	}
	s.sellCash()
}
