package emulator_test

import (
	"bytes"
	"errors"
	"image"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"till/printer"
	"till/printer/dots"
	"till/printer/emulator"
)

func newPrinter(t testing.TB, p printer.Profile) *emulator.Printer {
	t.Helper()
	return emulator.New(p, emulator.Events{})
}

func feed(t testing.TB, e *emulator.Printer, s string) {
	t.Helper()
	if n, err := e.Write([]byte(s)); err != nil || n != len(s) {
		t.Fatalf("took %d of %d bytes: %v", n, len(s), err)
	}
}

// ink is the box around what is black.
func ink(m *image.Gray) image.Rectangle {
	var box image.Rectangle
	for i, v := range m.Pix {
		if v == 0 {
			x, y := i%m.Stride, i/m.Stride
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box
}

func last(t testing.TB, e *emulator.Printer) *image.Gray {
	t.Helper()
	d, ok := e.Last()
	if !ok {
		t.Fatalf("no slip was cut off; faults: %v", e.Faults())
	}
	return d.Picture
}

const cut = "\x1dV\x01"

// TestPlacesAndSizes prints known things and measures where they are, without
// help from the layout.
func TestPlacesAndSizes(t *testing.T) {
	block := "\x1dv0\x00\x01\x00\x08\x00" + strings.Repeat("\xff", 8) // 8x8 dots
	for _, c := range []struct {
		name, in string
		rows     int
		ink      image.Rectangle
	}{
		{"raster left", block, 8, image.Rect(0, 0, 8, 8)},
		{"raster center", "\x1ba\x01" + block, 8, image.Rect(284, 0, 292, 8)},
		{"raster right", "\x1ba\x02" + block, 8, image.Rect(568, 0, 576, 8)},
		{"raster double", strings.Replace(block, "0\x00", "0\x03", 1), 16, image.Rect(0, 0, 16, 16)},
		{"after a line feed", "\n" + block, 38, image.Rect(0, 30, 8, 38)},
		{"after three lines", "\x1bd\x03" + block, 98, image.Rect(0, 90, 8, 98)},
		{"line spacing", "\x1b3\x28\n" + block, 48, image.Rect(0, 40, 8, 48)},
		{"line spacing back", "\x1b3\x28\x1b2\n" + block, 38, image.Rect(0, 30, 8, 38)},
		{"dots fed", "\x1bJ\x05" + block, 13, image.Rect(0, 5, 8, 13)},
		{"inverse space", "\x1dB\x01 \n", 30, image.Rect(0, 0, 12, 24)},
		{"inverse wide and tall", "\x1dB\x01\x1d!\x11 \n", 48, image.Rect(0, 0, 24, 48)},
		{"inverse after two", "  \x1dB\x01 \n", 30, image.Rect(24, 0, 36, 24)},
		{"small stands on the line", "\x1d!\x01 \x1d!\x00\x1dB\x01 \n", 48, image.Rect(12, 24, 24, 48)},
		{"tab", "\t\x1dB\x01 \n", 30, image.Rect(96, 0, 108, 24)},
		{"tab stops", "\x1bD\x02\x00\t\x1dB\x01 \n", 30, image.Rect(24, 0, 36, 24)},
		{"text centered", "\x1ba\x01\x1dB\x01 \n", 30, image.Rect(282, 0, 294, 24)},
		{"a full line wraps", strings.Repeat(" ", 48) + "\x1dB\x01 \n", 60, image.Rect(0, 30, 12, 54)},
		{"reset", "\x1dB\x01\x1d!\x11\x1b@ \n" + block, 38, image.Rect(0, 30, 8, 38)},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newPrinter(t, printer.Profile80())
			feed(t, e, c.in+cut)
			m := last(t, e)
			if m.Rect.Dy() != c.rows || ink(m) != c.ink {
				t.Errorf("%d rows, ink %v; want %d, %v", m.Rect.Dy(), ink(m), c.rows, c.ink)
			}
			for _, f := range e.Faults() {
				t.Error(f)
			}
		})
	}
}

