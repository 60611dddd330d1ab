package display

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// The sim board's panel lives at the other end of a connection:
//
//	header   "TILLPX"  6 bytes
//	         version   1 byte, 1
//	         reserved  1 byte, 0
//	         width     uint16, px
//	         height    uint16, px
//	update   x y w h   uint16 each, px; w and h at least 1, all within the size
//	         pixels    w*h times R G B A, rows from the top, alpha always 255
//
// Numbers are little endian. Updates follow until the connection ends, which is
// in order only between updates.
const (
	benchMagic   = "TILLPX"
	benchVersion = 1
	headerLen    = len(benchMagic) + 6
	updateLen    = 8
	// maxSide bounds what a header may ask to be allocated: 4096 x 4096 x 4 is 64 MiB.
	maxSide = 4096
)

// Bench is the terminal's end of the sim board's panel.
type Bench struct {
	conn   io.Writer
	size   image.Point
	buf    []byte
	begun  bool
	broken error
}

var _ Surface = (*Bench)(nil)

// NewBench is a panel of size pixels at the other end of conn. The header is
// sent with the first update. Close closes conn if it can be closed. With a side
// that is not 1 to 4096 px every Draw fails.
func NewBench(conn io.Writer, size image.Point) *Bench {
	return &Bench{conn: conn, size: size, broken: checkSize(size)}
}

func checkSize(size image.Point) error {
	if size.X < 1 || size.Y < 1 || size.X > maxSide || size.Y > maxSide {
		return fmt.Errorf("bench panel of %v: sides are 1 to %d px", size, maxSide)
	}
	return nil
}

// Size implements Surface.
func (b *Bench) Size() image.Point { return b.size }

// Draw implements Surface: one update in one write. After a failed write the
// stream cannot be taken up again, and every later Draw fails likewise.
func (b *Bench) Draw(frame *image.RGBA, r image.Rectangle) error {
	if err := checkDraw(b.size, frame, r); err != nil {
		return err
	}
	if b.broken != nil {
		return b.broken
	}
	if r.Empty() {
		return nil
	}
	b.buf = b.buf[:0]
	if !b.begun {
		b.buf = append(b.buf, benchMagic...)
		b.buf = append(b.buf, benchVersion, 0)
		b.buf = appendUint16s(b.buf, b.size.X, b.size.Y)
		b.begun = true
	}
	b.buf = appendUint16s(b.buf, r.Min.X, r.Min.Y, r.Dx(), r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		b.buf = append(b.buf, rowOf(frame, r, y)...)
	}
	if _, err := b.conn.Write(b.buf); err != nil {
		b.broken = fmt.Errorf("write to the bench panel: %w", err)
		return b.broken
	}
	return nil
}

// Close implements Surface.
func (b *Bench) Close() error {
	if errors.Is(b.broken, errClosed) {
		return nil
	}
	b.broken = errClosed
	if c, ok := b.conn.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func appendUint16s(buf []byte, numbers ...int) []byte {
	for _, n := range numbers {
		buf = binary.LittleEndian.AppendUint16(buf, uint16(n)) // at most maxSide
	}
	return buf
}

// BenchReader is the world's end of the sim board's panel.
type BenchReader struct {
	conn *bufio.Reader
}

// NewBenchReader reads what a Bench writes to the other end of conn.
func NewBenchReader(conn io.Reader) *BenchReader {
	return &BenchReader{conn: bufio.NewReaderSize(conn, 64<<10)}
}

// Run calls update with the screen and the part of it that changed, again and
// again, until the connection ends: nil if it ended between two updates. The
// screen is valid until update returns.
func (b *BenchReader) Run(update func(screen *image.RGBA, changed image.Rectangle)) error {
	size, err := b.header()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil // gone before it said anything
		}
		return err
	}
	var screen *image.RGBA // made with the first update: a header alone allocates nothing
	for {
		r, err := b.rectangle(size)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if screen == nil {
			screen = image.NewRGBA(image.Rectangle{Max: size})
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := rowOf(screen, r, y)
			if _, err := io.ReadFull(b.conn, row); err != nil {
				return fmt.Errorf("read a panel update of %v: %w", r, cutOff(err))
			}
			for i := 3; i < len(row); i += 4 {
				row[i] = 255 // a panel is not transparent
			}
		}
		update(screen, r)
	}
}

func (b *BenchReader) header() (image.Point, error) {
	var h [headerLen]byte
	if _, err := io.ReadFull(b.conn, h[:]); err != nil {
		return image.Point{}, fmt.Errorf("read the panel's header: %w", err)
	}
	if string(h[:6]) != benchMagic || h[6] != benchVersion {
		return image.Point{}, fmt.Errorf("panel header %q: not version %d of this protocol", h[:8], benchVersion)
	}
	size := image.Pt(int(binary.LittleEndian.Uint16(h[8:])), int(binary.LittleEndian.Uint16(h[10:])))
	return size, checkSize(size)
}

// rectangle reads an update's place; io.EOF if there is none.
func (b *BenchReader) rectangle(size image.Point) (image.Rectangle, error) {
	var u [updateLen]byte
	if _, err := io.ReadFull(b.conn, u[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return image.Rectangle{}, io.EOF
		}
		return image.Rectangle{}, fmt.Errorf("read a panel update: %w", err)
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint16(u[2*i:])) }
	r := image.Rectangle{Min: image.Pt(at(0), at(1)), Max: image.Pt(at(0)+at(2), at(1)+at(3))}
	if r.Empty() || !r.In(image.Rectangle{Max: size}) {
		return image.Rectangle{}, fmt.Errorf("panel update of %v on a panel of %v", r, size)
	}
	return r, nil
}

// cutOff tells an end in the middle of an update from one in order.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
