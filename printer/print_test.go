package printer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/printer"
	"till/printer/emulator"
)

// bench is an emulated printer on a cable that can be cut. Everything runs in
// virtual time, and synctest fails a test that leaves a goroutine behind.
type bench struct {
	*emulator.Printer
	t       *testing.T
	p       *printer.Printer
	mu      sync.Mutex
	opened  int
	refuse  error
	cable   func(net.Conn) net.Conn // wraps the host's end; nil: as it is
	newest  net.Conn
	served  sync.WaitGroup
	profile printer.Profile
}

func newBench(t *testing.T, p printer.Profile) *bench {
	b := &bench{t: t, Printer: emulator.New(p, emulator.Events{}), profile: p}
	b.p = printer.New(b.open, p)
	t.Cleanup(func() {
		if err := b.p.Close(); err != nil {
			t.Error(err)
		}
		b.SetPaper(true) // whoever waits for room goes on to the end
		b.SetPower(false)
		b.served.Wait()
	})
	return b
}

func (b *bench) open(context.Context) (printer.Transport, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return nil, b.refuse
	}
	b.opened++
	host, device := net.Pipe()
	b.served.Go(func() {
		_ = b.Serve(device) // how the connection ends is the test's own doing
	})
	b.newest = host
	if b.cable != nil {
		host = b.cable(host)
	}
	return host, nil
}

// pull breaks the connection as a cable does.
func (b *bench) pull() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.newest != nil {
		_ = b.newest.Close() // a pulled cable reports nothing
	}
}

func (b *bench) mustPrint(d printer.Document) {
	b.t.Helper()
	if err := b.p.Print(context.Background(), d); err != nil {
		b.t.Fatal(err)
	}
}

// noFaults also says that no real-time command and no padding spoiled a picture.
func (b *bench) noFaults() {
	b.t.Helper()
	for _, f := range b.Faults() {
		b.t.Error(f)
	}
}

func (b *bench) lastIs(d printer.Document) {
	b.t.Helper()
	last, ok := b.Last()
	if !ok {
		b.t.Fatal("nothing was printed")
	}
	same(b.t, last.Picture, picture(b.t, d, b.profile))
	if !bytes.Equal(last.Bytes, encode(b.t, d, b.profile)) {
		b.t.Error("the slip's bytes are not the document's")
	}
}

func (b *bench) state() printer.State {
	b.t.Helper()
	s, err := b.p.Status(context.Background())
	if err != nil && s.State != printer.StateOff {
		b.t.Fatal(err)
	}
	return s.State
}

func sample(name string) printer.Document {
	for _, s := range printer.Samples() {
		if s.Name == name {
			return s.Document
		}
	}
	panic("no sample " + name)
}

func TestPrintsEverySampleOnEveryPrinter(t *testing.T) {
	for _, p := range printer.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, p)
				for i, s := range printer.Samples() {
					b.mustPrint(s.Document)
					b.lastIs(s.Document)
					if b.Count() != i+1 {
						t.Fatalf("%d slips after %d documents", b.Count(), i+1)
					}
				}
				b.noFaults()
				if b.opened != 1 {
					t.Errorf("opened %d times", b.opened)
				}
			})
		})
	}
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		expect := func(want printer.State) {
			t.Helper()
			if got := b.state(); got != want {
				t.Errorf("status %s, want %s", got, want)
			}
			if got := b.State(); got != want {
				t.Errorf("the printer's own sensors: %s, want %s", got, want)
			}
		}
		expect(printer.StateReady)
		b.SetNearEnd(true)
		expect(printer.StateNearEnd)
		b.SetPaper(false)
		expect(printer.StateNoPaper)
		b.SetPaper(true)
		expect(printer.StateReady)
		b.SetCover(true)
		expect(printer.StateCoverOpen)
		b.SetCover(false)
		expect(printer.StateReady)
		b.SetPower(false)
		b.refuse = errors.New("no such device")
		if s, err := b.p.Status(t.Context()); s.State != printer.StateOff || !errors.Is(err, b.refuse) {
			t.Errorf("switched off: %v, %v", s, err)
		}
		b.refuse = nil
		b.SetPower(true)
		expect(printer.StateReady)
		b.noFaults()
	})
}

