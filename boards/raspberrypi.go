package boards

import "time"

// headerPins is the wiring that every 40-pin board has unless the shop says
// otherwise. What it keeps free: GPIO 0, 1 (the HAT's EEPROM), 2, 3 (I2C1,
// where a real-time clock goes), 7 to 11 (SPI0: touch, panel), 14, 15 (UART0,
// where a scanner module or a printer goes).
//
// All outputs lie in 9 to 27, which the chip pulls down from power-on until we
// drive them, while 0 to 8 are pulled up ([arm] p. 102, table 6-31; [rp1] 3.1.1):
// a drawer must not open, nor a buzzer sound, while the board boots.
var headerPins = Pins{
	Drawer: 17, // header pin 11, ground on 14
	Buzzer: 18, // header pin 12, ground on 14; also PWM0 ([arm] p. 102), for a buzzer that needs a tone
	// Header pins 36, 38, 40, ground on 39: one four-way plug at the header's end.
	// They are SPI1's too, which is off unless an overlay asks for it.
	LED: LED{Red: 16, Green: 20, Blue: 21},
	// Header pin 37, ground on 39. Not GPIO 3, though that wakes a halted board:
	// it is I2C1's clock line, and belongs to the real-time clock.
	PowerButton: 26,

	// Header pins 22, 13, 18: where the common 2.4 to 3.5 inch SPI boards have them.
	PanelData: 25, PanelReset: 27, PanelBacklight: 24,
	TouchIRQ: 22, // header pin 15; boards with it on 17 need the drawer elsewhere
}

// headerSPI is SPI0: the panel on CE0 (GPIO 8), the touch controller on CE1 (GPIO 7).
var headerSPI = SPI{Bus: 0, PanelSelect: 0, TouchSelect: 1, Overlay: "dtparam=spi=on"} // [overlay] spi

// bcm2835Watchdog counts 20 bits of 1/65536 s, so 15 s and a little
// (Linux, drivers/watchdog/bcm2835_wdt.c: PM_WDOG_TIME_SET 0xfffff).
var bcm2835Watchdog = Watchdog{Path: "/dev/watchdog0", Most: 15 * time.Second}

// firmwareHealth is where the Pi's firmware driver and the kernel tell.
var firmwareHealth = Health{
	// Documentation/driver-api/thermal/sysfs-api.rst: temp is in thousandths of a degree.
	Temperature: []string{"/sys/class/thermal/thermal_zone0/temp"},
	// raspberrypi/linux, drivers/firmware/raspberrypi.c: get_throttled. The node's
	// folder is named after the bus, so it differs between device trees.
	Throttled: []string{
		"/sys/devices/platform/soc/soc:firmware/get_throttled",
		"/sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled",
	},
	// Linux, Documentation/hwmon/raspberrypi-hwmon.rst
	UnderVoltage: []string{"/sys/class/hwmon/hwmon*/in0_lcrit_alarm"},
}

// headerUART is UART0 on GPIO 14, 15. On boards with Bluetooth its good UART is
// Bluetooth's until an overlay gives it back ([overlay] disable-bt).
var headerUART = Serial{Path: "/dev/serial0", MaxBaud: 921600, About: "header pins 8 and 10; with dtoverlay=disable-bt the PL011, else the mini UART"}

// PL011 under the name that it has without the links of a distribution's udev.
var plainUART = Serial{Path: "/dev/ttyAMA0", MaxBaud: 921600, About: "the same where no udev makes /dev/serial0"}

var miniUART = Quirk{"mini-uart", "without dtoverlay=disable-bt the header has the mini UART, whose baud rate follows the core clock: " +
	"set core_freq=250 or enable_uart=1 in config.txt, or a scanner's bytes are garbled"} // raspberrypi/documentation, configuration/uart.adoc

// PiZero2W is the Raspberry Pi Zero 2 W.
var PiZero2W = Board{
	Name:  "pizero2w",
	About: "Raspberry Pi Zero 2 W: 512 MB, Wi-Fi only, one USB port",
	Panel: Panel{Width: 800, Height: 480},
	Tree: Tree{
		Compatible: []string{"raspberrypi,model-zero-2-w"}, // [binding]
		Models:     []string{"Raspberry Pi Zero 2 W", "Raspberry Pi Zero 2"},
		Blobs:      []string{"bcm2710-rpi-zero-2-w.dtb"}, // [kernel]
	},
	GPIO:   GPIO{Chip: "pinctrl-bcm2835", Lines: 28, Mapped: true}, // Linux, drivers/pinctrl/bcm/pinctrl-bcm2835.c: bcm2835_gpio_chip
	Pins:   headerPins,
	SPI:    headerSPI,
	Serial: []Serial{headerUART, plainUART},
	// The SoC is a BCM2710A1 in a package with its memory, so all of it is as on the 3B.
	Watchdog: bcm2835Watchdog,
	Health:   firmwareHealth,
	Image:    pi3Image,
	Quirks: []Quirk{
		miniUART,
		{"one-usb", "one USB port, micro, in OTG mode: scanner and printer need a hub with power of its own"}, // the board's product brief
	},
}

