package training_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/checkout"
	"till/payment"
	"till/words"
)

// pair is a counter at which people train, and beside it one to which the same
// happens but for that: while somebody trains, they are only known to be there.
type pair struct {
	*rig
	plain     *checkout.Register
	plainFake *checkout.Fake
	settings  checkout.Settings
}

func newPair(t *rapid.T, settings checkout.Settings) *pair {
	p := &pair{rig: unstarted(t), plainFake: checkout.NewFake(), settings: settings}
	p.plainFake.Operators = operators
	openShift(t, p.plainFake)
	p.reboot()
	return p
}

func (p *pair) reboot() {
	p.fake.Did, p.plainFake.Did = nil, nil
	p.start(p.settings)
	p.plain = registerOf(p.plainFake, p.settings)
	p.plainly(checkout.Booted{})
}

// plainly hands an event to the other counter, in the moment of the newest.
func (p *pair) plainly(e checkout.Event) {
	_ = p.plain.Handle(e, nowAt(p.at, p.fresh)) // as the first one says
}

// outside is what happens to both.
func (p *pair) outside(e checkout.Event) {
	_ = p.counter.Handle(e, p.now())
	p.plainly(e)
}

// person is what somebody does at the terminal.
func (p *pair) person(e checkout.Event) {
	trains := p.counter.Training()
	_ = p.counter.Handle(e, p.now())
	if trains {
		p.plainly(checkout.Touched{})
	} else {
		p.plainly(e)
	}
}

// pass lets time pass for both.
func (p *pair) pass(t *rapid.T, d time.Duration) {
	end := p.at.Add(d)
	for range 20_000 {
		one, ok1 := p.counter.Wait(p.at)
		other, ok2 := p.plain.Wait(p.at)
		if ok2 && (!ok1 || other < one) {
			if p.counter.Training() {
				t.Fatalf("the real counter is due in %v, and nobody ticks it", other)
			}
			one, ok1 = other, true
		}
		if !ok1 || p.at.Add(one).After(end) {
			p.at = end
			return
		}
		p.at = p.at.Add(one)
		_ = p.counter.Handle(checkout.Ticked{}, p.now())
		if ok2 && other <= one {
			p.plainly(checkout.Ticked{})
		}
	}
	t.Fatal("a deadline comes again and again")
}

// text is all that is in v.
func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // events and effects have nothing that JSON has not
	}
	return string(raw)
}

// deeds are what was done outside, but for sounds.
func deeds(f *checkout.Fake) string {
	var all []string
	for _, e := range f.Did {
		switch e := e.(type) {
		case checkout.Play, checkout.Examine, checkout.Train:
		case checkout.Charge: // a code keeps its text to itself, by a pointer
			all = append(all, fmt.Sprintf("charge %s %d %v %v", e.Order, e.Tender, e.Amount, e.NotAfter))
		default:
			all = append(all, fmt.Sprintf("%T", e)+text(e))
		}
	}
	return strings.Join(all, "\n")
}

func (p *pair) check(t *rapid.T) {
	if got, want := text(p.fake.Events()), text(p.plainFake.Events()); got != want {
		t.Fatalf("training changes the journal:\n%s\nwithout:\n%s", got, want)
	}
	if got, want := deeds(p.fake), deeds(p.plainFake); got != want {
		t.Fatalf("training does something in the real shop:\n%s\nwithout:\n%s", got, want)
	}
	real, practice := p.counter.Real.State, p.counter.State()
	if practice.Settings.Practice != p.counter.Training() {
		t.Fatalf("training %v, and the screen is of a counter where practice is %v", p.counter.Training(), practice.Settings.Practice)
	}
	if real.Screen == checkout.Fault && p.plain.State.Screen != checkout.Fault {
		t.Fatalf("a fault: %v", real.FaultText)
	}
	if p.counter.Training() && (real.Begun() || real.Current != "" || real.Screen != checkout.Ready && real.Screen != checkout.Halted && real.Screen != checkout.Receipt) {
		t.Fatalf("somebody trains while the real counter is at %s", real.Screen)
	}
}

