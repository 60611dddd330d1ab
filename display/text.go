package display

import (
	"image"
	"image/color"
	"sync"

	"till/draw"
)

// sizes are the em sizes there are, px. Text shrinks from one to the next.
var sizes = []int{10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 96, 104, 112, 120, 132}

// faces makes each face once, when it is first used.
var faces = func() map[draw.Weight][]func() *draw.Face {
	table := map[draw.Weight][]func() *draw.Face{}
	for _, w := range []draw.Weight{draw.Regular, draw.Medium, draw.Bold} {
		for _, px := range sizes {
			table[w] = append(table[w], sync.OnceValue(func() *draw.Face { return draw.NewFace(w, float64(px)) }))
		}
	}
	return table
}()

// face is the largest face of at most px.
func face(w draw.Weight, px int) *draw.Face {
	i := 0
	for i+1 < len(sizes) && sizes[i+1] <= px {
		i++
	}
	return faces[w][i]()
}

// smaller is the next size below px, or px if it is the least.
func smaller(px int) int {
	best := sizes[0]
	for _, s := range sizes {
		if s < px {
			best = s
		}
	}
	return min(best, px)
}

type align int

const (
	left align = iota
	centre
	right
)

// print draws s on the ground colour bg, which is only told to check the contrast.
func (c *canvas) print(w draw.Weight, px int, x, baseline int, s string, fg, bg color.RGBA) {
	if c.pair != nil {
		c.pair(fg, bg, px, w)
	}
	c.add(mark{
		kind: markText, rect: face(w, px).Bounds(x, baseline, s), with: fg, text: s, weight: w, n: [10]int{px, x, baseline},
	})
}

// fitLine is the largest size, from px down to least, in which s is no wider
// and no higher than box.
func fitLine(box image.Rectangle, w draw.Weight, px, least int, s string) int {
	for px > least {
		f := face(w, px)
		if f.Measure(s) <= box.Dx() && f.CapHeight()*5/4 <= box.Dy() {
			break
		}
		px = max(smaller(px), least)
	}
	return px
}

// line draws s on one line in box, its capitals in the middle of the height,
// from px down to the least size there is: for amounts, which are never cut.
func (c *canvas) line(box image.Rectangle, w draw.Weight, px int, a align, s string, fg, bg color.RGBA) {
	px = fitLine(box, w, px, sizes[0], s)
	f := face(w, px)
	x := box.Min.X
	switch a {
	case centre:
		x += (box.Dx() - f.Measure(s)) / 2
	case right:
		x = box.Max.X - f.Measure(s)
	}
	c.print(w, px, x, box.Min.Y+(box.Dy()+f.CapHeight())/2, s, fg, bg)
}

// ellipsis is s, or as much of it as fits width with … after it: for names alone.
func ellipsis(f *draw.Face, s string, width int) string {
	if f.Measure(s) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if cut := string(runes[:n]) + "…"; f.Measure(cut) <= width {
			return cut
		}
	}
	return ""
}

// wrap breaks s to width, and tells whether no word had to be broken.
func wrap(f *draw.Face, s string, width int) (lines []string, whole bool) {
	lines = draw.Wrap(f, s, width)
	whole = true
	for _, word := range splitWords(s) {
		whole = whole && f.Measure(word) <= width
	}
	return lines, whole
}

// splitWords is the runs of s that have no space and no Chinese in them.
func splitWords(s string) []string {
	var found []string
	start := -1
	for i, r := range s {
		if r > ' ' && r < 0x2E80 {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			found = append(found, s[start:i])
			start = -1
		}
	}
	if start >= 0 {
		found = append(found, s[start:])
	}
	return found
}

// block draws s wrapped into box, in the largest size from px down that holds
// it, in the middle of the height. Only what fits at no size is cut, with …
func (c *canvas) block(box image.Rectangle, w draw.Weight, px int, a align, s string, fg, bg color.RGBA) {
	if s == "" || box.Empty() {
		return
	}
	var f *draw.Face
	var lines []string
	for ; ; px = smaller(px) {
		f = face(w, px)
		var whole bool
		lines, whole = wrap(f, s, box.Dx())
		if fits := blockHeight(f, len(lines)) <= box.Dy(); fits && whole || px <= sizes[0] {
			break
		}
	}
	if a != centre { // buttons keep the size of those beside them
		px, lines = onOneLine(w, px, lines, func(f *draw.Face) ([]string, bool) { return wrap(f, s, box.Dx()) })
		f = face(w, px)
	}
	if head, tail, ok := twoWords(s); ok && len(lines) == 2 && max(f.Measure(head), f.Measure(tail)) <= box.Dx() {
		lines = []string{head, tail}
	}
	step, height := f.Height(), blockHeight(f, len(lines))
	if height > box.Dy() { // lines as near to each other as they stay apart
		step = px * 6 / 5
		height = step * len(lines)
	}
	if height > box.Dy() && len(lines) > 1 {
		c.cut = s
		most := max(1, box.Dy()/step)
		lines = lines[:most]
		lines[most-1] = ellipsis(f, lines[most-1]+"…", box.Dx())
		height = step * most
	}
	y := box.Min.Y + (box.Dy()-height)/2 + f.Ascent()
	for _, l := range lines {
		x := box.Min.X
		switch a {
		case centre:
			x += (box.Dx() - f.Measure(l)) / 2
		case right:
			x = box.Max.X - f.Measure(l)
		}
		c.print(w, px, x, y, l, fg, bg)
		y += step
	}
}

// twoWords breaks a short label of Chinese characters alone where a word is likely to
// end: most have two.
func twoWords(s string) (head, tail string, ok bool) {
	runes := []rune(s)
	if len(runes) < 4 || len(runes) > 8 {
		return "", "", false
	}
	for _, r := range runes {
		if r < 0x4E00 || r > 0x9FFF {
			return "", "", false
		}
	}
	at := len(runes) / 4 * 2
	return string(runes[:at]), string(runes[at:]), true
}

// onOneLine is a size a little below px in which two lines become one, so that
// no word is left alone on the second; px if there is none.
func onOneLine(w draw.Weight, px int, lines []string, wrapped func(*draw.Face) ([]string, bool)) (int, []string) {
	if len(lines) != 2 {
		return px, lines
	}
	for less := smaller(px); less >= px*4/5 && less < px; less = smaller(less) {
		if fewer, whole := wrapped(face(w, less)); whole && len(fewer) == 1 {
			return less, fewer
		}
		if less == sizes[0] {
			break
		}
	}
	return px, lines
}

// blockHeight is the height of n lines, without the leading after the last.
func blockHeight(f *draw.Face, n int) int {
	return (n-1)*f.Height() + f.Ascent() + f.Descent()
}