func TestFaultsAreReported(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"unknown ESC", "\x1bZ", "1B 5A is not known"},
		{"unknown GS", "\x1dZ", "1D 5A is not known"},
		{"control byte", "\x07", "07 is no command"},
		{"Chinese as text", "付", "depends on the printer"},
		{"raster in a line", "a\x1dv0\x00\x01\x00\x01\x00\xff", "middle of a line"},
		{"raster too wide", "\x1dv0\x00\x50\x00\x01\x00" + strings.Repeat("\xff", 0x50), "cut off"},
		{"raster of nothing", "\x1dv0\x00\x00\x00\x01\x00", "0 bytes by 1 rows"},
		{"raster too large", "\x1dv0\x00\xff\xff\xff\xff", "at most"},
		{"raster mode", "\x1dv0\x09\x01\x00\x01\x00\xff", "mode 9"},
		{"column image of another density", "\x1b*\x20\x01\x00abc", "does not print"},
		{"column image with no room", "\x1b*\x21\xff\x0f" + strings.Repeat("a", 3*0xfff), "there is room for"},
		{"no such alignment", "\x1ba\x07", "no alignment"},
		{"no such cut", "\x1dV\x07", "not a cut"},
		{"no such pin", "\x1bp\x05\x19\x19", "no such pin"},
		{"empty QR", "\x1d(k\x03\x001Q0", "QR code"},
		{"module", "\x1d(k\x03\x001C\x00", "module of 0 dots"},
		{"PDF417", "\x1d(k\x03\x000Q0", "other than a QR code"},
		{"no code set", "\x1dk\x49\x03abc", "before a code set"},
		{"EAN", "\x1dk\x02123456789012\x00", "barcode system 2"},
		{"font B", "\x1bM\x01", "does not print"},
		{"tab stops", "\x1bD" + strings.Repeat("\x01", 40), "tab stops"},
		{"request", "\x10\x14\x07", "function 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newPrinter(t, printer.Profile80())
			feed(t, e, c.in)
			faults := e.Faults()
			if len(faults) == 0 || !strings.Contains(faults[0].Error(), c.want) {
				t.Errorf("faults %v, want %q", faults, c.want)
			}
			if strings.Contains(c.name, "barcode") {
				return
			}
			// The printer is in step again.
			before := len(faults)
			feed(t, e, "\x1b@ok\n"+cut)
			if e.Count() != 1 || len(e.Faults()) != before && !strings.HasPrefix(c.name, "raster too large") && c.name != "tab stops" {
				t.Errorf("out of step: %d slips, %v", e.Count(), e.Faults()[before:])
			}
		})
	}
	for _, in := range []string{"\x1dV\x00", "\x1d(k\x03\x001Q0"} {
		e := newPrinter(t, printer.Profile58())
		feed(t, e, in)
		if len(e.Faults()) != 1 || !strings.Contains(e.Faults()[0].Error(), "this printer has no") {
			t.Errorf("%q on a cheap printer: %v", in, e.Faults())
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	e := newPrinter(t, printer.Profile80())
	feed(t, e, strings.Repeat("\x07", 5000))
	if n := len(e.Faults()); n > 200 {
		t.Errorf("%d faults kept", n)
	}
}

func TestPaperWithoutEndIsCut(t *testing.T) {
	e := newPrinter(t, printer.Profile80())
	feed(t, e, strings.Repeat("\x1bd\xff", 20))
	if e.Count() == 0 || len(e.Faults()) == 0 {
		t.Error("150,000 rows without a cut")
	}
	if m := last(t, e); m.Rect.Dy() > 25000 {
		t.Errorf("%d rows", m.Rect.Dy())
	}
}

// TestAnswers checks the bytes of the facts against every state.
func TestAnswers(t *testing.T) {
	const ask = "\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04\x1dr\x01"
	for _, c := range []struct {
		name string
		set  func(*emulator.Printer)
		want []byte
	}{
		{"ready", func(*emulator.Printer) {}, []byte{0x12, 0x12, 0x12, 0x12, 0x00}},
		{"near end", func(e *emulator.Printer) { e.SetNearEnd(true) }, []byte{0x12, 0x12, 0x12, 0x1E, 0x03}},
		{"no paper", func(e *emulator.Printer) { e.SetPaper(false) }, []byte{0x1A, 0x32, 0x12, 0x72}}, // and no fence
		{"cover open", func(e *emulator.Printer) { e.SetCover(true) }, []byte{0x1A, 0x16, 0x12, 0x12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newPrinter(t, printer.Profile80())
			c.set(e)
			feed(t, e, ask)
			if got := e.Replies(); !bytes.Equal(got, c.want) {
				t.Errorf("answers % X, want % X", got, c.want)
			}
			if len(e.Faults()) != 0 {
				t.Error(e.Faults())
			}
			e.SetPaper(true)
			e.SetCover(false)
			if len(c.want) == 4 {
				if got := e.Replies(); !bytes.Equal(got, []byte{0}) {
					t.Errorf("the fence was answered % X once there was paper", got)
				}
			}
		})
	}
}

func TestAutomaticStatus(t *testing.T) {
	e := newPrinter(t, printer.Profile80())
	expect := func(want ...byte) {
		t.Helper()
		if got := e.Replies(); !bytes.Equal(got, want) {
			t.Errorf("sent % X, want % X", got, want)
		}
	}
	e.SetPaper(false)
	e.SetPaper(true)
	expect()
	feed(t, e, "\x1da\x0f")
	expect(0x10, 0, 0, 0)
	e.SetPaper(false)
	expect(0x18, 0, 0x0C, 0)
	e.SetPaper(true)
	expect(0x10, 0, 0, 0)
	e.SetNearEnd(true)
	expect(0x10, 0, 0x03, 0)
	e.SetCover(true)
	expect(0x38, 0, 0x03, 0)
	e.SetCover(false)
	e.Replies()
	feed(t, e, "\x1da\x00")
	e.SetPaper(false)
	expect()
}

// TestRealTimeRequestInsideAPicture is the hazard that Encode avoids: the
// printer answers, and the dots are dots all the same.
func TestRealTimeRequestInsideAPicture(t *testing.T) {
	e := newPrinter(t, printer.Profile80())
	feed(t, e, "\x1dv0\x00\x03\x00\x01\x00\x10\x04\x01"+cut)
	if got := e.Replies(); !bytes.Equal(got, []byte{0x12}) {
		t.Errorf("answers % X", got)
	}
	if got := ink(last(t, e)); got != image.Rect(3, 0, 24, 1) {
		t.Errorf("ink %v", got)
	}
}

func TestPaperRunsOutAndReturns(t *testing.T) {
	var states int
	e := emulator.New(printer.Profile80(), emulator.Events{State: func() { states++ }})
	e.SetRoll(100)
	feed(t, e, "\x1bd\x04after\n"+cut)
	if states != 2 || e.State() != printer.StateNoPaper || e.Count() != 0 {
		t.Errorf("%d states, %s, %d slips", states, e.State(), e.Count())
	}
	m, ok := e.Partial()
	if !ok || m.Rect.Dy() != 120 || !ink(m).Empty() {
		t.Error("something was printed after the end of the paper")
	}
	big := make([]byte, 100000)
	n, err := e.Write(big)
	if !errors.Is(err, emulator.ErrBusy) || n == 0 || n > 40000 {
		t.Errorf("without paper it took %d bytes: %v", n, err)
	}
	e.SetPaper(true)
	if e.Count() != 1 || last(t, e).Rect.Dy() != 150 {
		t.Errorf("%d slips after the new roll", e.Count())
	}
	feed(t, e, string(big[n:]))
}

func TestPowerCutForgets(t *testing.T) {
	e := newPrinter(t, printer.Profile80())
	feed(t, e, "one\n\x1dB\x01\x1dv0\x00\x48\x00\x64\x00abc") // in the middle of a picture
	e.SetPower(false)
	if n, err := e.Write([]byte("x")); n != 0 || !errors.Is(err, emulator.ErrOff) || e.State() != printer.StateOff {
		t.Errorf("switched off it took %d bytes: %v", n, err)
	}
	e.SetPower(true)
	feed(t, e, "two\n"+cut)
	if len(e.Faults()) != 0 || last(t, e).Rect.Dy() != 60 {
		t.Errorf("%v, %v", e.Faults(), last(t, e).Rect)
	}
}

func TestDrawer(t *testing.T) {
	kicks := 0
	e := emulator.New(printer.Profile80(), emulator.Events{Kick: func() { kicks++ }})
	feed(t, e, "\x1bp\x00\x19\x19")
	e.SetPaper(false)
	feed(t, e, "\x1bp\x01\x19\x19") // waits behind the paper
	if kicks != 1 {
		t.Errorf("%d kicks", kicks)
	}
	feed(t, e, "\x10\x14\x01\x00\x01") // does not
	if kicks != 2 {
		t.Errorf("%d kicks in real time", kicks)
	}
	e.SetPaper(true)
	if kicks != 3 || e.Kicks() != 3 || len(e.Faults()) != 0 {
		t.Errorf("%d kicks, %v", kicks, e.Faults())
	}
}

func TestDocumentsAreBoundedAndTold(t *testing.T) {
	var told []emulator.Document
	e := emulator.New(printer.Profile80(), emulator.Events{Document: func(d emulator.Document) { told = append(told, d) }})
	for range 40 {
		feed(t, e, "\x1b@slip\n"+cut)
	}
	if len(told) != 40 || e.Count() != 40 || len(e.Documents()) != 16 {
		t.Errorf("told of %d, counted %d, kept %d", len(told), e.Count(), len(e.Documents()))
	}
	if string(told[39].Bytes) != "\x1b@slip\n"+cut {
		t.Errorf("bytes %q", told[39].Bytes)
	}
}

func TestCode128Data(t *testing.T) {
	bars := func(data string) image.Rectangle {
		e := newPrinter(t, printer.Profile80())
		feed(t, e, "\x1dw\x02\x1dk\x49"+string(rune(len(data)))+data+cut)
		if f := e.Faults(); len(f) != 0 {
			t.Fatalf("%q: %v", data, f)
		}
		return ink(last(t, e))
	}
	if bars("{B1234{C\x38\x4e") != bars("{B12345678") {
		t.Error("code sets B and C say different things")
	}
	if bars("{Ba{{b") != bars("{Bxyz") {
		t.Error("a brace is not one character")
	}
}

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPrinter(t, printer.Profile80())
		host, device := net.Pipe()
		served := make(chan error, 1)
		go func() { served <- e.Serve(device) }()
		write := func(b []byte) {
			t.Helper()
			if _, err := host.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		write([]byte("hello\n\x10\x04\x01"))
		got := make([]byte, 8)
		if n, err := host.Read(got); err != nil || n != 1 || got[0] != 0x12 {
			t.Errorf("answer % X, %v", got[:n], err)
		}
		// A host that never reads does not stop the printer.
		write([]byte(strings.Repeat("\x10\x04\x01", 2000) + cut))
		synctest.Wait()
		if e.Count() != 1 {
			t.Errorf("%d slips", e.Count())
		}
		// Without paper its writes wait, and go on with the new roll.
		e.SetPaper(false)
		wrote := make(chan struct{})
		go func() {
			defer close(wrote)
			write(append(make([]byte, 60000), cut...))
		}()
		synctest.Wait()
		select {
		case <-wrote:
			t.Error("60 kB went into a printer without paper")
		default:
		}
		e.SetPaper(true)
		<-wrote
		if err := host.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Errorf("served: %v", err)
		}
	})
}

func TestPowerEndsServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, full := range []bool{false, true} {
			e := newPrinter(t, printer.Profile80())
			host, device := net.Pipe()
			served := make(chan error, 1)
			go func() { served <- e.Serve(device) }()
			if full {
				e.SetPaper(false)
				go func() {
					_, _ = host.Write(make([]byte, 60000)) // fails when the power goes
				}()
			}
			synctest.Wait()
			e.SetPower(false)
			if err := <-served; !errors.Is(err, emulator.ErrOff) {
				t.Errorf("served: %v", err)
			}
			if err := e.Serve(device); !errors.Is(err, emulator.ErrOff) {
				t.Errorf("served without power: %v", err)
			}
			_ = host.Close() // already closed from the other end
		}
	})
}

// FuzzPrinter feeds rubbish: nothing may panic, nothing may grow without bound,
// and how the bytes are chunked changes nothing.
func FuzzPrinter(f *testing.F) {
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		b, err := printer.Encode(printer.Samples()[0].Document, p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:800], byte(3))
	}
	f.Add([]byte("\x1dv0\x00\xff\xff\xff\xff\x10\x04\x01\x10\x14\x08"), byte(1))
	f.Add([]byte("\x1d(k\xff\xff1P0aaaa\x1dk\x49\xff{B\x1bD\x01\x02"), byte(7))
	f.Add([]byte("\x1d!\x77W\x1bp\x00\x01\x01\x1dVB\xff\x1b*\x21\xff\xff"), byte(2))
	f.Fuzz(func(t *testing.T, b []byte, chunk byte) {
		whole := emulator.New(printer.Profile80(), emulator.Events{})
		pieces := emulator.New(printer.Profile80(), emulator.Events{})
		if n, err := whole.Write(b); n != len(b) || err != nil {
			t.Fatalf("took %d of %d: %v", n, len(b), err)
		}
		for rest := b; len(rest) > 0; {
			n := min(int(chunk%16)+1, len(rest))
			if _, err := pieces.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if whole.Count() != pieces.Count() || whole.Kicks() != pieces.Kicks() || len(whole.Faults()) != len(pieces.Faults()) {
			t.Fatalf("whole: %d slips, %v; in pieces: %d, %v", whole.Count(), whole.Faults(), pieces.Count(), pieces.Faults())
		}
		a, okA := whole.Partial()
		c, okC := pieces.Partial()
		if okA != okC || okA && !bytes.Equal(a.Pix, c.Pix) {
			t.Fatal("the paper depends on the chunks")
		}
		// Real-time requests overtake what is buffered, so the order is free.
		answers, inPieces := whole.Replies(), pieces.Replies()
		slices.Sort(answers)
		slices.Sort(inPieces)
		if len(b) < 256 && !bytes.Equal(answers, inPieces) {
			t.Fatalf("answers % X, in pieces % X", answers, inPieces)
		}
	})
}

// TestOneByteAtATime prints every sample so.
func TestOneByteAtATime(t *testing.T) {
	for _, p := range printer.Profiles() {
		for _, s := range printer.Samples() {
			b, err := printer.Encode(s.Document, p)
			if err != nil {
				t.Fatal(err)
			}
			whole, pieces := newPrinter(t, p), newPrinter(t, p)
			feed(t, whole, string(b))
			for i := range b {
				if _, err := pieces.Write(b[i : i+1]); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(last(t, whole).Pix, last(t, pieces).Pix) {
				t.Errorf("%s on %s differs", s.Name, p.Name)
			}
		}
	}
}

// TestGlyphsAreReadable holds that no two printable characters look alike.
func TestGlyphsAreReadable(t *testing.T) {
	for _, bold := range []bool{false, true} {
		seen := map[string]byte{}
		for c := byte(0x20); c <= 0x7E; c++ {
			bits := string(dots.ROM(c, bold, 1, 1).Bits)
			if other, ok := seen[bits]; ok {
				t.Errorf("%q and %q look the same", c, other)
			}
			seen[bits] = c
		}
	}
}
