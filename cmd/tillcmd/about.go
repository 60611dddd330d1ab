package tillcmd

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"till/checkout"
	"till/device"
	"till/display"
	"till/printer"
	"till/scanner"
	"till/words"
)

// about is the status screen: what is wrong stands first, each with what to do.
func (t *terminal) about(lang words.Lang, s checkout.State) []display.Row {
	say := func(k words.Key) string { return words.Say(lang, k) }
	p := t.journal.Position()
	connection := display.Row{Left: say("about_connection"), Right: say("bar_offline"), Sub: t.config.Gateway.Broker, Tone: display.ToneBad}
	if s.Online {
		connection.Right, connection.Tone = say("bar_online"), display.ToneGood
	}
	queued := display.Row{Left: say("about_waiting"), Right: fmt.Sprint(p.Last - p.Acked), Tone: display.ToneGood}
	if p.Last > p.Acked {
		queued.Tone = display.ToneWait
	}
	rows := []display.Row{connection}
	rows = append(rows, t.aboutPeripherals(lang)...)
	if t.cashRegister != nil {
		rows = append(rows, t.cashRegister.row(lang))
	}
	rows = append(rows, queued)
	rows = append(rows, t.aboutMachine(lang)...)
	slices.SortStableFunc(rows, func(a, b display.Row) int { return cmp.Compare(urgency(a.Tone), urgency(b.Tone)) })
	return rows
}

func urgency(t display.Tone) int {
	switch t {
	case display.ToneBad:
		return 0
	case display.ToneWait:
		return 1
	default:
		return 2
	}
}

func (t *terminal) aboutPeripherals(lang words.Lang) []display.Row {
	say := func(k words.Key) string { return words.Say(lang, k) }
	p, _, a, known, _ := t.seen()
	troubles := t.troubles()
	row := func(left words.Key, sub string, wrong ...words.Key) display.Row {
		r := display.Row{Left: say(left), Right: say("about_ready"), Sub: sub, Tone: display.ToneGood}
		for _, k := range wrong {
			if slices.Contains(troubles, k) {
				r.Right, r.Tone = say(k), display.ToneBad
				r.Sub = say(words.Key(strings.Replace(string(k), "bar_", "about_do_", 1)))
			}
		}
		return r
	}
	paper := row("about_printer", t.config.Printer.Title, "bar_no_paper", "bar_cover_open", "bar_printer_offline", "bar_no_printer")
	switch {
	case t.config.PrinterPort.Device == printer.DeviceNone:
		paper.Right, paper.Sub, paper.Tone = say("about_none"), "", display.TonePlain
	case p.State == printer.StateUnknown:
		paper.Right, paper.Sub, paper.Tone = say("about_silent"), say("about_do_silent"), display.TonePlain
	case slices.Contains(troubles, "bar_paper_low"):
		paper.Right, paper.Sub, paper.Tone = say("bar_paper_low"), say("about_do_paper_low"), display.ToneWait
	}
	if n := t.printing.waiting(); n > 0 {
		paper.Left += words.Say(lang, "about_receipts", "n", strconv.Itoa(n))
	}
	rows := []display.Row{paper}
	if !known {
		return rows
	}
	reader := row("about_scanner", strings.Join(a.Scanners, ", "), "bar_no_scanner")
	if t.config.Scanner.Device == scanner.DeviceNone {
		reader.Right, reader.Tone = say("about_none"), display.TonePlain
	}
	rows = append(rows, reader, row("about_input", "", "bar_no_touch", "bar_no_input"))
	if t.device.Customer != nil && !a.Customer {
		rows = append(rows, display.Row{Left: say("about_customer"), Right: say("bar_no_display"), Sub: say("about_do_no_display"), Tone: display.ToneBad})
	}
	if slices.Contains(troubles, "bar_no_display") { // whoever reads this has another one
		rows = append(rows, row("about_display", "", "bar_no_display"))
	}
	return rows
}

func (t *terminal) aboutMachine(lang words.Lang) []display.Row {
	say := func(k words.Key, args ...string) string { return words.Say(lang, k, args...) }
	_, h, _, _, _ := t.seen()
	self := display.Row{Left: say("about_terminal", "id", t.config.Terminal), Sub: Version}
	var rows []display.Row
	if n := len(t.crashes); n > 0 {
		last := t.crashes[n-1]
		rows = append(rows, display.Row{
			Left: say("about_crashed"), Right: say(words.Key("about_crashed_" + last.Kind)), Sub: filepath.Base(last.Path) + ": " + last.What, Tone: display.ToneWait,
		})
	}
	if t.device.Health == nil {
		return append(rows, self)
	}
	power := display.Row{Left: say("about_power"), Right: say("about_good"), Tone: display.ToneGood}
	switch {
	case h.UnderVoltage:
		power.Right, power.Sub, power.Tone = say("bar_under_voltage"), say("about_do_under_voltage"), display.ToneBad
	case h.WasUnder:
		power.Right, power.Sub, power.Tone = say("about_was_weak"), say("about_do_under_voltage"), display.ToneWait
	}
	rows = append(rows, power)
	if h.DiskSize > 0 {
		disk := display.Row{Left: say("about_disk"), Right: say("about_free", "size", bytesText(h.DiskFree)), Tone: display.ToneGood}
		if slices.Contains(h.Troubles(), device.TroubleDisk) {
			disk.Sub, disk.Tone = say("about_do_disk"), display.ToneBad
		}
		rows = append(rows, disk)
	}
	if h.Warm {
		self.Right, self.Tone = say("about_degrees", "n", strconv.Itoa(h.MilliCelsius/1000)), display.ToneGood
	}
	switch {
	case slices.Contains(h.Troubles(), device.TroubleHot):
		self.Sub, self.Tone = say("about_do_hot"), display.ToneBad
	case h.Throttled:
		self.Sub, self.Tone = say("about_do_throttled"), display.ToneBad
	}
	return append(rows, self)
}

// bytesText is a size as a disk's label has it, 2.9 GB.
func bytesText(n uint64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%d.%d GB", n/1e9, n%1e9/1e8)
	default:
		return fmt.Sprintf("%d MB", n/1e6)
	}
}
