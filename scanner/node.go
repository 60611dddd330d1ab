package scanner

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is how a device file speaks.
type Kind string

// The kinds of device files that scanners have.
const (
	KindKeys   Kind = "keys"   // evdev: the scanner is a keyboard
	KindSerial Kind = "serial" // USB CDC, a USB adapter or a UART
)

// Node is a device file that may be a scanner's, with what the kernel says of it.
type Node struct {
	Path   string // /dev/input/event3, /dev/ttyACM0
	Kind   Kind
	Device string // the same for all nodes of one physical device, as its folder in sysfs
	Name   string // of the input device, or the USB product
	Phys   string // of an input device: the way to its socket
	ID     InputID
	HID    []int // bInterfaceProtocol of each HID interface of its USB device; nil if it is not on USB
	Types  bool  // an input device that has the keys 0 to 9 and Enter
}

// InputID is a struct input_id of Linux (input.h).
type InputID struct{ Bus, Vendor, Product, Version uint16 }

// bInterfaceProtocol of HID interfaces (HID 1.11, 4.3).
const (
	protocolNone     = 0
	protocolKeyboard = 1
)

// usbID is a vendor's product; product 0 is all of the vendor's.
type usbID struct {
	vendor, product uint16
	who             string
}

// known are USB ids of bar code scanners. A vendor is here as a whole where it
// sells nothing else for USB.
// Sources: "ids" is linux-usb.org/usb.ids; "q" is tequila99/quasar-peripherals
// (src-electron/devices.js), scanners at work in shops; others are named.
var known = []usbID{
	{0x05E0, 0, "Symbol, Zebra"},           // ids
	{0x0C2E, 0, "Metrologic, Honeywell"},   // ids
	{0x05F9, 0, "PSC, Datalogic"},          // ids
	{0x1EAB, 0, "Fujian Newland"},          // ids
	{0x27DD, 0, "Mindeo"},                  // q
	{0x2DD6, 0, "IDZOR, Mertech"},          // q
	{0x067E, 0x0809, "Intermec SG20"},      // brokenthorn/learning-rust-usb-hid-barcode-scanner-server
	{0x23D0, 0x0C82, "scanner"},            // q
	{0x1F3A, 0x1009, "Atol SB2108"},        // q; the vendor makes processors
	{0xAC90, 0x3003, "SC-60ABH"},           // q
	{0x0647, 0x3339, "VMC BurstScan"},      // q
	{0x1A86, 0x5723, "Netum, Atol"},        // q; 7523 of the same vendor is any serial cable
	{0x28E9, 0x018A, "GD32 scanner"},       // q
	{0x0416, 0xC141, "WPM bar code"},       // RobotnikAutomation, barcode_scanner
	{0x6666, 0x7777, "Grow GM65, as CDC"},  // Hangzhou Grow GM65, virtual serial port
	{0x0488, 0, "BLMicroelectronics, CDC"}, // sde1000/quicktill, serial-barcode-bridge
}

// others are USB vendors whose CDC ports are no scanners.
var others = []usbID{
	{0x04B8, 0, "Seiko Epson: printers"},
	{0x0519, 0, "Star Micronics: printers"},
	{0x0DD4, 0, "Custom: printers"},
	{0x1504, 0, "Bixolon: printers"},
	{0x154F, 0, "SNBC: printers"},
	{0x12D1, 0, "Huawei: modems"},
	{0x1E0E, 0, "SimTech: modems"},
	{0x2C7C, 0, "Quectel: modems"},
}

var (
	scannerName = regexp.MustCompile(`(?i)bar ?code|scanner|reader`)
	otherName   = regexp.MustCompile(`(?i)print|receipt|\bpos-?\d|\btm-|modem|gps|gnss`)
)

func among(list []usbID, id InputID) bool {
	return slices.ContainsFunc(list, func(u usbID) bool {
		return u.vendor == id.Vendor && (u.product == 0 || u.product == id.Product)
	})
}

// Choose is the nodes that are scanners', by what is configured and what they
// are. resolved is the configured path less its symbolic links.
//
// A keyboard or number pad of the cashier's must not be taken, since it is
// grabbed. So a device counts as a scanner that is known by its USB id, or says
// so in its name, or types and yet has no HID interface of protocol 1
// (keyboard): scanners have 0 (odoo, keyboard_usb_driver_L.py). A pad has 1 on
// its first interface, whatever its others are.
func Choose(nodes []Node, o Options, resolved string) []Node {
	types := map[string]bool{}
	for _, n := range nodes {
		types[n.Device] = types[n.Device] || n.Types
	}
	device := ""
	for _, n := range nodes {
		if o.configured() && n.Path == resolved {
			device = n.Device
		}
	}
	var chosen []Node
	for _, n := range nodes {
		var yes bool
		switch {
		case o.Device == DeviceNone:
		case o.configured():
			yes = n.Path == resolved || n.Kind == KindKeys && device != "" && n.Device == device
		case slices.Contains(o.Except, n.Path):
		case n.Kind == KindKeys:
			yes = types[n.Device] && n.keysOfScanner()
		case n.Kind == KindSerial:
			yes = n.serialOfScanner()
		}
		if yes {
			chosen = append(chosen, n)
		}
	}
	return chosen
}

func (n Node) keysOfScanner() bool {
	return among(known, n.ID) || scannerName.MatchString(n.Name) ||
		len(n.HID) > 0 && slices.Contains(n.HID, protocolNone) && !slices.Contains(n.HID, protocolKeyboard)
}

// serialOfScanner: a USB serial cable (ttyUSB) is taken where it is known, since
// anything may hang on one; a CDC device (ttyACM) unless it is known otherwise.
func (n Node) serialOfScanner() bool {
	switch {
	case among(known, n.ID):
		return true
	case among(others, n.ID), otherName.MatchString(n.Name):
		return false
	case scannerName.MatchString(n.Name):
		return true
	default:
		return strings.HasPrefix(n.Path[strings.LastIndexByte(n.Path, '/')+1:], "ttyACM")
	}
}