// Pi3B is the Raspberry Pi 3 Model B, and B+.
var Pi3B = Board{
	Name:  "pi3b",
	About: "Raspberry Pi 3 Model B and B+: 1 GB, Ethernet on USB",
	Panel: Panel{Width: 800, Height: 480},
	Tree: Tree{
		Compatible: []string{"raspberrypi,3-model-b", "raspberrypi,3-model-b-plus"}, // [binding]
		Models:     []string{"Raspberry Pi 3 Model B", "Raspberry Pi 3 Model B Plus"},
		// The downstream ones: with bcm2837-rpi-3-b.dtb there is no /dev/fb0 under QEMU.
		Blobs: []string{"bcm2710-rpi-3-b.dtb", "bcm2710-rpi-3-b-plus.dtb"}, // [kernel]
	},
	GPIO:     GPIO{Chip: "pinctrl-bcm2835", Lines: 28, Mapped: true}, // as the Zero 2 W
	Pins:     headerPins,
	SPI:      headerSPI,
	Serial:   []Serial{headerUART, plainUART},
	Watchdog: bcm2835Watchdog,
	Health:   firmwareHealth,
	Image:    pi3Image,
	Quirks: []Quirk{
		miniUART,
		{"emulated-watchdog", "QEMU resets the machine at once when the watchdog is opened: set watchdog = false there"}, // tried, QEMU 7.2 raspi3b
	},
}

// Pi4B is the Raspberry Pi 4 Model B.
var Pi4B = Board{
	Name:  "pi4b",
	About: "Raspberry Pi 4 Model B: 1 to 8 GB, Ethernet of its own, two HDMI",
	Panel: Panel{Width: 800, Height: 480},
	Tree: Tree{
		Compatible: []string{"raspberrypi,4-model-b"}, // [binding]
		Models:     []string{"Raspberry Pi 4 Model B"},
		Blobs:      []string{"bcm2711-rpi-4-b.dtb"}, // [kernel]
	},
	GPIO:     GPIO{Chip: "pinctrl-bcm2711", Lines: 28, Mapped: true}, // Linux, drivers/pinctrl/bcm/pinctrl-bcm2835.c: bcm2711_gpio_chip
	Pins:     headerPins,
	SPI:      headerSPI,
	Serial:   []Serial{headerUART, plainUART},
	Watchdog: bcm2835Watchdog, // the same block ([dts] bcm2711.dtsi: pm@7e100000)
	Health:   firmwareHealth,
	Image:    pi4Image,
	Quirks:   []Quirk{miniUART},
}

// Pi5 is the Raspberry Pi 5.
var Pi5 = Board{
	Name:  "pi5",
	About: "Raspberry Pi 5: the header hangs on RP1, a chip behind PCIe",
	Panel: Panel{Width: 800, Height: 480},
	Tree: Tree{
		Compatible: []string{"raspberrypi,5-model-b"}, // [binding]
		Models:     []string{"Raspberry Pi 5 Model B", "Raspberry Pi 5"},
		Blobs:      []string{"bcm2712-rpi-5-b.dtb", "bcm2712d0-rpi-5-b.dtb", "bcm2712-d-rpi-5-b.dtb"}, // [kernel]; d0 and d: the later stepping
	},
	GPIO: GPIO{Chip: "pinctrl-rp1", Lines: 28, Mapped: false}, // raspberrypi/linux, drivers/pinctrl/pinctrl-rp1.c
	Pins: headerPins,
	// Drivers for RP1's own SPI (spi-dw) are not in the kernel for cards ([kernel]),
	// so its pins are driven one by one: slower, and it needs nothing but GPIO.
	SPI: SPI{Bus: 0, PanelSelect: 0, TouchSelect: 1, Overlay: "dtoverlay=spi0-2cs with a kernel that has spi-dw, else a spi-gpio overlay"}, // [overlay]
	Serial: []Serial{
		{Path: "/dev/ttyAMA0", MaxBaud: 921600, About: "header pins 8 and 10, RP1's UART0; needs dtparam=uart0=on"}, // [overlay] uart0-pi5
		{Path: "/dev/ttyAMA10", MaxBaud: 921600, About: "the three-way plug between the HDMI sockets: the console"}, // [dts] bcm2712-rpi-5-b.dts: serial10
	},
	Watchdog: bcm2835Watchdog, // [dts] bcm2712.dtsi: pm, brcm,bcm2712-pm, driven by the same bcm2835_wdt
	Health:   firmwareHealth,
	Image:    pi5Image,
	Quirks: []Quirk{
		{"no-mapped-gpio", "the pins are in RP1: writing the SoC's GPIO registers moves nothing; only the character device does"}, // periph.io/x/host pull request 65
		{"spi-gpio", "SPI and I2C of the header need spi-dw and i2c-designware, which the kernel for cards lacks"},                // [kernel]
		{"own-power-button", "the button on the board is a key of the kernel's (pwr_button), not a pin of the header"},            // [dts] bcm2712-rpi-5-b.dts: pwr_key
	},
}
