package display

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"sync"
)

// errClosed is Draw's answer after Close.
var errClosed = errors.New("the surface is closed")

// PNG is a surface that keeps what it shows, to be had as a picture at any
// time. Safe for concurrent use.
type PNG struct {
	mu     sync.Mutex
	shown  *image.RGBA
	closed bool
}

var _ Surface = (*PNG)(nil)

// NewPNG is a black surface of size pixels.
func NewPNG(size image.Point) *PNG {
	return &PNG{shown: image.NewRGBA(image.Rectangle{Max: size})}
}

// Size implements Surface.
func (p *PNG) Size() image.Point { return p.shown.Rect.Max }

// Draw implements Surface.
func (p *PNG) Draw(frame *image.RGBA, r image.Rectangle) error {
	if err := checkDraw(p.Size(), frame, r); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	copyRect(p.shown, frame, r)
	return nil
}

// Close implements Surface. The picture stays to be had.
func (p *PNG) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

// Image is a copy of what is shown.
func (p *PNG) Image() *image.RGBA {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := image.NewRGBA(p.shown.Rect)
	copy(m.Pix, p.shown.Pix)
	return m
}

// WriteTo writes what is shown as a PNG file.
func (p *PNG) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	quick := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := quick.Encode(&b, p.Image()); err != nil {
		return 0, fmt.Errorf("encode the screen as PNG: %w", err)
	}
	n, err := b.WriteTo(w)
	if err != nil {
		return n, fmt.Errorf("write the screen as PNG: %w", err)
	}
	return n, nil
}
