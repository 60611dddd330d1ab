package boards

// Image is what a card for the board holds besides till, and how its firmware
// is told to start it. The device trees are Tree.Blobs.
//
// Sources: [boot] raspberrypi/documentation, raspberry-pi/bootflow-legacy.adoc
// and bootflow-eeprom.adoc; [config] the same, config_txt.
type Image struct {
	// First are the firmware's files in the first partition: what the boot ROM
	// starts with, where it is on the card and not in an EEPROM.
	First []string
	// Slot are the firmware's files in each slot.
	Slot []string
	// Overlays are for Config, and for what a technician may add to it.
	Overlays []string
	// Config are lines of config.txt besides those that all boards have.
	Config []string
	// Modules are the kernel's that are loaded at boot, with what they depend on.
	Modules []string
}

// vendorOverlays are loaded by name by the firmware itself: the map of names that differ between boards.
var vendorOverlays = []string{"overlay_map.dtb"} // [config] overlay_map: configuration/device-tree.adoc, "Board-specific overlays"

// headerOverlays are for what a technician puts on the header.
var headerOverlays = []string{
	"disable-bt.dtbo", "miniuart-bt.dtbo", // UART0 is the header's, or Bluetooth's after all
	"i2c-rtc.dtbo",                   // a real-time clock
	"spi0-1cs.dtbo", "spi0-2cs.dtbo", // other chip selects
	"gpio-poweroff.dtbo", "gpio-fan.dtbo", // a power switch, a fan
	"disable-wifi.dtbo",
}

// headerConfig are the buses of the header, as boards.Pins expects them.
var headerConfig = []string{
	"dtparam=spi=on",     // [overlay] spi: panel and touch
	"dtparam=i2c_arm=on", // [overlay] i2c_arm: a real-time clock
	"enable_uart=1",      // [config] boot: header pins 8 and 10
}

// wifi is the driver of the boards' own radio. It does nothing without its
// firmware, which is not part of the blobs.
var wifi = []string{"brcmfmac.ko", "brcmfmac-cyw.ko", "brcmfmac-wcc.ko"} // [kernel]

func concat(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

var (
	// pi3Image is for the boards before the Pi 4. They have no EEPROM: the ROM reads
	// bootcode.bin from the first FAT partition, and that reads autoboot.txt and
	// start.elf ([boot] legacy).
	pi3Image = Image{
		First:    []string{"bootcode.bin"},
		Slot:     []string{"start.elf", "fixup.dat"},
		Overlays: concat(vendorOverlays, headerOverlays, []string{"ramoops.dtbo"}),
		Config: concat(headerConfig, []string{
			"dtoverlay=disable-bt", // [overlay] disable-bt: the good UART is the header's
			"dtoverlay=ramoops",    // [overlay] ramoops: what the kernel said last outlives a restart
			// The framebuffer is the firmware's own (bcm2708_fb): it is there with no
			// panel plugged in, and one that is plugged in later works.
			"hdmi_force_hotplug=1", // [config] video
			"disable_overscan=1",   // [config] video: no black border
		}),
		Modules: wifi,
	}

	pi4Image = Image{
		// bootcode.bin is in its EEPROM ([boot] eeprom).
		Slot:     []string{"start4.elf", "fixup4.dat"},
		Overlays: concat(vendorOverlays, headerOverlays, []string{"ramoops-pi4.dtbo"}),
		Config: concat(headerConfig, []string{
			"dtoverlay=disable-bt",
			"dtoverlay=ramoops-pi4", // [overlay] ramoops-pi4: for addresses of two cells
			"hdmi_force_hotplug=1",
			"disable_overscan=1",
		}),
		Modules: wifi,
	}

	pi5Image = Image{
		// All firmware is in its EEPROM; a partition boots if it has config.txt ([boot] eeprom).
		Overlays: concat(vendorOverlays, headerOverlays, []string{
			"bcm2712d0.dtbo", // the EEPROM applies it on the later stepping
			"ramoops-pi4.dtbo", "vc4-kms-v3d-pi5.dtbo", "disable-bt-pi5.dtbo", "disable-wifi-pi5.dtbo",
			"uart0-pi5.dtbo", "i2c1-pi5.dtbo",
		}),
		Config: []string{
			"dtparam=uart0=on",          // [overlay] uart0: header pins 8 and 10
			"dtoverlay=ramoops-pi4",     // its device tree has addresses of two cells too
			"dtoverlay=vc4-kms-v3d-pi5", // [overlay]: its firmware has no framebuffer that outlives the boot
		},
		Modules: wifi,
	}
)
