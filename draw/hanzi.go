package draw

import (
	"sync"

	"github.com/golang/freetype/truetype"
	captcha "github.com/mojocn/base64Captcha"
)

// hanzi is WenQuanYi Micro Hei (Apache-2.0), which covers GB 2312 and more.
//
// The Go module proxy carries this font only inside a captcha library, which is
// an odd carrier: it is named in this file and nowhere else, so that the font
// can come from a better place by changing one function. The library hands out
// the parsed font and not its bytes, so the rasteriser is freetype's for both scripts.
var hanzi = sync.OnceValue(func() *truetype.Font {
	return captcha.DefaultEmbeddedFonts.LoadFontByName("fonts/wqy-microhei.ttc")
})
