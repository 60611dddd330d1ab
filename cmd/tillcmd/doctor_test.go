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
	if found := find(t, r, "store.journal").Found; !strings.Contains(found, "Records 1 to 3") {
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

// On the panel the doctor is under the menu: its findings are paged, each can be
// read in full, and the report is a QR.
func TestDoctorOnThePanel(t *testing.T) {
	s := newShop(t, filepath.Join(t.TempDir(), "data"))
	s.start()
	s.do(display.InputEvent{Button: "menu"}, display.InputEvent{Button: "doctor"})
	// Once there are findings there is a QR to show.
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for s.input.Send(ctx, display.InputEvent{Button: "code"}) != nil {
		select {
		case <-s.states: // something was drawn anew
		case <-ctx.Done():
			t.Fatal("it finds nothing")
		}
	}
	shown := s.wait("the code", func(x shown) bool { return x.Screen == "doctor_code" && x.QR != "" })
	if !strings.HasPrefix(shown.QR, "TILL DOCTOR 1 shop-1 sim dev ") || !strings.Contains(shown.QR, "\n! printer.status printer_gone") || len(shown.QR) > 300 {
		t.Errorf("the QR holds %q", shown.QR)
	}
	s.do(display.InputEvent{Button: "cancel"}, display.InputEvent{Button: "check_0"}, display.InputEvent{Button: "cancel"}, display.InputEvent{Button: "cancel"}, display.InputEvent{Button: "cancel"})
	for drawer := `{"drawer":true}`; len(s.lights) > 0; {
		if moved := <-s.lights; moved == drawer {
			t.Error("the drawer was opened from the menu")
		}
	}
	s.sellCash()
}
