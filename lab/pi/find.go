package pi

import "image"

// Find looks for a picture on a screen, pixel for pixel, and returns where it is.
func Find(screen, picture *image.RGBA) (image.Rectangle, bool) {
	within, size := screen.Rect, picture.Rect.Size()
	for y := within.Min.Y; y+size.Y <= within.Max.Y; y++ {
		for x := within.Min.X; x+size.X <= within.Max.X; x++ {
			if equalAt(screen, picture, image.Pt(x, y)) {
				return image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x, y).Add(size)}, true
			}
		}
	}
	return image.Rectangle{}, false
}

func equalAt(screen, picture *image.RGBA, at image.Point) bool {
	width := 4 * picture.Rect.Dx()
	for y := range picture.Rect.Dy() {
		a := screen.PixOffset(at.X, at.Y+y)
		b := picture.PixOffset(picture.Rect.Min.X, picture.Rect.Min.Y+y)
		if string(screen.Pix[a:a+width]) != string(picture.Pix[b:b+width]) {
			return false
		}
	}
	return true
}

// Differ is the smallest rectangle that holds every pixel in which two pictures
// of one size differ.
func Differ(a, b *image.RGBA) image.Rectangle {
	var box image.Rectangle
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		for x := a.Rect.Min.X; x < a.Rect.Max.X; x++ {
			if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

// Crop is a part of a picture. It shares its pixels.
func Crop(m *image.RGBA, r image.Rectangle) *image.RGBA {
	return m.SubImage(r).(*image.RGBA) // it always is one
}
