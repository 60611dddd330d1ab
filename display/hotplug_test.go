package display_test

import (
	"errors"
	"image"
	"testing"

	"till/display"
)

// socket is where a display is plugged in.
type socket struct{ panel *panelInSocket }

type panelInSocket struct {
	*display.Fake
	socket *socket
	closed int
}

func (p *panelInSocket) Check() error {
	if p.socket.panel != p {
		return errPulled
	}
	return nil
}

func (p *panelInSocket) Close() error {
	p.closed++
	return p.Fake.Close()
}

var errPulled = errors.New("pulled out")

func (s *socket) plug(size image.Point) *panelInSocket {
	s.panel = &panelInSocket{Fake: display.NewFake(size), socket: s}
	return s.panel
}

func (s *socket) open() (display.Surface, error) {
	if s.panel == nil {
		return nil, errPulled
	}
	return s.panel, nil
}

func look(t *testing.T, h *display.Hotplug, changed, there bool) {
	t.Helper()
	got, err := h.Look()
	if got != changed || h.There() != there || (err == nil) != there {
		t.Fatalf("changed %v, there %v, %v; want %v, %v", got, h.There(), err, changed, there)
	}
}

// A display comes, goes, and comes back as one of another size, and whatever is
// plugged in shows the whole picture.
func TestDisplayIsPluggedInAgain(t *testing.T) {
	s := &socket{}
	h := display.NewHotplug(nil, image.Pt(64, 32), s.open)
	p := display.NewPanel(h)
	show := func(seed uint64, want error) *image.RGBA {
		t.Helper()
		frame := noise(h.Size(), seed)
		if _, err := p.Show(frame); !errors.Is(err, want) {
			t.Fatalf("show: %v, want %v", err, want)
		}
		return frame
	}
	showsAll := func(on *panelInSocket, frame *image.RGBA) {
		t.Helper()
		if got := on.Image(); got.Rect != frame.Rect || string(got.Pix) != string(frame.Pix) {
			t.Fatal("the panel does not show the whole frame")
		}
	}
	show(1, display.ErrUnplugged)
	look(t, h, false, false)
	first := s.plug(image.Pt(64, 32))
	look(t, h, true, true)
	look(t, h, false, true)
	showsAll(first, show(2, nil))
	s.panel = nil
	show(3, nil) // into memory that nobody sees: it is not known yet
	look(t, h, true, false)
	show(4, display.ErrUnplugged)
	second := s.plug(image.Pt(40, 48))
	look(t, h, true, true)
	if h.Size() != image.Pt(40, 48) {
		t.Fatalf("size %v", h.Size())
	}
	showsAll(second, show(5, nil))
	third := s.plug(image.Pt(40, 48)) // changed for another between two looks
	look(t, h, true, true)
	frame := noise(h.Size(), 6)
	if _, err := p.Show(frame); err != nil {
		if _, err = p.Show(frame); err != nil { // a part was refused, and the whole is not
			t.Fatal(err)
		}
	}
	showsAll(third, frame)
	if first.closed != 1 || second.closed != 1 {
		t.Errorf("what is gone was closed %d and %d times", first.closed, second.closed)
	}
	if err := errors.Join(h.Close(), h.Close()); err != nil {
		t.Error(err)
	}
	if _, err := h.Look(); err == nil || third.closed != 1 {
		t.Errorf("closed: %v, and the panel %d times", err, third.closed)
	}
	if err := h.Draw(frame, frame.Rect); err == nil {
		t.Error("drawn after Close")
	}
}
