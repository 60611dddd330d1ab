package display

import (
	"fmt"
	"image"
	"slices"
)

// Surface is something that shows pixels. It is used from one goroutine.
type Surface interface {
	// Size is the panel's in px. It stays the same, but where a Hotplug gets another panel.
	Size() image.Point

	// Draw puts the part r of frame on the panel. r lies within Size, and the
	// frame is of that size. When it has returned without an error the pixels
	// were handed over, and frame may change again. After an error nothing is
	// known of what the panel shows.
	Draw(frame *image.RGBA, r image.Rectangle) error

	// Close lets go of the panel. Draw fails afterwards; a second Close does nothing.
	Close() error
}

// tileSize is the side of the squares that frames are compared in, px: small
// enough that a digit sends little, large enough that a change is few rectangles.
const tileSize = 16

// Panel shows frames on a surface and sends only what changed. It is used from
// one goroutine.
type Panel struct {
	surface Surface
	shown   *image.RGBA // what the surface shows; nil: unknown, all is sent

	painted *image.RGBA // the painter's image that was shown last, and the frame's number
	number  int
}

// NewPanel is a panel on s, which it does not close.
func NewPanel(s Surface) *Panel { return &Panel{surface: s} }

// ShowFrame is Show of a frame's image. If it follows the frame shown last, both
// by one painter, only what the painter painted is compared.
func (p *Panel) ShowFrame(f *Frame) ([]image.Rectangle, error) {
	within := []image.Rectangle{f.Image.Rect}
	if f.number > 1 && f.number == p.number+1 && f.Image == p.painted {
		within = f.changed
	}
	sent, err := p.show(f.Image, within)
	p.painted, p.number = f.Image, f.number
	return sent, err
}

// Show makes the surface show frame and returns the rectangles it sent. After
// an error everything is sent the next time.
func (p *Panel) Show(frame *image.RGBA) ([]image.Rectangle, error) {
	p.painted = nil
	return p.show(frame, []image.Rectangle{frame.Rect})
}

// show is Show where the frame is known to be as shown outside of within.
func (p *Panel) show(frame *image.RGBA, within []image.Rectangle) ([]image.Rectangle, error) {
	size := p.surface.Size()
	if frame.Rect != (image.Rectangle{Max: size}) {
		return nil, fmt.Errorf("show a frame of %v on a panel of %v: the sizes must be the same", frame.Rect, size)
	}
	if h, ok := p.surface.(*Hotplug); ok && h.Fresh() {
		p.shown = nil // another panel, or the same one switched off and on
	}
	changed := []image.Rectangle{frame.Rect}
	if p.shown != nil && p.shown.Rect == frame.Rect {
		changed = difference(p.shown, frame, within)
	} else {
		p.shown = image.NewRGBA(frame.Rect)
	}
	for i, r := range changed {
		if err := p.surface.Draw(frame, r); err != nil {
			p.shown = nil
			return changed[:i], fmt.Errorf("show %v: %w", r, err)
		}
		copyRect(p.shown, frame, r)
	}
	return changed, nil
}

// Forget makes the next Show send everything: the panel was switched off and on.
func (p *Panel) Forget() { p.shown = nil }

// difference is the rectangles in which two frames of one size differ, looked
// for within some of them only: runs of changed tiles, joined with the run above
// where both have the same width.
func difference(a, b *image.RGBA, within []image.Rectangle) []image.Rectangle {
	var tiled []image.Rectangle
	for _, r := range within {
		down := func(v int) int { return v / tileSize * tileSize }
		up := func(v int) int { return down(v + tileSize - 1) }
		tiled = join(tiled, image.Rect(down(r.Min.X), down(r.Min.Y), up(r.Max.X), up(r.Max.Y)).Intersect(b.Rect))
	}
	var done []image.Rectangle
	for _, box := range tiled {
		var open []image.Rectangle // those that touch the row of tiles above
		for y := box.Min.Y; y < box.Max.Y; y += tileSize {
			row := image.Rect(box.Min.X, y, box.Max.X, min(y+tileSize, box.Max.Y))
			var next []image.Rectangle
			for _, run := range changedRuns(a, b, row) {
				i := slices.IndexFunc(open, func(r image.Rectangle) bool { return r.Min.X == run.Min.X && r.Max.X == run.Max.X })
				if i >= 0 {
					run.Min.Y = open[i].Min.Y
					open = slices.Delete(open, i, i+1)
				}
				next = append(next, run)
			}
			done = append(done, open...)
			open = next
		}
		done = append(done, open...)
	}
	return done
}

// changedRuns is the runs of tiles of one row that differ.
func changedRuns(a, b *image.RGBA, row image.Rectangle) []image.Rectangle {
	var runs []image.Rectangle
	if sameRect(a, b, row) {
		return nil // nearly every row
	}
	for x := row.Min.X; x < row.Max.X; x += tileSize {
		tile := image.Rect(x, row.Min.Y, min(x+tileSize, row.Max.X), row.Max.Y)
		if sameRect(a, b, tile) {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1].Max.X == x {
			runs[n-1].Max.X = tile.Max.X
			continue
		}
		runs = append(runs, tile)
	}
	return runs
}

func sameRect(a, b *image.RGBA, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if string(rowOf(a, r, y)) != string(rowOf(b, r, y)) {
			return false
		}
	}
	return true
}

func copyRect(to, from *image.RGBA, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(rowOf(to, r, y), rowOf(from, r, y))
	}
}

// rowOf is the bytes of one row of m within r.
func rowOf(m *image.RGBA, r image.Rectangle, y int) []byte {
	return m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()*4]
}

// checkDraw holds what Surface asks of Draw's caller.
func checkDraw(size image.Point, frame *image.RGBA, r image.Rectangle) error {
	whole := image.Rectangle{Max: size}
	if frame.Rect != whole || !r.In(whole) {
		return fmt.Errorf("draw %v of a frame of %v on a panel of %v", r, frame.Rect, size)
	}
	return nil
}
