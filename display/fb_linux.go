package display

import (
	"errors"
	"fmt"
	"image"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests and values of linux/fb.h and linux/kd.h.
const (
	fbioGetVScreenInfo = 0x4600
	fbioGetFScreenInfo = 0x4602
	fbioBlank          = 0x4611
	kdSetMode          = 0x4B3A
	kdGetMode          = 0x4B3B

	fbBlankUnblank     = 0
	fbBlankPowerdown   = 4
	fbTypePackedPixels = 0
	fbVisualTrueColor  = 2
	kdGraphics         = 1
)

// fbBitfield, fbVarInfo and fbFixInfo are structs of linux/fb.h. Go lays them
// out as C does: an unsigned long is a uintptr, on 32 and 64 bit.
type fbBitfield struct{ Offset, Length, MSBRight uint32 }

type fbVarInfo struct {
	XRes, YRes, XResVirtual, YResVirtual, XOffset, YOffset uint32
	BitsPerPixel, Grayscale                                uint32
	Red, Green, Blue, Transparent                          fbBitfield
	NonStandard, Activate, Height, Width, AccelFlags       uint32
	Timing                                                 [11]uint32 // pixclock to colorspace
	Reserved                                               [4]uint32
}

type fbFixInfo struct {
	ID                                 [16]byte
	MemoryStart                        uintptr
	MemoryLength                       uint32
	Type, TypeAux, Visual              uint32
	XPanStep, YPanStep, YWrapStep      uint16
	LineLength                         uint32
	MMIOStart                          uintptr
	MMIOLength, Acceleration           uint32
	Capabilities, Reserved1, Reserved2 uint16
}

// The kernel fills whole structs, so one of another size would be overrun: the
// build fails where they are not 160 bytes, and 80 (68 on 32 bit).
const (
	wantFix = 68 + 12*(unsafe.Sizeof(uintptr(0))/8)
	_       = -(unsafe.Sizeof(fbVarInfo{}) ^ 160)
	_       = -(unsafe.Sizeof(fbFixInfo{}) ^ wantFix)
)

// OpenFramebuffer draws on a Linux framebuffer such as /dev/fb0, as the driver
// says that it is laid out, and keeps the console's text off it until Close.
func OpenFramebuffer(path string, o FramebufferOptions) (_ *Framebuffer, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the display: %w", err)
	}
	closers := []func() error{f.Close}
	defer func() {
		if err != nil {
			for _, closer := range closers {
				err = errors.Join(err, closer())
			}
		}
	}()
	var v fbVarInfo
	var x fbFixInfo
	if err := ioctl(f, fbioGetVScreenInfo, unsafe.Pointer(&v)); err != nil {
		return nil, fmt.Errorf("ask %s for its size (FBIOGET_VSCREENINFO): %w", path, err)
	}
	if err := ioctl(f, fbioGetFScreenInfo, unsafe.Pointer(&x)); err != nil {
		return nil, fmt.Errorf("ask %s for its memory (FBIOGET_FSCREENINFO): %w", path, err)
	}
	if x.Type != fbTypePackedPixels || x.Visual != fbVisualTrueColor || v.Grayscale != 0 {
		return nil, fmt.Errorf("%s is of type %d, visual %d, grayscale %d: there is drawing for packed true colour only",
			path, x.Type, x.Visual, v.Grayscale)
	}
	// The mapping begins with a page, the picture where smem_start is in it.
	inPage := int(x.MemoryStart % uintptr(os.Getpagesize()))
	memory, err := unix.Mmap(int(f.Fd()), 0, inPage+int(x.MemoryLength), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the memory of %s, %d bytes: %w", path, x.MemoryLength, err)
	}
	closers = append([]func() error{func() error { return unix.Munmap(memory) }}, closers...)
	fb, err := NewFramebuffer(memory[inPage:], geometryOf(v, x), o.Rotation)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	warn := o.Warn
	if warn == nil {
		warn = func(error) {}
	}
	fb.light = func(on bool) error { return lightFramebuffer(f, on) }
	if err := fb.light(true); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		warn(err)
	}
	if o.Console != "" {
		back, err := graphicsConsole(o.Console)
		if err != nil {
			warn(err)
		} else {
			closers = append([]func() error{back}, closers...)
		}
	}
	fb.closers = closers
	fb.check = func() error {
		var now fbVarInfo
		// A file of a driver that is gone says ENODEV (fb_ioctl in fb_chrdev.c of the kernel).
		if err := ioctl(f, fbioGetVScreenInfo, unsafe.Pointer(&now)); err != nil {
			return fmt.Errorf("ask %s for its size (FBIOGET_VSCREENINFO): %w", path, err)
		}
		if geometryOf(now, x) != geometryOf(v, x) {
			return fmt.Errorf("%s has another size by now", path)
		}
		return nil
	}
	return fb, nil
}

// lightFramebuffer has the driver switch the picture off or on. Drivers that
// cannot say EINVAL, and never are dark then.
func lightFramebuffer(f *os.File, on bool) error {
	value := fbBlankPowerdown
	if on {
		value = fbBlankUnblank
	}
	err := unix.IoctlSetInt(int(f.Fd()), fbioBlank, value)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL):
		return errors.ErrUnsupported
	}
	return fmt.Errorf("switch the picture of %s (FBIOBLANK %d): %w", f.Name(), value, err)
}

func geometryOf(v fbVarInfo, x fbFixInfo) FBGeometry {
	channel := func(b fbBitfield) Channel { return Channel{Offset: int(b.Offset), Length: int(b.Length)} }
	return FBGeometry{
		Size: image.Pt(int(v.XRes), int(v.YRes)), Origin: image.Pt(int(v.XOffset), int(v.YOffset)), Stride: int(x.LineLength),
		Format: PixelFormat{
			Bits: int(v.BitsPerPixel), Red: channel(v.Red), Green: channel(v.Green), Blue: channel(v.Blue), Alpha: channel(v.Transparent),
		},
	}
}

// graphicsConsole has the virtual terminal stop drawing, until the function it
// returns is called. A machine without virtual terminals needs none of it.
func graphicsConsole(path string) (back func() error, err error) {
	tty, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keep the console's text off the screen: %w", err)
	}
	var before int32
	if err := ioctl(tty, kdGetMode, unsafe.Pointer(&before)); err != nil {
		return nil, errors.Join(fmt.Errorf("ask %s for its mode (KDGETMODE): %w", path, err), tty.Close())
	}
	if err := unix.IoctlSetInt(int(tty.Fd()), kdSetMode, kdGraphics); err != nil {
		return nil, errors.Join(fmt.Errorf("keep the console's text off the screen (KDSETMODE on %s): %w", path, err), tty.Close())
	}
	return func() error {
		err := unix.IoctlSetInt(int(tty.Fd()), kdSetMode, int(before))
		if err != nil {
			err = fmt.Errorf("give %s back to its text (KDSETMODE): %w", path, err)
		}
		return errors.Join(err, tty.Close())
	}, nil
}

func ioctl(f *os.File, request uintptr, argument unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(argument))
	if errno != 0 {
		return errno
	}
	return nil
}
