package printer

import (
	"fmt"
	"strings"
)

// Cutter is what a printer can do to the paper after a slip.
type Cutter string

// The kinds of cutter.
const (
	NoCutter   Cutter = "none"
	PartialCut Cutter = "partial" // one point is left uncut, the slip does not fall
	FullCut    Cutter = "full"
)

// Profile is what a class of printers can do, as data.
// Sources: "db" is receipt-print-hq/escpos-printer-db (capabilities.json, 2026-07-27);
// "ours" is a careful choice of our own, which a measured printer may correct.
type Profile struct {
	Name  string // as a configuration writes it
	Title string // as a person reads it

	Dots     int // printable width; a multiple of 8
	Columns  int // of font A, 12x24 dots
	LineDots int // paper fed by one line at the default spacing (ESC 2), 1/6 inch by the specification

	BandRows int // rows of one raster command. Large ones are printed as text by some (python-escpos #631)
	Buffer   int // bytes that may wait in the printer unprinted. Cheap ones drop what is over (ESC-POS-.NET #227)

	Cutter    Cutter
	TearLines int // lines from the print head to the tear bar or the cutter

	ColumnImages  bool // ESC * 33, in a line of text: Chinese takes a tenth of the bytes of a raster
	ScaledRasters bool // GS v 0 m 1 to 3, each dot twice as wide, as high: large Chinese takes a quarter of the bytes
	NativeQR      bool // GS ( k, some 250 bytes less than 11,000 as a raster: seconds on a serial line
	NativeCode128 bool // GS k, function B
	AutoStatus    bool // GS a: it says by itself what changes, also where DLE EOT waits behind what was sent before
	RealTimeKick  bool // DLE DC4 1 opens the drawer even when the paper has run out
}

// Profile58 is the cheap 58 mm class: 384 dots, 32 columns, no cutter, no
// native QR code (db: POS-5890, NT-5890K, ZJ-5870).
func Profile58() Profile {
	return Profile{
		Name: "58mm", Title: "58 mm, 384 dots, no cutter",
		Dots: 384, Columns: 32, // db: all of the class
		LineDots:      30,       // ours: ESC 2 on the clones seen; 1/6 inch would be 34
		BandRows:      48,       // ours: 2,304 bytes, well under the smallest buffer known
		Buffer:        4096,     // ours
		Cutter:        NoCutter, // db: paperFullCut and paperPartCut false
		TearLines:     4,        // ours: 15 mm
		ColumnImages:  true,     // db: bitImageColumn, 44 of 50 profiles, all of the class
		ScaledRasters: true,     // python-escpos sends m to every printer with rasters (escpos.py, density_byte)
	}
}

// Profile80 is the 80 mm class at 203 dpi: 576 dots, 48 columns, partial
// cutter, native QR code (db: 40 of 50 profiles have qrCode, 40 paperPartCut).
func Profile80() Profile {
	return Profile{
		Name: "80mm", Title: "80 mm, 576 dots, partial cut",
		Dots: 576, Columns: 48, // db: the class of 203 dpi
		LineDots:      30,         // ours, as 58 mm
		BandRows:      100,        // Odoo PR #249511 lowered its fragments to 100 rows because of python-escpos #631
		Buffer:        16384,      // ours: two bands of 7,208 bytes
		Cutter:        PartialCut, // db
		TearLines:     5,          // ours: 18 mm from head to cutter
		ColumnImages:  true,       // db: bitImageColumn
		ScaledRasters: true,       // as 58 mm
		NativeQR:      true,       // db
		AutoStatus:    true,       // ours: Epson's, and of the makes that copy its status
		RealTimeKick:  true,       // ours: Epson's DLE DC4 function 1, common on this class
	}
}

// Profiles lists every profile, the two classes to begin with first.
func Profiles() []Profile {
	plain80 := Profile80()
	plain80.Name, plain80.Title = "80mm-plain", "80 mm clone, 576 dots, everything as pictures"
	plain80.NativeQR, plain80.ColumnImages, plain80.ScaledRasters = false, false, false // db: `simple` has raster and pulse only
	plain80.AutoStatus, plain80.RealTimeKick = false, false
	plain80.BandRows, plain80.Buffer = 48, 4096 // as 58 mm

	narrow80 := Profile80()
	narrow80.Name, narrow80.Title = "80mm-512", "80 mm at 180 dpi, 512 dots, 42 columns"
	narrow80.Dots, narrow80.Columns = 512, 42 // db: TM-T88II to V

	t88 := narrow80
	t88.Name, t88.Title = "tm-t88", "Epson TM-T88 class"
	t88.NativeCode128 = true // Epson ESC/POS reference, GS k m=73

	cutting58 := Profile58()
	cutting58.Name, cutting58.Title = "58mm-cut", "58 mm with a cutter and QR codes of its own"
	cutting58.Cutter, cutting58.TearLines = PartialCut, 5
	cutting58.NativeQR = true

	return []Profile{Profile58(), Profile80(), plain80, narrow80, t88, cutting58}
}

// ProfileByName finds a profile, or ProfileAuto; an unknown name is refused with the names there are.
func ProfileByName(name string) (Profile, error) {
	names := []string{autoName}
	if name == autoName {
		return ProfileAuto(), nil
	}
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("printer profile %.40q is not known; use one of %s", name, strings.Join(names, ", "))
}

// check refuses a profile that no paper fits: one made by hand, or the zero value.
func (p Profile) check() error {
	switch {
	case p.Dots < 200 || p.Dots > 2048 || p.Dots%8 != 0:
		return fmt.Errorf("printer profile %q: %d dots wide, want a multiple of 8 from 200 to 2048", p.Name, p.Dots)
	case p.Columns < 16 || p.Columns*12 > p.Dots:
		return fmt.Errorf("printer profile %q: %d columns of 12 dots do not fit %d dots", p.Name, p.Columns, p.Dots)
	case p.LineDots < 24 || p.LineDots > 255:
		return fmt.Errorf("printer profile %q: lines of %d dots, want 24 to 255", p.Name, p.LineDots)
	case p.BandRows < 1 || p.BandRows > 1023: // yH 4 after yL 16 would be DLE EOT; the older specification ends at 2303
		return fmt.Errorf("printer profile %q: raster bands of %d rows, want 1 to 1023", p.Name, p.BandRows)
	case p.TearLines < 0 || p.TearLines > 50:
		return fmt.Errorf("printer profile %q: %d lines to the tear bar, want 0 to 50", p.Name, p.TearLines)
	}
	return nil
}
