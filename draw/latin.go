package draw

import (
	"sync"

	"github.com/golang/freetype/truetype"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
)

// latin holds the Go fonts by weight. Their numerals are tabular: every digit
// is as wide as the next, so amounts align and do not jump while being keyed.
var latin = map[Weight]func() *truetype.Font{
	Regular: sync.OnceValue(func() *truetype.Font { return mustParse(goregular.TTF) }),
	Medium:  sync.OnceValue(func() *truetype.Font { return mustParse(gomedium.TTF) }),
	Bold:    sync.OnceValue(func() *truetype.Font { return mustParse(gobold.TTF) }),
}

// mustParse panics on a font that does not parse: it is compiled in, so a
// broken one is a broken build and the first test of any room finds it.
func mustParse(ttf []byte) *truetype.Font {
	f, err := truetype.Parse(ttf)
	if err != nil {
		panic("parse a compiled-in font: " + err.Error())
	}
	return f
}