func TestRefusesWhenNotReady(t *testing.T) {
	for _, c := range []struct {
		state printer.State
		set   func(*bench, bool)
	}{
		{printer.StateNoPaper, func(b *bench, on bool) { b.SetPaper(!on) }},
		{printer.StateCoverOpen, func(b *bench, on bool) { b.SetCover(on) }},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, printer.Profile80())
				c.set(b, true)
				var not *printer.NotReady
				err := b.p.Print(t.Context(), sample("sale"))
				if !errors.As(err, &not) || not.State != c.state || not.Started {
					t.Fatalf("got %v", err)
				}
				c.set(b, false)
				if b.Count() != 0 {
					t.Error("something was printed")
				}
				b.mustPrint(sample("sale"))
				b.lastIs(sample("sale"))
				b.noFaults()
			})
		})
	}
}

func TestPaperEndsInTheMiddle(t *testing.T) {
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		for _, rows := range []int{1, 100, 400, 900, 1300} {
			t.Run(p.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, p)
					b.SetRoll(rows)
					began := time.Now()
					var not *printer.NotReady
					err := b.p.Print(t.Context(), sample("sale"))
					if !errors.As(err, &not) || not.State != printer.StateNoPaper || !not.Started {
						t.Fatalf("got %v", err)
					}
					if took := time.Since(began); took > 5*time.Second {
						t.Errorf("noticed after %v", took)
					}
					if !strings.Contains(err.Error(), "roll") {
						t.Errorf("the error does not say what to do: %v", err)
					}
					b.SetPaper(true)
					b.mustPrint(sample("sale"))
					b.lastIs(sample("sale")) // it went on where it stopped: one slip, and whole
					if n := b.Count(); n != 1 {
						t.Errorf("%d slips came out", n)
					}
					b.noFaults()
					b.mustPrint(sample("sale")) // the same once more is another slip
					if n := b.Count(); n != 2 {
						t.Errorf("%d slips came out", n)
					}
				})
			})
		}
	}
}

// A printer to which questions wait behind what was sent before them says by
// itself that its paper ended.
func TestPaperEndsWhereQuestionsQueue(t *testing.T) {
	for _, rows := range []int{1, 100, 400, 900, 1200} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, printer.Profile80())
			b.Queue()
			b.SetRoll(rows)
			var not *printer.NotReady
			err := b.p.Print(t.Context(), sample("sale"))
			if !errors.As(err, &not) || not.State != printer.StateNoPaper || !not.Started {
				t.Fatalf("roll of %d: got %v", rows, err)
			}
			if s := b.state(); s != printer.StateNoPaper {
				t.Errorf("roll of %d: %s", rows, s)
			}
			b.SetPaper(true)
			b.mustPrint(sample("sale"))
			b.lastIs(sample("sale"))
			if n := b.Count(); n != 1 {
				t.Errorf("roll of %d: %d slips came out", rows, n)
			}
			b.noFaults()
			if s := b.state(); s != printer.StateReady {
				t.Errorf("roll of %d: %s", rows, s)
			}
		})
	}
}

// One that is blocked in the middle of a command is not asked, which would go
// into the command: it is known what is missing, and the receipt is begun anew.
func TestBlockedWithinACommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &printer.FakeTransport{StallAt: 2500}
		blocked := false
		fake.Reply = func(b []byte) []byte {
			if blocked = blocked || len(b) > 200; blocked { // a picture
				return nil
			}
			return realTime(true)(b)
		}
		dev := printer.New(func(context.Context) (printer.Transport, error) { return fake, nil }, printer.Profile80())
		time.AfterFunc(5*time.Second, func() { fake.Answer(0x18, 0x00, 0x0C, 0x00) })
		var not *printer.NotReady
		if err := dev.Print(t.Context(), sample("sale")); !errors.As(err, &not) || not.State != printer.StateNoPaper || !not.Started {
			t.Errorf("got %v", err)
		}
		if n := len(fake.Written()); n != 2500 {
			t.Errorf("%d bytes were sent", n)
		}
	})
}

