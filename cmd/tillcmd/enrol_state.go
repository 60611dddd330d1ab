package tillcmd

import (
	"errors"
	"strings"
	"time"

	"till/device/identity"
	"till/sync/wire/enrolment"
	"till/words"
)

// enrolling is the claim screen: what a device that is no terminal yet shows,
// and what it asks its gateway. It is stepped, and does nothing by itself.
type enrolling struct {
	to     enrolment.Invitation // no gateway: none is known yet
	keying bool                 // a claim code is being keyed
	digits string
	asking bool
	asked  enrolment.Invitation // what the question that is out was about
	askAt  time.Time            // when to ask next; zero: not at all
	online bool                 // the gateway answered, whatever it said
	said   said
	done   bool
}

// said is what came of the last try. Why is what another program said, in its words.
type said struct {
	key words.Key
	why string
}

// What happens to it.
type (
	enrolScanned  struct{ text string }
	enrolKeyed    struct{ key string } // as of a number pad
	enrolPressed  struct{ button string }
	enrolAnswered struct{ err error }
	enrolTicked   struct{}
)

// tooManyWait is how long a device waits that has asked too often.
const tooManyWait = time.Minute

// newEnrolling begins with what the site's settings say, or else with the
// gateway that the device had before.
func newEnrolling(to enrolment.Invitation, now time.Time) enrolling {
	s := enrolling{to: to}
	if to.Gateway != "" {
		s.askAt = now
	}
	return s
}

// step takes one event; ask says that the gateway is to be asked now, with s.to.
func (s enrolling) step(e any, now time.Time) (next enrolling, ask bool) {
	switch e := e.(type) {
	case enrolScanned:
		s = s.scanned(e.text, now)
	case enrolKeyed:
		s = s.keyed(e.key, now)
	case enrolPressed:
		switch e.button {
		case "key_claim":
			s.keying, s.digits, s.said = true, "", said{}
		case "back":
			s.keying, s.digits, s.said = false, "", said{}
		default:
			s = s.keyed(e.button, now)
		}
	case enrolAnswered:
		s = s.answered(e.err, now)
	}
	if s.asking || s.done || s.askAt.IsZero() || now.Before(s.askAt) {
		return s, false
	}
	s.asking, s.asked = true, s.to
	return s, true
}

func (s enrolling) scanned(text string, now time.Time) enrolling {
	text = strings.TrimSpace(text)
	if claim, err := enrolment.ParseClaim(text); err == nil {
		return s.claim(claim, now)
	}
	to, err := enrolment.ParseInvitation(text)
	if err != nil {
		s.said = said{key: "enrol_no_claim"}
		return s
	}
	s.to, s.keying, s.digits, s.said, s.askAt = to, false, "", said{}, now
	return s
}

func (s enrolling) claim(c enrolment.Claim, now time.Time) enrolling {
	if s.to.Gateway == "" {
		s.said = said{key: "enrol_no_gateway"}
		return s
	}
	s.to.Claim, s.keying, s.digits, s.said, s.askAt = c, false, "", said{}, now
	return s
}

func (s enrolling) keyed(key string, now time.Time) enrolling {
	switch {
	case key == "esc":
		s.keying, s.digits, s.said = false, "", said{}
	case key == "backspace" && s.digits != "":
		s.digits, s.said = s.digits[:len(s.digits)-1], said{}
	case key == "enter" && s.keying:
		c, err := enrolment.ParseClaim(s.digits)
		if err != nil {
			s.said = said{key: "enrol_mistyped"}
			return s
		}
		return s.claim(c, now)
	case strings.Trim(key, "0123456789") == "" && key != "" && len(s.digits)+len(key) <= claimDigits:
		s.keying, s.digits, s.said = true, s.digits+key, said{}
	}
	return s
}

// claimDigits is how many digits of a claim can be keyed.
const claimDigits = 12

// answered is what the gateway said, or that it did not.
func (s enrolling) answered(err error, now time.Time) enrolling {
	if err != nil && s.to != s.asked { // another claim came meanwhile
		s.asking, s.askAt = false, now
		return s
	}
	s.asking, s.online, s.askAt = false, true, now.Add(retryEvery)
	var refused enrolment.Refusal
	switch {
	case err == nil:
		s.done = true
	case errors.Is(err, identity.ErrWaiting):
		if s.said.key == "enrol_unreachable" {
			s.said = said{}
		}
	case errors.As(err, &refused):
		s.said = said{key: words.Key("enrol_" + string(refused.Reason)), why: refused.Message}
		switch refused.Reason {
		case enrolment.TooMany:
			s.askAt = now.Add(tooManyWait)
		case enrolment.Failed:
		default:
			s.to.Claim = "" // it is of no use; the device's own code may be claimed yet
		}
	default:
		s.online, s.said = false, said{key: "enrol_unreachable", why: err.Error()}
	}
	return s
}
