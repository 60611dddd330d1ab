// Package printer puts receipts on paper. A receipt is a Document, plain data;
// one layout of it becomes the bytes for an ESC/POS printer (Encode) and the
// picture of the paper (Picture), so that what is seen is what is printed.
package printer

import "till/printer/dots"

// Limits of one document. They keep a mistake upstream from spooling a roll.
const (
	MaxBlocks = 1000  // blocks
	MaxText   = 4096  // bytes of one text
	MaxRows   = 20000 // dots of paper, 2.5 m
)

// Document is what one slip says, from its top to the cut. It knows no printer:
// the same document goes on every width of paper.
type Document struct {
	Blocks []Block
}

// Block is one element of a document: Text, Row, Rule, Feed, QR, Barcode,
// Image, *Logo, Kick or Cut.
type Block interface{ block() }

// Align says where a text or picture stands between the edges of the paper.
type Align int

// The alignments there are. The zero value is Left.
const (
	Left Align = iota
	Center
	Right
)

// Style is how text looks. The zero value is plain.
type Style struct {
	Bold    bool
	Inverse bool // white on black; a whole line becomes a bar from edge to edge
	Wide    bool // twice as wide
	Tall    bool // twice as high
}

// Text is a paragraph. It wraps at the paper's width; "\n" ends a line.
type Text struct {
	Text  string
	Align Align
	Style Style
}

// Row is a label on the left and a value on the right. The label wraps; the
// value stays in one piece and is never cut off. Where both do not fit beside
// each other the value has the next line to itself. Only a value longer than
// the whole paper is wide is broken, into full lines.
type Row struct {
	Label, Value           string
	LabelStyle, ValueStyle Style
}

// Rule is a line across the paper, heavy or light.
type Rule struct{ Heavy bool }

// Feed is blank lines.
type Feed struct{ Lines int }

// QR is a QR code in the middle of the paper with an optional caption under it.
type QR struct{ Text, Caption string }

// Barcode is a Code 128 symbol in the middle of the paper, its text under it.
type Barcode struct{ Text string }

// Image is a picture in black and white, at most as wide as the paper. The
// bitmap is not changed, and must not change while the document is in use.
type Image struct {
	Bitmap *dots.Bitmap
	Align  Align
}

// Kick opens the cash drawer: a pulse on pin 2 of the drawer's socket, or on pin 5.
type Kick struct{ Pin5 bool }

// Cut ends a slip: it feeds the last line past the tear bar, and cuts where there is a cutter.
type Cut struct{}

func (Text) block()    {}
func (Row) block()     {}
func (Rule) block()    {}
func (Feed) block()    {}
func (QR) block()      {}
func (Barcode) block() {}
func (Image) block()   {}
func (Kick) block()    {}
func (Cut) block()     {}

// OpenDrawer is the document that opens the drawer and prints nothing.
func OpenDrawer() Document { return Document{Blocks: []Block{Kick{}}} }
