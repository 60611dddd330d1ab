package display

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"periph.io/x/conn/v3/physic"
)

// SPIModels lists the panels on SPI that there is data for. What their makers
// set beyond the defaults is analogue: voltages and the gamma curve.
func SPIModels() []SPIModel {
	landscape := [4]byte{mirrorX | exchangeXY, mirrorX | mirrorY, mirrorY | exchangeXY, 0}
	st7789 := SPIModel{
		Name: "st7789", Size: image.Pt(240, 320), RAM: image.Pt(240, 320),
		AddressMode: landscape, Invert: true,
		Init: []SPICommand{ // the module makers' values; ST7789V datasheet 9.2 names the registers
			{Code: cmdSleepOut, Wait: sleepWait},
			{Code: 0xB2, Params: []byte{0x0C, 0x0C, 0x00, 0x33, 0x33}}, // PORCTRL: porches
			{Code: 0xB7, Params: []byte{0x35}},                         // GCTRL: gate voltages
			{Code: 0xBB, Params: []byte{0x28}},                         // VCOMS
			{Code: 0xC0, Params: []byte{0x2C}},                         // LCMCTRL
			{Code: 0xC2, Params: []byte{0x01}},                         // VDVVRHEN
			{Code: 0xC3, Params: []byte{0x0B}},                         // VRHS
			{Code: 0xC4, Params: []byte{0x20}},                         // VDVS
			{Code: 0xC6, Params: []byte{0x0F}},                         // FRCTRL2: 60 Hz
			{Code: 0xD0, Params: []byte{0xA4, 0xA1}},                   // PWCTRL1
		},
		Clock: 62500 * physic.KiloHertz, // ST7789V datasheet 7.4.2: write cycle 16 ns
	}
	square, narrow := st7789, st7789
	square.Name, square.Size = "st7789-240x240", image.Pt(240, 240)
	narrow.Name, narrow.Size, narrow.Offset = "st7789-135x240", image.Pt(135, 240), image.Pt(52, 40)
	return []SPIModel{st7789, square, narrow, {
		Name: "ili9341", Size: image.Pt(240, 320), RAM: image.Pt(240, 320),
		// This glass is mounted with its columns from the right, and its filter is BGR.
		AddressMode: [4]byte{exchangeXY | orderBGR, mirrorY | orderBGR, mirrorX | mirrorY | exchangeXY | orderBGR, mirrorX | orderBGR},
		Init: []SPICommand{ // the glass maker's values; ILI9341 datasheet 8.3 and 8.4 name the registers
			{Code: 0xEF, Params: []byte{0x03, 0x80, 0x02}},
			{Code: 0xCF, Params: []byte{0x00, 0xC1, 0x30}},             // power control B
			{Code: 0xED, Params: []byte{0x64, 0x03, 0x12, 0x81}},       // power on sequence
			{Code: 0xE8, Params: []byte{0x85, 0x00, 0x78}},             // driver timing A
			{Code: 0xCB, Params: []byte{0x39, 0x2C, 0x00, 0x34, 0x02}}, // power control A
			{Code: 0xF7, Params: []byte{0x20}},                         // pump ratio
			{Code: 0xEA, Params: []byte{0x00, 0x00}},                   // driver timing B
			{Code: 0xC0, Params: []byte{0x23}},                         // power control 1
			{Code: 0xC1, Params: []byte{0x10}},                         // power control 2
			{Code: 0xC5, Params: []byte{0x3E, 0x28}},                   // VCOM 1
			{Code: 0xC7, Params: []byte{0x86}},                         // VCOM 2
			{Code: 0xB1, Params: []byte{0x00, 0x18}},                   // frame rate: 79 Hz
			{Code: 0xB6, Params: []byte{0x08, 0x82, 0x27}},             // display function
			{Code: 0xF2, Params: []byte{0x00}},                         // one gamma curve
			{Code: 0x26, Params: []byte{0x01}},                         // gamma curve 2.2
			{Code: cmdSleepOut, Wait: sleepWait},
		},
		Clock: 32 * physic.MegaHertz, // the datasheet's 10 MHz is for reading back; modules are run at 32 and more
	}}
}

// SPIModelByName finds a panel; the error lists the names there are.
func SPIModelByName(name string) (SPIModel, error) {
	all := SPIModels()
	i := slices.IndexFunc(all, func(m SPIModel) bool { return m.Name == name })
	if i < 0 {
		var names []string
		for _, m := range all {
			names = append(names, m.Name)
		}
		return SPIModel{}, fmt.Errorf("panel %.40q is unknown; known: %s", name, strings.Join(names, ", "))
	}
	return all[i], nil
}