// TestTheRealShopKnowsNothing holds that whatever is done in training, and
// whatever comes from outside meanwhile, the real journal, gateway, printer and
// drawer are as if it had not been, but for the manager's step that allowed it.
func TestTheRealShopKnowsNothing(t *testing.T) {
	trained, sold, ended := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		settings := checkout.Settings{Currency: "USD", Cashier: "Mei", Managed: rapid.Bool().Draw(t, "managed"), Rows: 3, AutoShift: rapid.Bool().Draw(t, "auto shift")}
		if rapid.Bool().Draw(t, "operators sign on") {
			settings.SignOn, settings.SignsOn, settings.LockAfter = true, operators["1111"], 3*time.Minute
		}
		settings.PaperAsked = rapid.Bool().Draw(t, "paper is asked for")
		settings.Trade = checkout.Trade{Tips: []int{1500}, Discounts: []int{1000}, Unasked: 500, Departments: []checkout.Department{{Name: "Books"}}}
		p := newPair(t, settings)
		buttons := []string{
			"menu", "cash", "qr", "done", "cancel", "park", "goods", "other", "exact", "enter", "reprint", "sales", "training", "training_end",
			"void", "refund", "all", "shift", "x_report", "pay_in", "no_sale", "reason_change", "close_shift", "open_shift", "z_report", "status", "doctor",
			"print", "hold", "held", "held_1", "drop", "find", "split", "half", "tip", "no_tip", "discount", "off_1000", "give_back", "yes", "again", "sign_off",
		}
		busy := func(t *rapid.T) { // a random walk seldom sells
			p.person(checkout.Keyed{Key: "5"})
			p.person(checkout.Keyed{Key: "00"})
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				p.person(checkout.Pressed{Button: "cash"})
				p.person(checkout.Pressed{Button: "exact"})
			case 1:
				p.person(checkout.Pressed{Button: "qr"})
			default:
				p.person(checkout.Scanned{Data: []byte(fmt.Sprintf("13%016d", p.fresh))})
			}
		}
		train := func(t *rapid.T) {
			if p.counter.Training() {
				return
			}
			p.home()
			p.person(checkout.Pressed{Button: "menu"})
			p.person(checkout.Pressed{Button: "training"})
			p.identify()
			if p.counter.Training() {
				trained++
			}
		}
		actions := map[string]func(*rapid.T){
			"sell": busy, "sell again": busy,
			"train": train, "train again": train,
			"stop": func(t *rapid.T) {
				if !p.counter.Training() {
					return
				}
				p.home()
				p.person(checkout.Pressed{Button: "menu"})
				p.person(checkout.Pressed{Button: "training_end"})
				if !p.counter.Training() {
					ended++
				}
			},
			"key": func(t *rapid.T) {
				p.person(checkout.Keyed{Key: rapid.SampledFrom([]string{"1", "5", "00", "enter", "backspace", "esc", "."}).Draw(t, "key")})
			},
			"press": func(t *rapid.T) {
				p.person(checkout.Pressed{Button: rapid.SampledFrom(buttons).Draw(t, "button")})
			},
			"row": func(t *rapid.T) {
				if rows := p.counter.State().OnPage(); len(rows) > 0 {
					p.person(checkout.Pressed{Button: checkout.RowID(rows[0].ID)})
				}
			},
			"manager": func(*rapid.T) { p.identify() },
			"scan": func(t *rapid.T) {
				data := rapid.SampledFrom([]string{wechat, alipay, "6901234567892", "rubbish", ""}).Draw(t, "text")
				if sales := p.fake.Sales(); len(sales) > 0 && rapid.Bool().Draw(t, "a real receipt") {
					data = string(payment.NewOrder(sales[0].ID, 1))
				}
				p.person(checkout.Scanned{Data: []byte(data)})
			},
			"sought": func(*rapid.T) { p.outside(checkout.Sought{Text: "rubbish", Reason: payment.SaleUnknown}) },
			"told":   func(t *rapid.T) { p.tell(t) },
			"link":   func(t *rapid.T) { p.outside(checkout.LinkChanged{Online: rapid.Bool().Draw(t, "online")}) },
			"online": func(t *rapid.T) {
				p.outside(checkout.ClockLearned{Offset: time.Hour})
				p.outside(checkout.LinkChanged{Online: true})
			},
			"printer": func(t *rapid.T) {
				p.outside(checkout.PrinterChanged{Printer: rapid.SampledFrom([]checkout.PrinterState{checkout.PrinterReady, checkout.PrinterNoPaper}).Draw(t, "state")})
			},
			"paper": func(t *rapid.T) {
				p.plainFake.Paper()
				for _, e := range p.fake.Paper() {
					p.outside(e)
				}
			},
			"doubt": func(t *rapid.T) {
				for _, sale := range p.fake.Sales() {
					if sale.Receipt != 0 && sale.Printed == 0 {
						p.outside(checkout.Doubted{Sale: sale})
						return
					}
				}
			},
			"halt": func(t *rapid.T) {
				p.outside(checkout.HaltChanged{Why: words.Sentence{Key: "halt_disk"}})
				if rapid.IntRange(0, 3).Draw(t, "over") > 0 {
					p.outside(checkout.HaltChanged{})
				}
			},
			"cash register": func(t *rapid.T) {
				if !p.counter.Training() {
					p.outside(checkout.Ordered{Order: checkout.Order{Key: fmt.Sprint(p.fresh), Amount: 700}})
				}
				if rapid.Bool().Draw(t, "its drawer") {
					p.outside(checkout.DrawerOrdered{})
				}
			},
			"wait":      func(t *rapid.T) { p.pass(t, time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds"))*time.Second) },
			"wait long": func(t *rapid.T) { p.pass(t, time.Duration(rapid.IntRange(1, 31).Draw(t, "minutes"))*time.Minute) },
			"restart": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
					p.reboot()
				}
			},
			"": func(t *rapid.T) {
				p.check(t)
				if sale, ok := p.counter.State().OnScreen(); ok && p.counter.Training() && sale.Receipt != 0 {
					sold++
				}
			},
		}
		t.Repeat(actions)
	})
	t.Logf("trained %d times, a practice sale was on the screen %d times, ended %d times", trained, sold, ended)
	if trained == 0 || sold == 0 || ended == 0 {
		t.Errorf("nobody trained, sold or stopped: %d, %d, %d", trained, sold, ended)
	}
}