// What a printer said by itself is forgotten when it was switched off and on: it
// is asked to say it again.
func TestAutomaticStatusIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := []byte{0x10, 0, 0, 0}
		fake := &printer.FakeTransport{Reply: func(b []byte) []byte {
			switch {
			case bytes.Equal(b, []byte("\x1da\x0e")):
				return state
			case bytes.HasPrefix(b, []byte("\x1dr")):
				return []byte{0}
			default:
				return nil
			}
		}}
		dev := printer.New(func(context.Context) (printer.Transport, error) { return fake, nil }, printer.Profile80())
		asked := func(want printer.State) {
			t.Helper()
			if s, err := dev.Status(t.Context()); err != nil || s.State != want {
				t.Errorf("%v, %v, want %s", s, err, want)
			}
		}
		asked(printer.StateUnknown) // it was not asked to tell yet
		if err := dev.Print(t.Context(), sample("cash")); err != nil {
			t.Fatal(err)
		}
		asked(printer.StateReady)
		for want, told := range map[printer.State][]byte{
			printer.StateCoverOpen: {0x38, 0, 0, 0}, printer.StateNoPaper: {0x18, 0, 0x0C, 0},
			printer.StateOffline: {0x18, 0, 0, 0}, printer.StateNearEnd: {0x10, 0, 0x03, 0},
		} {
			state = told
			fake.Answer(told[0], told[1], 0x13, told[2], told[3]) // with an XOFF within
			asked(want)
		}
		state = []byte{0x18, 0, 0, 0}
		fake.Answer(state...)
		asked(printer.StateOffline)
		state = []byte{0x10, 0, 0, 0} // switched off and on
		asked(printer.StateReady)
		fake.Answer(0x18, 0) // cut short, and an answer follows that is none of it
		fake.Answer(0x1A, 0x12)
		asked(printer.StateReady)
	})
}

// A document that waits for paper gives way to another one, which begins on a
// clean slip.
func TestPaperEndsAndAnotherDocumentFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		b.SetRoll(400)
		var not *printer.NotReady
		if err := b.p.Print(t.Context(), sample("sale")); !errors.As(err, &not) || !not.Started {
			t.Fatalf("got %v", err)
		}
		b.SetPaper(true)
		b.mustPrint(sample("cash"))
		b.lastIs(sample("cash"))
		b.noFaults()
	})
}

// forgetful is a printer on a serial line that runs out of paper, and is switched
// off and on while the roll is changed: the line does not notice, and the fences
// it still owes are never answered.
type forgetful struct {
	noPaper bool
	takes   int // bytes until the paper runs out
}

func (f *forgetful) reply(b []byte) []byte {
	f.takes -= len(b)
	if f.takes < 0 {
		f.noPaper, f.takes = true, 1<<30
	}
	switch {
	case !f.noPaper:
		return realTime(true)(b)
	case bytes.Equal(b, []byte{0x10, 0x04, 4}):
		return []byte{0x72}
	case bytes.HasPrefix(b, []byte{0x10, 0x04}):
		return []byte{0x1A}
	default:
		return nil
	}
}

