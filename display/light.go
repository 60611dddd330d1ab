package display

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Lamp is a surface whose light can be switched off and on. What it shows is
// drawn as before; errors.ErrUnsupported where it has no such switch.
type Lamp interface {
	Light(on bool) error
}

// SwitchLight switches a surface's light, if it can be.
func SwitchLight(s Surface, on bool) error {
	if l, ok := s.(Lamp); ok {
		return l.Light(on)
	}
	return errors.ErrUnsupported
}

// Backlights are the lights of panels that the kernel drives (kernel,
// Documentation/ABI/stable/sysfs-class-backlight).
type Backlights struct {
	Glob      func(pattern string) ([]string, error)
	ReadFile  func(path string) ([]byte, error)
	WriteFile func(path string, content []byte) error
}

// Values of bl_power: FB_BLANK_UNBLANK and FB_BLANK_POWERDOWN of linux/fb.h.
const (
	backlightOn  = "0"
	backlightOff = "4"
)

const backlightFolders = "/sys/class/backlight/*"

// folders are those of each light; errors.ErrUnsupported if there is none.
func (b Backlights) folders() ([]string, error) {
	if b.Glob == nil {
		return nil, errors.ErrUnsupported
	}
	all, err := b.Glob(backlightFolders)
	if err == nil && len(all) == 0 {
		err = errors.ErrUnsupported
	}
	return all, err
}

// Light implements Lamp for all of them.
func (b Backlights) Light(on bool) error {
	all, err := b.folders()
	if err != nil {
		return err
	}
	value := backlightOff
	if on {
		value = backlightOn
	}
	var failed error
	for _, folder := range all {
		if err := b.WriteFile(filepath.Join(folder, "bl_power"), []byte(value)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("switch the light of %s: %w", filepath.Base(folder), err))
		}
	}
	return failed
}

// Brightness sets all of them to a share of their most, 1 to 100 percent, and
// never to nothing.
func (b Backlights) Brightness(percent int) error {
	all, err := b.folders()
	if err != nil {
		return err
	}
	var failed error
	for _, folder := range all {
		if err := b.brightness(folder, percent); err != nil {
			failed = errors.Join(failed, fmt.Errorf("set the light of %s: %w", filepath.Base(folder), err))
		}
	}
	return failed
}

func (b Backlights) brightness(folder string, percent int) error {
	raw, err := b.ReadFile(filepath.Join(folder, "max_brightness"))
	if err != nil {
		return err
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(raw[:min(len(raw), 32)])))
	if err != nil || most < 1 {
		return fmt.Errorf("its most is %.32q", raw)
	}
	value := max(1, most*min(max(percent, 1), 100)/100)
	return b.WriteFile(filepath.Join(folder, "brightness"), []byte(strconv.Itoa(value)))
}

// FakeBacklights are files of lights for tests: they record what was written,
// and fail when told to.
type FakeBacklights struct {
	mu      sync.Mutex
	files   map[string]string
	written []string
	fail    error
}

// NewFakeBacklights has a light of each name, with this most.
func NewFakeBacklights(most int, names ...string) *FakeBacklights {
	f := &FakeBacklights{files: map[string]string{}}
	for _, name := range names {
		folder := filepath.Join(filepath.Dir(backlightFolders), name)
		f.files[filepath.Join(folder, "max_brightness")] = strconv.Itoa(most) + "\n"
	}
	return f
}

// Fail makes everything fail with err; nil heals it.
func (f *FakeBacklights) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Written is what was written since the last call, as "panel/bl_power=4".
func (f *FakeBacklights) Written() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	written := f.written
	f.written = nil
	return written
}

// Backlights are the fake's.
func (f *FakeBacklights) Backlights() Backlights {
	return Backlights{
		Glob: func(string) ([]string, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			var all []string
			for path := range f.files {
				all = append(all, filepath.Dir(path))
			}
			slices.Sort(all)
			return all, nil
		},
		ReadFile: func(path string) ([]byte, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			return []byte(f.files[path]), f.fail
		},
		WriteFile: func(path string, content []byte) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.fail != nil {
				return f.fail
			}
			f.written = append(f.written, filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)+"="+string(content))
			return nil
		},
	}
}
