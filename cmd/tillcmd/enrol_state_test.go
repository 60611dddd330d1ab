package tillcmd

import (
	"errors"
	"testing"
	"time"

	"till/device/identity"
	"till/sync/wire/enrolment"
)

var (
	noon    = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	shopsGW = enrolment.Invitation{Gateway: "https://gateway.example:8443", Authority: enrolment.Fingerprint{1}}
)

// someClaim has a check digit that fits.
const someClaim = "079927398713"

// steps takes events one after another, at one moment, and counts the questions.
func steps(s enrolling, now time.Time, events ...any) (enrolling, int) {
	asks := 0
	for _, e := range events {
		var ask bool
		if s, ask = s.step(e, now); ask {
			asks++
		}
	}
	return s, asks
}

func TestClaimScreenAsksByItself(t *testing.T) {
	s, asks := steps(newEnrolling(shopsGW, noon), noon, enrolTicked{}, enrolTicked{})
	if asks != 1 || s.asked != shopsGW {
		t.Fatalf("%d questions about %v", asks, s.asked)
	}
	s, asks = steps(s, noon, enrolAnswered{identity.ErrWaiting}, enrolTicked{})
	if asks != 0 || !s.online || s.said.key != "" {
		t.Errorf("%d more at once: %+v", asks, s)
	}
	if s, asks = steps(s, noon.Add(retryEvery), enrolTicked{}); asks != 1 {
		t.Errorf("%d questions after a wait", asks)
	}
	if s, _ = steps(s, noon, enrolAnswered{errors.New("no route to host")}); s.online || s.said.key != "enrol_unreachable" || s.said.why != "no route to host" {
		t.Errorf("not reached: %+v", s)
	}
	if s, _ = steps(s, noon.Add(2*retryEvery), enrolTicked{}, enrolAnswered{nil}); !s.done {
		t.Errorf("granted: %+v", s)
	}
	if _, asks = steps(s, noon.Add(time.Hour), enrolTicked{}); asks != 0 {
		t.Error("it asks once it is enrolled")
	}
}

func TestClaimScreenWithoutGateway(t *testing.T) {
	s, asks := steps(newEnrolling(enrolment.Invitation{}, noon), noon, enrolTicked{}, enrolScanned{someClaim})
	if asks != 0 || s.said.key != "enrol_no_gateway" {
		t.Errorf("%d questions, to nobody: %+v", asks, s)
	}
	to := shopsGW
	to.Claim = someClaim
	if s, asks = steps(s, noon, enrolScanned{to.String() + "\r\n"}); asks != 1 || s.asked != to || s.said.key != "" {
		t.Errorf("%d questions: %+v", asks, s)
	}
}

func TestClaimIsKeyed(t *testing.T) {
	begin, _ := steps(newEnrolling(shopsGW, noon), noon, enrolTicked{}, enrolAnswered{identity.ErrWaiting})
	keys := func(s enrolling, keys string) (enrolling, int) {
		var events []any
		for _, k := range keys {
			events = append(events, enrolKeyed{string(k)})
		}
		return steps(s, noon, events...)
	}
	s, _ := keys(begin, "0799")
	if !s.keying || s.digits != "0799" {
		t.Fatalf("keyed: %+v", s)
	}
	s, _ = steps(s, noon, enrolKeyed{"backspace"}, enrolPressed{"9"}, enrolPressed{"27"})
	if s.digits != "079927" {
		t.Errorf("keyed: %q", s.digits)
	}
	s, _ = keys(s, "3987149999")
	if s.digits != "079927398714" {
		t.Errorf("keyed: %q", s.digits)
	}
	s, asks := steps(s, noon, enrolKeyed{"enter"})
	if asks != 0 || s.said.key != "enrol_mistyped" || !s.keying {
		t.Errorf("mistyped: %d questions, %+v", asks, s)
	}
	s, asks = steps(s, noon, enrolKeyed{"backspace"}, enrolKeyed{"3"}, enrolPressed{"enter"})
	if asks != 1 || s.keying || s.asked.Claim != someClaim {
		t.Errorf("right: %d questions, %+v", asks, s)
	}
	if s, _ = steps(begin, noon, enrolPressed{"key_claim"}, enrolKeyed{"1"}, enrolPressed{"back"}); s.keying || s.digits != "" {
		t.Errorf("back: %+v", s)
	}
	if s, asks = steps(begin, noon, enrolKeyed{"enter"}, enrolKeyed{"backspace"}, enrolKeyed{"."}, enrolKeyed{""}, enrolPressed{"nothing"}); s != begin || asks != 0 {
		t.Errorf("nothing was keyed: %+v", s)
	}
}

// A claim that was refused is not asked with again, and does not hold up the
// device's own code; one that comes while a question is out is asked with next.
func TestRefusedClaims(t *testing.T) {
	to := shopsGW
	to.Claim = someClaim
	for reason, again := range map[enrolment.Reason]bool{
		enrolment.ClaimUnknown: false, enrolment.ClaimUsed: false, enrolment.ClaimExpired: false, enrolment.Revoked: false,
		enrolment.TooMany: true, enrolment.Failed: true,
	} {
		s, _ := steps(newEnrolling(to, noon), noon, enrolTicked{}, enrolAnswered{enrolment.Refusal{Reason: reason}})
		if (s.to.Claim != "") != again || string(s.said.key) != "enrol_"+string(reason) {
			t.Errorf("%s: %+v", reason, s)
		}
		s, asks := steps(s, noon.Add(tooManyWait), enrolTicked{})
		if asks != 1 || s.asked.Gateway != to.Gateway {
			t.Errorf("%s: %d questions later", reason, asks)
		}
	}
	s, _ := steps(newEnrolling(shopsGW, noon), noon, enrolTicked{}, enrolScanned{someClaim})
	s, asks := steps(s, noon, enrolAnswered{identity.ErrWaiting})
	if asks != 1 || s.asked.Claim != someClaim {
		t.Errorf("%d questions: %+v", asks, s)
	}
	if s, _ = steps(s, noon, enrolScanned{"6901234567892"}); s.said.key != "enrol_no_claim" {
		t.Errorf("a product's code: %+v", s)
	}
}

func TestKeeper(t *testing.T) {
	var k keeper
	later := noon.Add(time.Hour)
	for i, want := range []struct {
		after         time.Duration
		online        bool
		renew, stands bool
	}{
		{0, true, false, false},
		{time.Second, false, false, false},
		{5 * time.Second, false, false, false},
		{12 * time.Second, false, false, true}, // off line for a while
		{20 * time.Second, false, false, false},
		{time.Minute, true, false, false},
		{10 * time.Minute, false, false, false},
		{11 * time.Minute, false, false, true},
		{time.Hour, false, true, false}, // it is time
		{61 * time.Minute, true, false, false},
		{2 * time.Hour, true, true, false},
	} {
		if renew, stand := k.due(noon.Add(want.after), later, want.online); renew != want.renew || stand != want.stands {
			t.Errorf("step %d: renew %v, stand %v", i, renew, stand)
		}
	}
}