func TestPowerIsCutWithoutPaper(t *testing.T) {
	doc, p := sample("sale"), printer.Profile80()
	p.Buffer, p.BandRows = 4096, 48 // so that the printer has not all of it at once
	whole := encode(t, doc, p)
	good := &printer.FakeTransport{Reply: realTime(true)}
	if err := printer.New(func(context.Context) (printer.Transport, error) { return good, nil }, p).Print(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		takes  int
		unsure bool
	}{"in the middle": {2000, false}, "before the last word": {len(good.Written()) - 1, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				state := &forgetful{takes: c.takes}
				fake := &printer.FakeTransport{Reply: state.reply}
				dev := printer.New(func(context.Context) (printer.Transport, error) { return fake, nil }, p)
				var not *printer.NotReady
				if err := dev.Print(t.Context(), doc); !errors.As(err, &not) || !not.Started {
					t.Fatalf("got %v", err)
				}
				state.noPaper = false
				before := len(fake.Written())
				err := dev.Print(t.Context(), doc)
				sent := fake.Written()[before:]
				for _, talk := range []string{"\x1dr\x01", "\x10\x04\x01", "\x10\x04\x02", "\x10\x04\x04", "\x1da\x0e"} {
					sent = bytes.ReplaceAll(sent, []byte(talk), nil)
				}
				var unsure *printer.Unsure
				switch {
				case c.unsure && (!errors.As(err, &unsure) || len(sent) > 0):
					t.Errorf("got %v, and %d bytes were sent", err, len(sent))
				case !c.unsure && (err != nil || !bytes.HasSuffix(sent, whole)):
					t.Errorf("got %v, and it was not begun anew", err)
				}
			})
		})
	}
}

func TestPaperReturnsWhilePrinting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		b.SetRoll(700)
		time.AfterFunc(300*time.Millisecond, func() { b.SetPaper(true) })
		b.mustPrint(sample("sale")) // the new roll was in before the printer was asked
		b.lastIs(sample("sale"))
		b.noFaults()
	})
}

// TestCableIsPulledAnywhere pulls the cable after each so many bytes; the next
// print reconnects, and its slip is whole and stands alone.
func TestCableIsPulledAnywhere(t *testing.T) {
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		d := sample("sale")
		size := len(encode(t, d, p))
		sure := true
		for at := range size + 100 {
			if at%(size/23+1) != 1 && at < size-10 { // each byte of the end
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, p)
				b.cable = func(c net.Conn) net.Conn { return &shortCable{Conn: c, left: at} }
				err := b.p.Print(t.Context(), d)
				b.cable = nil
				if err != nil && !errors.Is(err, printer.ErrFake) {
					t.Fatalf("after %d bytes: %v", at, err)
				}
				if err == nil {
					return
				}
				synctest.Wait()
				var unsure *printer.Unsure
				if errors.As(err, &unsure) {
					sure = false
				} else if b.Count() > 0 {
					t.Errorf("after %d bytes it is on paper, and would be printed again: %v", at, err)
				}
				b.mustPrint(d)
				last, _ := b.Last()
				same(t, last.Picture, picture(t, d, p))
			})
		}
		if sure {
			t.Errorf("%s: nobody was ever asked whether it came out", p.Name)
		}
	}
}

// Where the cable takes a part of a picture's head with it, the printer is free
// again at once: what comes next is not taken for a picture's size.
func TestCableIsPulledInAPicturesHead(t *testing.T) {
	p, d := printer.Profile80(), sample("sale")
	from := bytes.Index(encode(t, d, p), []byte("\x1dv0"))
	const talk = 40 // bytes of questions before it, at most
	for at := from; at < from+talk+8; at++ {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, p)
			b.mustPrint(sample("report")) // it is known to answer
			b.pull()
			b.cable = func(c net.Conn) net.Conn { return &shortCable{Conn: c, left: at} }
			if err := b.p.Print(t.Context(), d); !errors.Is(err, printer.ErrFake) {
				t.Fatalf("after %d bytes: %v", at, err)
			}
			b.cable = nil
			synctest.Wait()
			began := time.Now()
			b.mustPrint(d)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("after %d bytes it took %v to print again", at, took)
			}
			last, _ := b.Last()
			same(t, last.Picture, picture(t, d, p))
		})
	}
}

// shortCable breaks after so many bytes.
type shortCable struct {
	net.Conn
	left int
}

func (c *shortCable) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.left -= n
	if n > 0 {
		if n, err := c.Conn.Write(b[:n]); err != nil {
			return n, err
		}
	}
	if n < len(b) {
		_ = c.Close() // both ends see it
		return n, printer.ErrFake
	}
	return n, nil
}

func TestBrokenConnectionIsOpenedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		b.mustPrint(sample("sale"))
		b.pull()
		b.mustPrint(sample("cash")) // at once, without an error: nothing had been sent
		b.lastIs(sample("cash"))
		b.SetPower(false)
		b.SetPower(true)
		if b.state() != printer.StateReady || b.opened != 3 {
			t.Errorf("state %s after %d opens", b.state(), b.opened)
		}
		b.noFaults()
	})
}

func TestCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		b.refuse = errors.New("permission denied")
		var not *printer.NotOpen
		if err := b.p.Print(t.Context(), sample("sale")); !errors.As(err, &not) || !errors.Is(err, b.refuse) {
			t.Errorf("got %v", err)
		}
		b.refuse = nil
		b.mustPrint(sample("sale"))
	})
}

// TestAnotherProcessLeftItInAPicture is a terminal that lost its power half way
// through a picture: the printer still waits for the rest of the dots.
func TestAnotherProcessLeftItInAPicture(t *testing.T) {
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, p)
			all := encode(t, sample("sale"), p)
			if _, err := b.Write(all[:bytes.Index(all, []byte("\x1dv0"))+50]); err != nil {
				t.Fatal(err)
			}
			b.mustPrint(sample("cash"))
			last, _ := b.Last()
			got, want := last.Picture, picture(t, sample("cash"), p)
			if tail := got.Rect.Dy() - want.Rect.Dy(); tail < 0 || !bytes.Equal(got.Pix[tail*got.Stride:], want.Pix) {
				t.Error("the document after is not whole")
			}
			b.noFaults()
		})
	}
}

func TestDrawer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		b.mustPrint(printer.OpenDrawer())
		if b.Kicks() != 1 || b.Count() != 0 {
			t.Errorf("%d kicks, %d slips", b.Kicks(), b.Count())
		}
		b.SetPaper(false)
		b.mustPrint(printer.OpenDrawer()) // cash is taken without paper too
		if b.Kicks() != 2 {
			t.Errorf("%d kicks without paper", b.Kicks())
		}
		b.SetPaper(true)
		b.mustPrint(sample("sale"))
		b.lastIs(sample("sale"))
		b.noFaults()
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile58())
		b.SetPaper(false)
		var not *printer.NotReady
		if err := b.p.Print(t.Context(), printer.OpenDrawer()); !errors.As(err, &not) {
			t.Errorf("got %v", err)
		}
	})
}

func TestContextEndsEverything(t *testing.T) {
	for name, f := range map[string]*printer.FakeTransport{
		"silent":  {},
		"stalled": {StallAt: 500},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := printer.New(func(context.Context) (printer.Transport, error) { return f, nil }, printer.Profile80())
				for _, wait := range []time.Duration{0, 10 * time.Millisecond, 3 * time.Second} {
					ctx, cancel := context.WithTimeout(t.Context(), wait)
					began := time.Now()
					if err := p.Print(ctx, sample("sale")); !errors.Is(err, context.DeadlineExceeded) && time.Since(began) >= wait {
						t.Errorf("after %v: %v", wait, err)
					}
					if took := time.Since(began); took > wait {
						t.Errorf("ended %v late", took-wait)
					}
					cancel()
				}
			})
		})
	}
}

func TestWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &printer.FakeTransport{StallAt: 100}
		p := printer.New(func(context.Context) (printer.Transport, error) { return f, nil }, printer.Profile80())
		first := make(chan error, 1)
		go func() { first <- p.Print(t.Context(), sample("sale")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := p.Status(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second caller: %v", err)
		}
		if err := <-first; !errors.Is(err, printer.ErrStalled) {
			t.Errorf("the first: %v", err)
		}
		if !f.Closed() {
			t.Error("a stalled transport was kept")
		}
	})
}

func TestConcurrentPrintsDoNotMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, printer.Profile80())
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := b.p.Print(t.Context(), sample("report")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if b.Count() != 8 {
			t.Errorf("%d slips", b.Count())
		}
		for _, d := range b.Documents() {
			same(t, d.Picture, picture(t, sample("report"), b.profile))
		}
		b.noFaults()
	})
}

