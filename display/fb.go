package display

import (
	"errors"
	"fmt"
	"image"
)

// Channel is where one colour lies in a pixel: Length bits from bit Offset,
// counted from the lowest (struct fb_bitfield, linux/fb.h).
type Channel struct{ Offset, Length int }

// PixelFormat is how a framebuffer keeps a pixel: Bits bits, little endian.
// Alpha has no length where there is none.
type PixelFormat struct {
	Bits                    int
	Red, Green, Blue, Alpha Channel
}

// FBGeometry is a framebuffer's memory as its driver tells.
type FBGeometry struct {
	Size   image.Point // what is seen, px
	Origin image.Point // where that begins in the memory, px
	Stride int         // bytes from one row to the next, at least what a row needs
	Format PixelFormat
}

// maxFBSide bounds what a driver may say of itself, px: 8K and a little.
const maxFBSide = 8192

// check refuses what cannot be drawn on, or would be drawn outside its memory.
func (g FBGeometry) check(memory int) error {
	f := g.Format
	switch {
	case g.Size.X < 1 || g.Size.Y < 1 || g.Size.X > maxFBSide || g.Size.Y > maxFBSide || g.Origin.X < 0 || g.Origin.Y < 0 ||
		g.Origin.X > maxFBSide || g.Origin.Y > maxFBSide:
		return fmt.Errorf("framebuffer of %v at %v: sides are 1 to %d px", g.Size, g.Origin, maxFBSide)
	case f.Bits != 16 && f.Bits != 24 && f.Bits != 32:
		return fmt.Errorf("framebuffer with %d bits a pixel: there is drawing for 16, 24 and 32", f.Bits)
	}
	for _, c := range []Channel{f.Red, f.Green, f.Blue} {
		if c.Length < 1 || c.Length > 16 || c.Offset < 0 || c.Offset+c.Length > f.Bits {
			return fmt.Errorf("framebuffer with a colour at bits %d to %d of %d: not true colour", c.Offset, c.Offset+c.Length, f.Bits)
		}
	}
	if a := f.Alpha; a.Length < 0 || a.Length > 16 || a.Offset < 0 || a.Offset+a.Length > f.Bits {
		return fmt.Errorf("framebuffer with alpha at bits %d to %d of %d", a.Offset, a.Offset+a.Length, f.Bits)
	}
	if row := (g.Origin.X + g.Size.X) * f.Bits / 8; g.Stride < row {
		return fmt.Errorf("framebuffer of %v at %v with rows of %d bytes: they need %d", g.Size, g.Origin, g.Stride, row)
	}
	if need := (g.Origin.Y+g.Size.Y-1)*g.Stride + (g.Origin.X+g.Size.X)*f.Bits/8; memory < need {
		return fmt.Errorf("framebuffer of %v with %d bytes of memory: it needs %d", g.Size, memory, need)
	}
	return nil
}

// scale makes n bits of 8: the highest ones, or with the highest again below
// them where there are more than 8, so that white stays white.
func scale(v uint8, n int) uint32 {
	if n <= 8 {
		return uint32(v) >> (8 - n)
	}
	return (uint32(v)<<8 | uint32(v)) >> (16 - n)
}

// Pack is a colour as a pixel, opaque.
func (f PixelFormat) Pack(r, g, b uint8) uint32 {
	pixel := scale(r, f.Red.Length)<<f.Red.Offset | scale(g, f.Green.Length)<<f.Green.Offset | scale(b, f.Blue.Length)<<f.Blue.Offset
	if f.Alpha.Length > 0 {
		pixel |= scale(255, f.Alpha.Length) << f.Alpha.Offset
	}
	return pixel
}

// Convert appends n pixels to dst. The first is the R G B A at pix[at:], and
// each further one lies step bytes on, which may be backwards.
func (f PixelFormat) Convert(dst, pix []byte, at, step, n int) []byte {
	for range n {
		p := pix[at : at+4 : at+4]
		v := f.Pack(p[0], p[1], p[2])
		switch f.Bits {
		case 16:
			dst = append(dst, byte(v), byte(v>>8))
		case 24:
			dst = append(dst, byte(v), byte(v>>8), byte(v>>16))
		default:
			dst = append(dst, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		}
		at += step
	}
	return dst
}

// Framebuffer is a surface in memory that a display controller reads.
type Framebuffer struct {
	memory   []byte
	geometry FBGeometry
	rotation Rotation
	row      []byte // a row converted: the memory itself is slow to write byte by byte
	closers  []func() error
	check    func() error        // asks the driver; nil: memory has none
	light    func(on bool) error // likewise
	closed   bool
}

var (
	_ Checked = (*Framebuffer)(nil)
	_ Lamp    = (*Framebuffer)(nil)
)

// NewFramebuffer draws into memory, which is kept. The picture is turned by r.
func NewFramebuffer(memory []byte, g FBGeometry, r Rotation) (*Framebuffer, error) {
	if err := errors.Join(r.Check(), g.check(len(memory))); err != nil {
		return nil, err
	}
	return &Framebuffer{memory: memory, geometry: g, rotation: r}, nil
}

// Size implements Surface.
func (f *Framebuffer) Size() image.Point { return f.rotation.Size(f.geometry.Size) }

// Check implements Checked.
func (f *Framebuffer) Check() error {
	switch {
	case f.closed:
		return errClosed
	case f.check == nil:
		return nil
	}
	return f.check()
}

// Light implements Lamp.
func (f *Framebuffer) Light(on bool) error {
	switch {
	case f.closed:
		return errClosed
	case f.light == nil:
		return errors.ErrUnsupported
	}
	return f.light(on)
}

// Draw implements Surface. Only the bytes of r's pixels are written.
func (f *Framebuffer) Draw(frame *image.RGBA, r image.Rectangle) error {
	if err := checkDraw(f.Size(), frame, r); err != nil {
		return err
	}
	if f.closed {
		return errClosed
	}
	g := f.geometry
	on := f.rotation.toPanel(r, g.Size)
	for y := on.Min.Y; y < on.Max.Y; y++ {
		from, step := f.rotation.source(frame, image.Pt(on.Min.X, y), g.Size)
		f.row = g.Format.Convert(f.row[:0], frame.Pix, from, step, on.Dx())
		copy(f.memory[(g.Origin.Y+y)*g.Stride+(g.Origin.X+on.Min.X)*g.Format.Bits/8:], f.row)
	}
	return nil
}

// source is where in frame's bytes the panel's pixel p comes from, and how many
// bytes further the one right of p does.
func (r Rotation) source(frame *image.RGBA, p, panel image.Point) (at, step int) {
	q := r.toPicture(p, panel)
	switch r {
	case 90:
		step = -frame.Stride
	case 180:
		step = -4
	case 270:
		step = frame.Stride
	default:
		step = 4
	}
	return frame.PixOffset(q.X, q.Y), step
}

// Close implements Surface.
func (f *Framebuffer) Close() error {
	if f.closed {
		return nil
	}
	f.closed, f.memory = true, nil
	var failed error
	for _, closer := range f.closers {
		failed = errors.Join(failed, closer())
	}
	return failed
}

// FramebufferOptions are OpenFramebuffer's.
type FramebufferOptions struct {
	Rotation Rotation
	// Console is the virtual terminal that would draw its text over ours, as
	// /dev/tty0; "" leaves it alone.
	Console string
	// Warn is told what is not as it should be and holds up nothing; nil: no one is.
	Warn func(error)
}
