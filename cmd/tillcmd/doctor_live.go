package tillcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"till/checkout"
	"till/cmd/tillcmd/doctor"
	"till/printer"
	"till/words"
)

// examination is one of a terminal at work: it uses the terminal's own
// peripherals, and only while no sale is under way.
type examination struct {
	Only        []string   `json:"only,omitempty"`
	Quiet       bool       `json:"quiet,omitempty"`  // nothing is printed, shown or sounded
	Closed      bool       `json:"closed,omitempty"` // the drawer stays shut
	Interactive bool       `json:"-"`
	Lang        words.Lang `json:"-"`
}

// errSelling is why a terminal is not examined now.
var errSelling = errors.New(words.Say(words.English, "doctor_sale_open"))

// errExamined is likewise.
var errExamined = errors.New("the doctor is at it already: wait for its report")

// examine examines this terminal. told hears of each finding.
func (t *terminal) examine(ctx context.Context, e examination, told func(doctor.Finding)) (doctor.Report, error) {
	if err := doctor.CheckOnly(e.Only); err != nil {
		return doctor.Report{}, err
	}
	if !t.examining.TryLock() {
		return doctor.Report{}, errExamined
	}
	defer t.examining.Unlock()
	if err := t.whileIdle(ctx, func() error { return nil }); err != nil {
		return doctor.Report{}, err
	}
	p := &patient{path: t.config.path, config: t.config, device: t.device, hands: liveHands{t}, at: t, enrols: t.config.Identity != nil}
	p.detected, p.model = identify(os.ReadFile)
	report := doctor.Run(ctx, p.subject(), doctor.Options{
		Only: e.Only, Quiet: e.Quiet, Closed: e.Closed, Told: told,
		Free: func(ctx context.Context) bool { return t.whileIdle(ctx, func() error { return nil }) == nil },
	})
	return report, ctx.Err()
}

// whileIdle runs f between two steps of the counter, if no sale is under way and
// nothing is keyed.
func (t *terminal) whileIdle(ctx context.Context, f func() error) error {
	return t.do(ctx, input{resolve: func(t *terminal) (checkout.Event, error) {
		if !idle(t.counter.State()) {
			return nil, errSelling
		}
		return nil, f()
	}})
}

// idle says that no customer is waiting.
func idle(s checkout.State) bool {
	switch s.Screen {
	case checkout.Ready, checkout.Halted:
		return !s.Begun()
	case checkout.Menu, checkout.About, checkout.Sales, checkout.OneSale, checkout.Doctor, checkout.DoctorCheck, checkout.DoctorCode:
		return true
	default:
		return false
	}
}

// ownScreen has the counter's own screen drawn after a test card.
func (t *terminal) ownScreen(ctx context.Context) {
	err := t.do(ctx, input{resolve: func(t *terminal) (checkout.Event, error) {
		t.refresh()
		return nil, nil
	}})
	if err != nil && ctx.Err() == nil {
		t.log.Debug("doctor", "err", err)
	}
}

// greeting is what the gateway said last, while it answers.
func (t *terminal) greeting(ctx context.Context) (doctor.Greeting, error) {
	online := false
	err := t.do(ctx, input{resolve: func(t *terminal) (checkout.Event, error) {
		online = t.register.State.Online
		return nil, nil
	}})
	if err != nil {
		return doctor.Greeting{}, err
	}
	if !online {
		if err := t.link.Trouble(); err != nil {
			return doctor.Greeting{}, refusal(err)
		}
		return doctor.Greeting{}, doctor.ErrSilent
	}
	var g doctor.Greeting
	if offset := t.offset.Load(); offset != nil {
		g.Time = t.steady().Add(*offset)
		g.Off = time.Until(g.Time)
	}
	if key := t.key.Load(); key != nil {
		g.Key = *key
	}
	return g, nil
}

// cardFor is how long a test card stays on a terminal at work.
const cardFor = 1500 * time.Millisecond

// liveHands use the peripherals of a terminal at work.
type liveHands struct{ t *terminal }

var _ hands = liveHands{}

func (h liveHands) show(ctx context.Context, card *image.RGBA) error {
	err := h.t.whileIdle(ctx, func() error {
		_, err := h.t.panel.Show(card)
		return err
	})
	if err != nil {
		return err
	}
	select {
	case <-time.After(cardFor):
	case <-ctx.Done():
	}
	h.t.ownScreen(ctx)
	return nil
}

// A terminal at work has its touches and scans for itself.
func (h liveHands) touched(context.Context) (image.Point, error) {
	return image.Point{}, doctor.ErrAbsent
}
func (h liveHands) scanned(context.Context) (int, error) { return 0, doctor.ErrAbsent }

func (h liveHands) printer() *printer.Printer { return h.t.printing.printer }

func (h liveHands) ownLight(ctx context.Context) error {
	return h.t.do(ctx, input{resolve: func(t *terminal) (checkout.Event, error) {
		return nil, t.device.Pins.SetLED(t.led)
	}})
}

// doctorAsk is a question to a terminal at work, on the socket of its data folder.
type doctorAsk struct {
	Version int `json:"till_doctor"`
	examination
}

const doctorProtocol = 1

// doctorLine is one line of the answer; the last has report or refused.
type doctorLine struct {
	Finding *doctor.WrittenFinding `json:"finding,omitempty"`
	Report  *doctor.Written        `json:"report,omitempty"`
	Refused string                 `json:"refused,omitempty"`
}

// isDoctorAsk tells a question to the doctor from one about the journal.
func isDoctorAsk(line []byte) (doctorAsk, bool) {
	var ask doctorAsk
	err := json.Unmarshal(line, &ask)
	return ask, err == nil && ask.Version > 0
}

// answerDoctor examines the terminal for whoever asks on the socket.
func (t *terminal) answerDoctor(ctx context.Context, ask doctorAsk, out func(any) error) error {
	if ask.Version != doctorProtocol {
		return out(doctorLine{Refused: fmt.Sprintf("version %d of the doctor's protocol, this till speaks %d", ask.Version, doctorProtocol)})
	}
	var failed error
	var once sync.Once
	report, err := t.examine(ctx, ask.examination, func(f doctor.Finding) {
		w := doctor.Report{Findings: []doctor.Finding{f}}.Write().Checks[0]
		if err := out(doctorLine{Finding: &w}); err != nil {
			once.Do(func() { failed = err })
		}
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return out(doctorLine{Refused: err.Error()})
	}
	w := report.Write()
	return out(doctorLine{Report: &w})
}

// executeDoctor is the command doctor from afar. Nothing is printed, sounded or
// opened in a shop where nobody expects it, unless that was asked for.
func executeDoctor(ctx context.Context, t *terminal, args json.RawMessage) (any, error) {
	e := examination{Quiet: true, Closed: true}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &e); err != nil {
			return nil, fmt.Errorf("arguments of doctor: %w", err)
		}
	}
	report, err := t.examine(ctx, e, nil)
	if err != nil {
		return nil, err
	}
	return report.Write(), nil
}