// home goes back to where nothing is begun, as far as that can be.
func (p *pair) home() {
	for range 4 {
		p.person(checkout.Keyed{Key: "esc"})
	}
}

// identify is the manager, where one is asked for.
func (p *pair) identify() {
	for _, k := range []string{"esc", "2", "5", "8", "0", "enter"} {
		if s := p.counter.State(); s.Screen == checkout.SignOn || s.Screen == checkout.PIN && (k != "esc" || s.Digits != "") {
			p.person(checkout.Keyed{Key: k})
		}
	}
}

// tell has the real gateway say something of a sale that is open.
func (p *pair) tell(t *rapid.T) {
	sales := p.fake.Sales()
	slices.Reverse(sales)
	for _, sale := range sales {
		if a := sale.OpenAttempt(); a != nil {
			status := rapid.SampledFrom([]payment.AttemptStatus{payment.Password, payment.Checking, payment.Approved, payment.Declined, payment.Reversed}).Draw(t, "status")
			answer, err := p.fake.Answer(payment.NewOrder(sale.ID, a.Number), status)
			if err != nil {
				t.Fatal(err)
			}
			p.outside(checkout.Told{Answer: answer})
			return
		}
		if refund := sale.OpenRefund(); refund != nil {
			answer, err := p.fake.AnswerRefund(payment.NewRefundID(sale.ID, refund.Number), rapid.SampledFrom([]payment.RefundStatus{payment.RefundPending, payment.RefundDone, payment.RefundRefused}).Draw(t, "refund"))
			if err != nil {
				t.Fatal(err)
			}
			p.outside(checkout.RefundTold{Answer: answer})
			return
		}
	}
}