// realTime answers DLE EOT as a printer that is ready, and fences if it is told to.
func realTime(fences bool) func([]byte) []byte {
	return func(b []byte) (answer []byte) {
		for range bytes.Count(b, []byte("\x10\x04")) {
			answer = append(answer, 0x12)
		}
		if fences {
			for range bytes.Count(b, []byte("\x1dr\x01")) {
				answer = append(answer, 0)
			}
		}
		return answer
	}
}

// TestConformance runs one set of expectations over printers of every temper.
func TestConformance(t *testing.T) {
	doc := sample("sale")
	p := printer.Profile80()
	whole := encode(t, doc, p)
	for _, c := range []struct {
		name    string
		fake    *printer.FakeTransport
		want    error // of Print
		state   printer.State
		atMost  time.Duration // of Print
		partial bool
	}{
		{"answers everything", &printer.FakeTransport{Reply: realTime(true)}, nil, printer.StateReady, time.Second, false},
		{"takes little at a time", &printer.FakeTransport{Chunk: 7, Reply: nil}, printer.ErrUnconfirmed, printer.StateUnknown, 10 * time.Second, false},
		{"answers nothing", &printer.FakeTransport{}, printer.ErrUnconfirmed, printer.StateUnknown, 10 * time.Second, false},
		{"answers no fences", &printer.FakeTransport{Reply: realTime(false)}, printer.ErrUnconfirmed, printer.StateReady, 10 * time.Second, false},
		{"fails", &printer.FakeTransport{FailAt: 3000, Reply: realTime(true)}, printer.ErrFake, printer.StateReady, time.Minute, true},
		{"fails at once", &printer.FakeTransport{FailAt: 1}, printer.ErrFake, printer.StateUnknown, time.Minute, true},
		{"stalls", &printer.FakeTransport{StallAt: 3000, Reply: realTime(true)}, printer.ErrStalled, printer.StateReady, time.Minute, true},
		{"is out of paper", &printer.FakeTransport{Reply: func(b []byte) []byte {
			if bytes.Equal(b, []byte{0x10, 0x04, 4}) {
				return []byte{0x72}
			}
			return []byte{0x1A} // off line
		}}, &printer.NotReady{}, printer.StateNoPaper, time.Second, true},
		{"sends rubbish first", func() *printer.FakeTransport {
			f := &printer.FakeTransport{Reply: realTime(true)}
			f.Answer(0x11, 0x13, 0xFF, 0x12, 0x1E, 0x00, 0x14, 0x00, 0x0F, 0x0F) // XON, XOFF, stale answers, an automatic status
			return f
		}(), nil, printer.StateReady, time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dev := printer.New(func(context.Context) (printer.Transport, error) { return c.fake, nil }, p)
				if !errors.Is(c.want, printer.ErrFake) {
					if s, err := dev.Status(t.Context()); err != nil || s.State != c.state {
						t.Errorf("status %v, %v, want %s", s, err, c.state)
					}
				}
				began := time.Now()
				err := dev.Print(t.Context(), doc)
				if took := time.Since(began); took > c.atMost {
					t.Errorf("took %v", took)
				}
				var not *printer.NotReady
				if errors.As(c.want, &not) {
					if !errors.As(err, &not) {
						t.Errorf("got %v", err)
					}
				} else if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				got := c.fake.Written()
				for _, talk := range []string{"\x1dr\x01", "\x10\x04\x01", "\x10\x04\x02", "\x10\x04\x04", "\x1da\x0e"} {
					got = bytes.ReplaceAll(got, []byte(talk), nil)
				}
				if !c.partial && !bytes.HasSuffix(got, whole) {
					t.Error("the document did not arrive as it is")
				}
				if err := dev.Close(); err != nil || !c.fake.Closed() {
					t.Errorf("close: %v", err)
				}
			})
		})
	}
}

