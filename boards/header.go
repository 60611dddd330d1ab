package boards

import "slices"

// HeaderPins is how many pins the header of a 40-pin board has.
const HeaderPins = 40

// Power is a header pin that carries no signal.
type Power string

// What such pins carry.
const (
	Ground   Power = "GND"
	Supply3V Power = "3.3 V"
	Supply5V Power = "5 V"
)

// headerSignals is the BCM number behind each signal pin of the header, by the
// pin's number (raspberrypi/documentation, computers/raspberry-pi/gpio-on-raspberry-pi.adoc).
var headerSignals = [HeaderPins + 1]Pin{
	3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11, 24: 8, 26: 7,
	29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
	// GPIO 0 and 1, the HAT's EEPROM, are 27 and 28; 0 is not told from none here.
	28: 1,
}

var headerPower = map[int]Power{
	1: Supply3V, 17: Supply3V, 2: Supply5V, 4: Supply5V,
	6: Ground, 9: Ground, 14: Ground, 20: Ground, 25: Ground, 30: Ground, 34: Ground, 39: Ground,
}

// HeaderPower is what header pin n carries, "" for a signal.
func HeaderPower(n int) Power { return headerPower[n] }

// HeaderSignal is the BCM number of header pin n, false for one that carries
// power. Pin 27 is GPIO 0.
func HeaderSignal(n int) (Pin, bool) {
	if n < 1 || n > HeaderPins || headerPower[n] != "" {
		return 0, false
	}
	return headerSignals[n], true
}

// HeaderPin is the number of the header's pin for a BCM number, 0 if it has none.
func (p Pin) HeaderPin() int {
	for n := 1; n <= HeaderPins; n++ {
		if got, ok := HeaderSignal(n); ok && got == p {
			return n
		}
	}
	return 0
}

// Use is what one pin of the header is for.
type Use struct {
	Pin  Pin
	What string
}

// Uses lists what hangs on the header by this wiring, in the order of the fields.
func (p Pins) Uses() []Use {
	var all []Use
	for _, u := range []Use{
		{p.Drawer, "drawer"}, {p.Buzzer, "buzzer"}, {p.LED.Red, "LED red"}, {p.LED.Green, "LED green"}, {p.LED.Blue, "LED blue"},
		{p.PowerButton, "power button"}, {p.PanelData, "panel data"}, {p.PanelReset, "panel reset"},
		{p.PanelBacklight, "panel backlight"}, {p.TouchIRQ, "touch IRQ"},
	} {
		if u.Pin != 0 {
			all = append(all, u)
		}
	}
	return all
}

// BusUses lists the header's pins that buses have on every 40-pin board, and who
// is on them ([arm] p. 102, table 6-31, alternative function 0; [rp1] 3.1.1).
func BusUses() []Use {
	return []Use{
		{2, "I2C data"}, {3, "I2C clock"},
		{14, "serial out"}, {15, "serial in"},
		{10, "SPI data out"}, {9, "SPI data in"}, {11, "SPI clock"}, {8, "panel select"}, {7, "touch select"},
		{1, "HAT's EEPROM"},
	}
}

// UseOf is what pin is for, "" if it is free.
func (p Pins) UseOf(pin Pin) string {
	for _, u := range append(p.Uses(), BusUses()...) {
		if u.Pin == pin {
			return u.What
		}
	}
	return ""
}

// Plug is what one peripheral takes of the header.
type Plug struct {
	Name  string
	About string // what lies between header and peripheral
	Wires []Wire
}

// Wire is one header pin of a plug.
type Wire struct {
	Header int // the pin's number, 1 to 40
	What   string
}

// Plugs lists the peripherals that hang on the header by this wiring, each with
// its power and ground. Peripherals share pins of buses, and may share grounds.
func (p Pins) Plugs() []Plug {
	wire := func(pin Pin, what string) Wire { return Wire{pin.HeaderPin(), what} }
	const i2cData, i2cClock, serialOut, serialIn, spiOut, spiIn, spiClock, select0, select1 = Pin(2), Pin(3), Pin(14), Pin(15), Pin(10), Pin(9), Pin(11), Pin(8), Pin(7)
	all := []Plug{
		{"Clock", "DS3231 or the like, with a battery", []Wire{{1, "3.3 V"}, wire(i2cData, "data"), wire(i2cClock, "clock"), {9, "ground"}}},
		{"Scanner or printer, serial", "3.3 V signals: a printer's RS-232 needs a converter", []Wire{
			{4, "5 V"}, {6, "ground"}, wire(serialOut, "to it"), wire(serialIn, "from it")}},
		{"Drawer", "a driver that cannot stay on by itself, and a fuse: never the solenoid", []Wire{wire(p.Drawer, "signal"), {14, "ground"}}},
		{"Buzzer", "with an oscillator of its own, 3.3 V; over 10 mA through a transistor", []Wire{wire(p.Buzzer, "signal"), {14, "ground"}}},
		{"Panel", "ST7789 or ILI9341", []Wire{
			{17, "3.3 V"}, {20, "ground"}, wire(spiOut, "data in"), wire(spiClock, "clock"), wire(select0, "select"),
			wire(p.PanelData, "D/C"), wire(p.PanelReset, "reset"), wire(p.PanelBacklight, "backlight")}},
		{"Touch", "XPT2046, on most such panels, with their power", []Wire{
			wire(spiOut, "data in"), wire(spiIn, "data out"), wire(spiClock, "clock"), wire(select1, "select"), wire(p.TouchIRQ, "touched"), {25, "ground"}}},
		{"Light", "a resistor for each lamp, 330 ohms or more", []Wire{
			wire(p.LED.Red, "red"), wire(p.LED.Green, "green"), wire(p.LED.Blue, "blue"), {39, "ground"}}},
		{"Power button", "closes to ground", []Wire{wire(p.PowerButton, "signal"), {39, "ground"}}},
	}
	for i := range all {
		all[i].Wires = slices.DeleteFunc(all[i].Wires, func(w Wire) bool { return w.Header == 0 }) // not wired here
	}
	return all
}
