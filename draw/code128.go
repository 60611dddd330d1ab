package draw

import (
	"fmt"
	"image/color"

	"github.com/boombuler/barcode/code128"
)

// Code128 encodes 1 to 80 characters of ASCII as the modules of a Code 128
// symbol from left to right, true for a bar, with its check character and
// without a quiet zone (which is 10 modules on either side, ISO/IEC 15417).
func Code128(text string) ([]bool, error) {
	for i := range len(text) {
		if text[i] > 0x7E || text[i] < 0x20 {
			return nil, fmt.Errorf("encode %.80q as Code 128: byte %d is not printable ASCII", text, i+1)
		}
	}
	code, err := code128.Encode(text)
	if err != nil {
		return nil, fmt.Errorf("encode %.80q as Code 128: %w", text, err)
	}
	bars := make([]bool, code.Bounds().Dx())
	for x := range bars {
		bars[x] = code.At(x, 0) == color.Black
	}
	return bars, nil
}