// TestSilentPrinterIsNotProbedEveryTime holds that the zeros and the wait of the
// first document are not paid again.
func TestSilentPrinterIsNotProbedEveryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &printer.FakeTransport{}
		p := printer.New(func(context.Context) (printer.Transport, error) { return f, nil }, printer.Profile58())
		for range 3 {
			before := len(f.Written())
			began := time.Now()
			if err := p.Print(t.Context(), sample("sale")); !errors.Is(err, printer.ErrUnconfirmed) {
				t.Fatal(err)
			}
			zeros := bytes.Count(f.Written()[before:], make([]byte, 2000))
			if first := before == 0; first != (zeros > 0) || !first && time.Since(began) > 3*time.Second {
				t.Errorf("%d runs of zeros, %v", zeros, time.Since(began))
			}
		}
	})
}

// TestSlowPrinterIsNotOverrun prints on a printer that drops what its buffer
// does not hold, as cheap ones do.
func TestSlowPrinterIsNotOverrun(t *testing.T) {
	for _, p := range printer.Profiles() {
		synctest.Test(t, func(t *testing.T) {
			slow := &slowPrinter{t: t, size: p.Buffer + 512}
			f := &printer.FakeTransport{Reply: slow.take}
			slow.answer = f.Answer
			dev := printer.New(func(context.Context) (printer.Transport, error) { return f, nil }, p)
			if err := dev.Print(t.Context(), sample("bill")); err != nil {
				t.Error(err)
			}
			if err := dev.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// slowPrinter prints 2,000 bytes a second, and fails the test when it is overrun.
type slowPrinter struct {
	t      *testing.T
	size   int
	answer func(...byte)

	mu   sync.Mutex
	free time.Time // when all it has is printed
}

func (s *slowPrinter) take(b []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.free.Before(now) {
		s.free = now
	}
	s.free = s.free.Add(time.Duration(len(b)) * 500 * time.Microsecond)
	if held := int(s.free.Sub(now) / (500 * time.Microsecond)); held > s.size {
		s.t.Errorf("%d bytes in a buffer of %d", held, s.size)
	}
	if bytes.HasPrefix(b, []byte("\x1dr\x01")) {
		time.AfterFunc(s.free.Sub(now), func() { s.answer(0) })
		return nil
	}
	return realTime(false)(b)
}

func TestTransportThatReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &printer.FakeTransport{}
		p := printer.New(func(context.Context) (printer.Transport, error) { return emptyReader{f}, nil }, printer.Profile58())
		if s, err := p.Status(t.Context()); err != nil || s.State != printer.StateUnknown {
			t.Errorf("%v, %v", s, err)
		}
		if err := p.Print(t.Context(), sample("sale")); !errors.Is(err, printer.ErrUnconfirmed) {
			t.Error(err)
		}
	})
}

// emptyReader is a USB driver that returns at once with nothing (python-escpos #143).
type emptyReader struct{ *printer.FakeTransport }

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// TestEndOfFileIsABrokenLine is a TCP printer that closes after each document.
func TestEndOfFileIsABrokenLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		p := printer.New(func(context.Context) (printer.Transport, error) {
			opened++
			return endOfFile{&printer.FakeTransport{}}, nil
		}, printer.Profile58())
		if _, err := p.Status(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		if opened != 1 {
			t.Errorf("opened %d times: a fresh connection that fails is not tried again", opened)
		}
	})
}

type endOfFile struct{ *printer.FakeTransport }

func (endOfFile) Read([]byte) (int, error) { return 0, io.EOF }

// TestAutomaticStatusIsNoFence holds that the bytes of a status nobody asked
// for, which look like answers to fences, confirm nothing.
func TestAutomaticStatusIsNoFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answered := false
		f := &printer.FakeTransport{Reply: func(b []byte) []byte {
			if !bytes.HasPrefix(b, []byte("\x1dr\x01")) {
				return realTime(false)(b)
			}
			if !answered { // the probe
				answered = true
				return []byte{0}
			}
			return []byte{0x10, 0, 0, 0}
		}}
		p := printer.New(func(context.Context) (printer.Transport, error) { return f, nil }, printer.Profile80())
		if err := p.Print(t.Context(), sample("report")); !errors.Is(err, printer.ErrUnconfirmed) {
			t.Errorf("got %v", err)
		}
	})
}
