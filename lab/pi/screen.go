package pi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
)

// Screen is what is on the panel now.
func (m *Machine) Screen(ctx context.Context) (*image.RGBA, error) {
	m.dump.Lock()
	defer m.dump.Unlock()
	file := filepath.Join(m.dir, "screen.ppm")
	if err := m.qmp.execute(ctx, "screendump", map[string]string{"filename": file}, nil); err != nil {
		return nil, fmt.Errorf("look at the screen: %w", err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("look at the screen: %w", err)
	}
	return parsePPM(raw)
}

// maxSide bounds a picture, in pixels.
const maxSide = 4096

var errPPM = errors.New("not a PPM picture of QEMU's")

// parsePPM reads the form that QEMU writes: P6, with 255 for the brightest.
func parsePPM(raw []byte) (*image.RGBA, error) {
	var width, height, most int
	r := bytes.NewReader(raw)
	n, err := fmt.Fscanf(r, "P6\n%d %d\n%d\n", &width, &height, &most)
	if err != nil || n != 3 || most != 255 || width < 1 || height < 1 || width > maxSide || height > maxSide || r.Len() != 3*width*height {
		return nil, errPPM
	}
	pixels := raw[len(raw)-r.Len():]
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i, j := 0, 0; j < len(pixels); i, j = i+4, j+3 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = pixels[j], pixels[j+1], pixels[j+2], 255
	}
	return img, nil
}
