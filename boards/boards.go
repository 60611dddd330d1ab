// Package boards says what each board is, as data: how its device tree names
// it, its pins and what hangs on them, its buses, serial ports and quirks. A
// new board is a copy of one of these with a small diff.
//
// A fact has its source beside it. Sources named more than once:
//
//	[dts]     raspberrypi/linux, arch/arm64/boot/dts/broadcom and
//	          arch/arm/boot/dts/broadcom: the board's own .dts
//	[binding] Linux, Documentation/devicetree/bindings/arm/bcm/bcm2835.yaml
//	[arm]     "BCM2835 ARM Peripherals" (Broadcom 2012), the page is named
//	[rp1]     "RP1 Peripherals" (Raspberry Pi Ltd), the section is named
//	[kernel]  modules.builtin of the kernel image for cards, gokrazy/kernel.rpi
//	[overlay] raspberrypi/linux, arch/arm/boot/dts/overlays/README
package boards

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Board is a machine that till runs on.
type Board struct {
	Name  string
	About string
	// Bench is set where the peripherals are clients of the bench protocol on a
	// Unix socket, and not soldered on.
	Bench bool
	// Panel is the display's size where nothing can be asked: the bench's panel,
	// and what is drawn for where there is none.
	Panel Panel

	Tree     Tree
	GPIO     GPIO
	Pins     Pins
	SPI      SPI
	Serial   []Serial
	Watchdog Watchdog
	Health   Health
	Image    Image
	Quirks   []Quirk
}

// Panel is the display's size, in pixels.
type Panel struct{ Width, Height int }

// Tree is how the board's device tree names it.
type Tree struct {
	// Compatible is the first strings of /proc/device-tree/compatible that mean
	// this board, without its vendor's general ones behind.
	Compatible []string
	// Models are what /proc/device-tree/model begins with; the firmware adds
	// " Rev 1.2". They serve where compatible is of a kernel newer than this table.
	Models []string
	// Blobs are the device trees of this board beside the kernel.
	Blobs []string
}

// GPIO is the chip behind the 40-pin header.
type GPIO struct {
	// Chip is the label of its character device (gpiodetect shows it). The
	// number in /dev/gpiochipN differs between kernels, the label does not.
	Chip string
	// Lines is how many lines of the chip are on the header. A line's offset is
	// its BCM number.
	Lines int
	// Mapped says that the registers may be written through memory as well.
	// till never does; drivers that insist on it fail where it is false.
	Mapped bool
}

// Pin is a line by its BCM number. 0 is none: GPIO 0 is of the HAT's EEPROM
// ([arm] p. 102: ID_SD) and never ours.
type Pin int

// LED is the pins of a light with one lamp for each colour, active high.
// Amber is red and green together.
type LED struct{ Red, Green, Blue Pin }

// Pins is what hangs on the header where the shop did not say otherwise.
type Pins struct {
	Drawer      Pin // active high, to the driver of a solenoid
	LED         LED
	Buzzer      Pin // active high, a buzzer that sounds by itself when powered
	PowerButton Pin // to ground when pressed; the pull-up is the chip's own

	// A panel on SPI.
	PanelData      Pin // low: a command, high: its data (DC, RS, A0)
	PanelReset     Pin // active low
	PanelBacklight Pin // active high
	// TouchIRQ is low while an XPT2046 is touched.
	TouchIRQ Pin
}

// SPI is the header's SPI bus.
type SPI struct {
	// Bus and the two chip selects name /dev/spidevBUS.SELECT.
	Bus, PanelSelect, TouchSelect int
	// Overlay is what config.txt needs for the bus.
	Overlay string
}

// Serial is a UART of the header.
type Serial struct {
	Path    string
	MaxBaud int
	About   string
}

// Watchdog is the board's own, which resets it when it is not fed.
type Watchdog struct {
	Path string // "": none
	// Most is the longest timeout the hardware can count.
	Most time.Duration
}

// Health is where the board says how it is. Each list is tried in order.
type Health struct {
	Temperature  []string // files, thousandths of a degree Celsius
	Throttled    []string // files, the firmware's bits in hexadecimal
	UnderVoltage []string // patterns of files, 0 or 1
}

// Quirk is what differs from what one would expect of the board.
type Quirk struct {
	Name string
	What string
}

// All lists the boards that till knows.
func All() []Board { return []Board{Sim, PiZero2W, Pi3B, Pi4B, Pi5} }

// ByName finds a board; the error lists the names there are.
func ByName(name string) (Board, error) {
	all := All()
	i := slices.IndexFunc(all, func(b Board) bool { return b.Name == name })
	if i < 0 {
		return Board{}, fmt.Errorf("board %.40q is unknown; known: %s", name, strings.Join(names(all), ", "))
	}
	return all[i], nil
}

func names(all []Board) []string {
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
	}
	return names
}
