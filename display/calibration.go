package display

import (
	"errors"
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"
)

// Calibration corrects where a panel says that it was touched. Both axes run
// from 0 to 1 over the glass: x' = A x + B y + C, y' = D x + E y + F, the six
// numbers in the order of libinput's matrix. Swapped axes are 0 1 0 1 0 0.
type Calibration struct{ A, B, C, D, E, F float64 }

// NoCalibration changes nothing.
func NoCalibration() Calibration { return Calibration{A: 1, E: 1} }

// ParseCalibration reads six numbers with spaces between them.
func ParseCalibration(s string) (Calibration, error) {
	bad := errors.New(`want six numbers, as "1 0 0 0 1 0" (libinput's calibration matrix)`)
	fields := strings.Fields(s)
	if len(fields) != 6 {
		return Calibration{}, bad
	}
	var n [6]float64
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 100 {
			return Calibration{}, fmt.Errorf("%q: %w", f, bad)
		}
		n[i] = v
	}
	c := Calibration{n[0], n[1], n[2], n[3], n[4], n[5]}
	if math.Abs(c.A*c.E-c.B*c.D) < 1e-6 {
		return Calibration{}, fmt.Errorf("all touches would lie on one line: %w", bad)
	}
	return c, nil
}

// String is what ParseCalibration reads.
func (c Calibration) String() string {
	return fmt.Sprintf("%.6g %.6g %.6g %.6g %.6g %.6g", c.A, c.B, c.C, c.D, c.E, c.F)
}

func (c Calibration) apply(x, y float64) (float64, float64) {
	return c.A*x + c.B*y + c.C, c.D*x + c.E*y + c.F
}

// Unit is a point of the glass: 0 to 1 from left to right and top to bottom.
type Unit struct{ X, Y float64 }

// Calibrate finds the correction from three crosses that were shown and where
// each was touched. They must not lie on one line.
func Calibrate(shown, touched [3]Unit) (Calibration, error) {
	t := touched
	det := (t[0].X-t[2].X)*(t[1].Y-t[2].Y) - (t[1].X-t[2].X)*(t[0].Y-t[2].Y)
	if math.Abs(det) < 1e-4 {
		return Calibration{}, errors.New("the three touches lie on one line: touch each cross in its middle")
	}
	solve := func(s0, s1, s2 float64) (a, b, c float64) {
		a = ((s0-s2)*(t[1].Y-t[2].Y) - (s1-s2)*(t[0].Y-t[2].Y)) / det
		b = ((t[0].X-t[2].X)*(s1-s2) - (t[1].X-t[2].X)*(s0-s2)) / det
		return a, b, s2 - a*t[2].X - b*t[2].Y
	}
	var c Calibration
	c.A, c.B, c.C = solve(shown[0].X, shown[1].X, shown[2].X)
	c.D, c.E, c.F = solve(shown[0].Y, shown[1].Y, shown[2].Y)
	return c, nil
}

// AxisRange is the values of an axis from one side of the glass to the other.
type AxisRange struct{ Min, Max int32 }

func (a AxisRange) unit(v int32) float64 {
	if a.Max == a.Min {
		return 0
	}
	return (float64(v) - float64(a.Min)) / (float64(a.Max) - float64(a.Min))
}

// TouchMap finds the picture's pixel under a finger.
type TouchMap struct {
	Calibration Calibration
	Rotation    Rotation    // of the picture
	Picture     image.Point // its size, px
}

// Pixel is where on the picture a touch lies, on its nearest pixel.
func (m TouchMap) Pixel(t RawTouch, x, y AxisRange) image.Point {
	panel := m.Rotation.Size(m.Picture) // turned back
	ux, uy := m.Calibration.apply(x.unit(t.X), y.unit(t.Y))
	p := image.Pt(nearest(ux, panel.X), nearest(uy, panel.Y))
	return m.Rotation.toPicture(p, panel)
}

func nearest(unit float64, pixels int) int {
	return int(min(max(unit*float64(pixels), 0), float64(pixels-1)))
}
