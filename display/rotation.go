package display

import (
	"fmt"
	"image"
)

// Rotation is how far a picture is turned clockwise on its panel: 0, 90, 180
// or 270 degrees.
type Rotation int

// Check refuses other angles.
func (r Rotation) Check() error {
	switch r {
	case 0, 90, 180, 270:
		return nil
	}
	return fmt.Errorf("rotation %d: want 0, 90, 180 or 270 degrees", int(r))
}

// Size is that of the picture on a panel of this size, or of the panel under
// such a picture.
func (r Rotation) Size(panel image.Point) image.Point {
	if r == 90 || r == 270 {
		return image.Pt(panel.Y, panel.X)
	}
	return panel
}

// toPicture is where a pixel of a panel of this size lies in the picture.
func (r Rotation) toPicture(p, panel image.Point) image.Point {
	switch r {
	case 90:
		return image.Pt(p.Y, panel.X-1-p.X)
	case 180:
		return image.Pt(panel.X-1-p.X, panel.Y-1-p.Y)
	case 270:
		return image.Pt(panel.Y-1-p.Y, p.X)
	default:
		return p
	}
}

// toPanel is the part of a panel of this size that the part r of the picture is on.
func (r Rotation) toPanel(part image.Rectangle, panel image.Point) image.Rectangle {
	a, b := part.Min, part.Max
	switch r {
	case 90:
		return image.Rect(panel.X-b.Y, a.X, panel.X-a.Y, b.X)
	case 180:
		return image.Rect(panel.X-b.X, panel.Y-b.Y, panel.X-a.X, panel.Y-a.Y)
	case 270:
		return image.Rect(a.Y, panel.Y-b.X, b.Y, panel.Y-a.X)
	default:
		return part
	}
}
