package tillcmd

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the card image has no zoneinfo

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"till/boards"
	"till/checkout"
	"till/device"
	"till/device/identity"
	"till/device/system"
	"till/display"
	"till/payment"
	"till/payment/shop"
	"till/printer"
	"till/scanner"
	"till/sync/wire"
	"till/sync/wire/enrolment"
	"till/words"
)

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 256 << 10

// Config is a terminal's configuration file, checked.
type Config struct {
	Terminal   string
	Board      boards.Board
	Data       string // folder of the journal
	Bench      string // socket of a sim board's world
	Test       bool   // the money is not real: every screen and receipt says so
	Operators  Operators
	AutoShift  bool // a shift opens by itself where none is open
	Trade      checkout.Trade
	Integrator Integrator
	Receipts   Receipts

	departments []shop.Department
	items       []shop.Product

	Merchant Merchant
	Gateway  Gateway
	Updates  Updates
	Journal  Retention
	Printer  printer.Profile

	PrinterPort printer.Options // its cable
	Drawer      Drawer
	Scanner     scanner.Options
	Display     Display
	path        string     // of the file; empty if it came from none
	site        configFile // what a terminal that enrols itself has beside the gateway's settings
	Watchdog    bool       // the board's resets it when the terminal hangs
	UPS         device.UPSOptions

	// Of a terminal that enrols itself.
	Enrol    enrolment.Invitation // how to, as far as the site's settings say
	Identity *identity.Identity   // what it was enrolled as; nil where the file says all
	Epoch    uint32               // of a journal that is begun, at least

	// Machine is what the peripherals are opened through; nil: this machine. No
	// file says so: it is for tests.
	Machine *device.Machine

	Network system.Network // where till is the system itself
}

// Drawer is what opens the cash drawer.
type Drawer string

// What a cash drawer hangs on.
const (
	DrawerPins     Drawer = "pins"         // the board's, through a driver
	DrawerPrinter  Drawer = "printer"      // pin 2 of the printer's socket, as nearly all do
	DrawerPrinter5 Drawer = "printer-pin5" // pin 5
	DrawerNone     Drawer = "none"
)

// Drawers lists them.
func Drawers() []Drawer { return []Drawer{DrawerPins, DrawerPrinter, DrawerPrinter5, DrawerNone} }

// Retention says how long records stay on the terminal after the ledger has them.
type Retention struct {
	KeepDays int   // they are deleted when they are older
	MaxBytes int64 // bound of the journal's folder; near it, the oldest go sooner
}

// Merchant is who sells.
type Merchant struct {
	Name     string
	Address  []string
	Phone    string
	Foot     []string      // the last lines of a receipt
	Logo     *printer.Logo // nil: none
	Zone     *time.Location
	Currency string
	Language words.Lang // the cashier's
	Cashier  string
	Hours    Hours // outside of them updates are made
}

// Gateway is where the cloud is.
type Gateway struct {
	Broker string
	Key    wire.SealingKey
	// Files of a TLS connection: the authority, this terminal's certificate and its key.
	CA, Certificate, PrivateKey string
}

// setting is one key of the file: how its value is checked and taken.
type setting struct {
	required bool
	take     func(c *Config, value any) error
}

// settings are all keys there are.
var settings = with(with(with(tradeSettings(), operatorSettings()), receiptSettings()), map[string]setting{
	"terminal": {true, text(func(c *Config, s string) error { c.Terminal = s; return wire.CheckTerminal(s) })},
	"board": {true, text(func(c *Config, s string) (err error) {
		c.Board, err = boardNamed(s)
		return err
	})},
	"data":       {true, text(func(c *Config, s string) error { c.Data = s; return nil })},
	"bench":      {false, text(func(c *Config, s string) error { c.Bench = s; return nil })},
	"test":       {false, boolean(func(c *Config, b bool) { c.Test = b })},
	"shift.auto": {false, boolean(func(c *Config, b bool) { c.AutoShift = b })},

	"merchant.name":    {true, text(func(c *Config, s string) error { c.Merchant.Name = s; return nil })},
	"merchant.address": {false, lines(func(c *Config, l []string) { c.Merchant.Address = l })},
	"merchant.phone":   {false, text(func(c *Config, s string) error { c.Merchant.Phone = s; return nil })},
	"merchant.foot":    {false, lines(func(c *Config, l []string) { c.Merchant.Foot = l })},
	"merchant.hours":   {false, openingHours},
	"merchant.logo": {false, text(func(c *Config, s string) (err error) {
		c.Merchant.Logo, err = printer.ParseLogo(s)
		return err
	})},
	"merchant.cashier": {false, text(func(c *Config, s string) error { c.Merchant.Cashier = s; return nil })},
	"merchant.timezone": {true, text(func(c *Config, s string) (err error) {
		c.Merchant.Zone, err = time.LoadLocation(s)
		return err
	})},
	"merchant.currency": {true, text(func(c *Config, s string) error {
		c.Merchant.Currency = s
		return payment.Money{Currency: s}.Validate()
	})},
	"merchant.language": {false, text(func(c *Config, s string) error {
		c.Merchant.Language = words.Lang(s)
		if !slices.Contains(words.Langs, c.Merchant.Language) {
			return fmt.Errorf("language %q is none of %v", s, words.Langs)
		}
		return nil
	})},

	"gateway.broker": {true, text(func(c *Config, s string) error { c.Gateway.Broker = s; return checkBroker(s) })},
	"gateway.key": {true, text(func(c *Config, s string) (err error) {
		c.Gateway.Key, err = wire.ParseSealingKey(s)
		return err
	})},
	"gateway.ca":          {false, text(func(c *Config, s string) error { c.Gateway.CA = s; return nil })},
	"gateway.certificate": {false, text(func(c *Config, s string) error { c.Gateway.Certificate = s; return nil })},
	"gateway.private_key": {false, text(func(c *Config, s string) error { c.Gateway.PrivateKey = s; return nil })},

	"enrol.gateway": {false, text(func(c *Config, s string) (err error) {
		c.Enrol.Gateway, err = enrolment.ParseGateway(s)
		return err
	})},
	"enrol.ca": {false, text(func(c *Config, s string) (err error) {
		c.Enrol.Authority, err = enrolment.ParseFingerprint(s)
		return err
	})},
	"enrol.claim": {false, text(func(c *Config, s string) (err error) {
		c.Enrol.Claim, err = enrolment.ParseClaim(s)
		return err
	})},

	"integrator.listen":      {false, text(func(c *Config, s string) error { c.Integrator.Listen = s; return checkListen(s) })},
	"integrator.token":       {false, text(func(c *Config, s string) error { c.Integrator.Token = s; return checkToken(s) })},
	"integrator.certificate": {false, text(func(c *Config, s string) error { c.Integrator.Certificate = s; return nil })},
	"integrator.private_key": {false, text(func(c *Config, s string) error { c.Integrator.PrivateKey = s; return nil })},

	"updates.url":  {false, text(func(c *Config, s string) error { c.Updates.URL = strings.TrimSuffix(s, "/"); return checkUpdatesURL(s) })},
	"updates.root": {false, text(func(c *Config, s string) error { c.Updates.Root = s; return nil })},

	"journal.keep_days": {false, number(1, 3650, func(c *Config, n int64) { c.Journal.KeepDays = int(n) })},
	"journal.max_mb":    {false, number(8, 65536, func(c *Config, n int64) { c.Journal.MaxBytes = n << 20 })},

	"watchdog":           {false, boolean(func(c *Config, b bool) { c.Watchdog = b })},
	"display.device":     {false, text(func(c *Config, s string) error { c.Display.Device = s; return checkDisplay(s) })},
	"display.rotate":     {false, rotation(func(c *Config, r display.Rotation) { c.Display.Rotation = r })},
	"display.brightness": {false, number(1, 100, func(c *Config, n int64) { c.Display.Brightness = int(n) })},
	"display.dark_after": {false, number(1, 1440, func(c *Config, n int64) { c.Display.DarkAfter = time.Duration(n) * time.Minute })},
	"customer.device":    {false, text(func(c *Config, s string) error { c.Display.Customer = s; return checkCustomer(s) })},
	"customer.rotate":    {false, rotation(func(c *Config, r display.Rotation) { c.Display.CustomerRotation = r })},
	"ups.pin":            {false, number(2, 27, func(c *Config, n int64) { c.UPS.Pin = int(n) })},
	"ups.gone":           {false, oneOf([]string{"high", "low"}, func(c *Config, s string) { c.UPS.High = s == "high" })},
	"ups.wait":           {false, number(1, 3600, func(c *Config, n int64) { c.UPS.Wait = time.Duration(n) * time.Second })},
	"touch.device":       {false, text(func(c *Config, s string) error { c.Display.Touch = s; return checkTouch(s) })},
	"touch.calibration":  {false, text(calibration)},

	"drawer": {false, oneOf(Drawers(), func(c *Config, d Drawer) { c.Drawer = d })},

	"printer.profile": {false, text(func(c *Config, s string) (err error) {
		c.Printer, err = printer.ProfileByName(s)
		return err
	})},
	"printer.device": {false, text(func(c *Config, s string) error { c.PrinterPort.Device = s; return printer.CheckDevice(s) })},
	"printer.baud":   {false, number(300, 4_000_000, func(c *Config, n int64) { c.PrinterPort.Baud = int(n) })},
	"printer.flow":   {false, oneOf(printer.Flows(), func(c *Config, f printer.Flow) { c.PrinterPort.Flow = f })},

	"network.address":       {false, text(func(c *Config, s string) error { return networkAddress(c, s) })},
	"network.gateway":       {false, text(func(c *Config, s string) error { return networkGateway(c, s) })},
	"network.dns":           {false, nameServers},
	"network.ntp":           {false, lines(func(c *Config, l []string) { c.Network.NTP = append([]string{}, l...) })}, // an empty list: none
	"network.wifi_ssid":     {false, text(func(c *Config, s string) error { c.Network.WiFi.SSID = s; return checkSSID(s) })},
	"network.wifi_password": {false, text(func(c *Config, s string) error { c.Network.WiFi.Password = s; return checkPassphrase(s) })},
	"network.wifi_country":  {false, text(func(c *Config, s string) error { c.Network.WiFi.Country = s; return checkCountry(s) })},

	"scanner.device":  {false, text(func(c *Config, s string) error { c.Scanner.Device = s; return scanner.CheckDevice(s) })},
	"scanner.layout":  {false, oneOf(scanner.Layouts(), func(c *Config, s string) { c.Scanner.Layout, _ = scanner.LayoutNamed(s) })}, // it is one of them
	"scanner.baud":    {false, number(300, 4_000_000, func(c *Config, n int64) { c.Scanner.Baud = int(n) })},
	"scanner.module":  {false, oneOf(scanner.Modules(), func(c *Config, m scanner.Module) { c.Scanner.Module = m })},
	"scanner.trigger": {false, oneOf(scanner.Triggers(), func(c *Config, t scanner.Trigger) { c.Scanner.Trigger = t })},
})

func with(all, more map[string]setting) map[string]setting {
	maps.Copy(all, more)
	return all
}

// oneOf takes one of some words.
func oneOf[T ~string](words []T, take func(*Config, T)) func(*Config, any) error {
	return text(func(c *Config, s string) error {
		if !slices.Contains(words, T(s)) {
			return fmt.Errorf("%.40q is none of %v", s, words)
		}
		take(c, T(s))
		return nil
	})
}

// text, boolean, number and lines take values of one type.
func text(take func(*Config, string) error) func(*Config, any) error {
	return func(c *Config, value any) error {
		s, ok := value.(string)
		switch {
		case !ok:
			return errors.New("want a text in quotes") // the value may be a secret
		case strings.TrimSpace(s) == "":
			return errors.New("must not be empty; leave the line out if there is none")
		}
		return take(c, s)
	}
}

func boolean(take func(*Config, bool)) func(*Config, any) error {
	return func(c *Config, value any) error {
		b, ok := value.(bool)
		if !ok {
			return fmt.Errorf("want true or false, not %v", value)
		}
		take(c, b)
		return nil
	}
}

func number(least, most int64, take func(*Config, int64)) func(*Config, any) error {
	return func(c *Config, value any) error {
		n, ok := value.(int64)
		if !ok || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d, not %v", least, most, value)
		}
		take(c, n)
		return nil
	}
}

func lines(take func(*Config, []string)) func(*Config, any) error {
	return func(c *Config, value any) error {
		all, err := texts(value)
		if err == nil {
			take(c, all)
		}
		return err
	}
}

// texts is a value that is a list of them.
func texts(value any) (all []string, err error) {
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf(`want a list of texts, as ["1 Main St", "Springfield"], not %v`, value)
	}
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("want a list of texts; %v is none", v)
		}
		all = append(all, s)
	}
	return all, nil
}

func checkListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil && port != "" {
		_, err = net.LookupPort("tcp", port) // there are 65535
	}
	if err != nil || port == "" {
		return errors.New("want an address and a port, as 0.0.0.0:8444")
	}
	return nil
}

// minToken is that of a token that nobody guesses.
const minToken = 16

func checkToken(s string) error {
	if len(s) < minToken || len(s) > 256 || strings.TrimFunc(s, func(r rune) bool { return r > ' ' && r < 0x7F }) != "" {
		return fmt.Errorf("want %d to 256 letters, digits and signs", minToken)
	}
	return nil
}

func checkBroker(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return errors.New("want an address such as tcp://host:1883")
	}
	if !slices.Contains([]string{"tcp", "ssl", "ws", "wss"}, u.Scheme) || u.Hostname() == "" {
		return fmt.Errorf("broker %q: want tcp://, ssl://, ws:// or wss:// and a host, as ssl://gateway.example:8883", s)
	}
	return nil
}

// LoadConfig reads a configuration file and checks it whole: the error names
// every unknown key, bad value and missing key, with its line.
func LoadConfig(path string) (Config, error) { return LoadConfigFor(path, "") }

// LoadConfigFor is LoadConfig for the board of this name instead of the file's;
// "" is the file's.
func LoadConfigFor(path, board string) (Config, error) {
	f, err := loadFile(path)
	if err != nil {
		return Config{}, err
	}
	c, err := f.on(board).config()
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s:\n%w", path, err)
	}
	return c, nil
}

// ParseConfig is LoadConfig of the file's contents.
func ParseConfig(raw []byte) (Config, error) {
	f, err := parseFile(raw)
	if err != nil {
		return Config{}, err
	}
	return f.config()
}

// configFile is a configuration file taken apart, and not checked.
type configFile struct {
	values map[string]any // by dotted key
	found  map[string]int // the line of each
	path   string         // empty if there is no file
}

func loadFile(path string) (configFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return configFile{}, fmt.Errorf("read configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return configFile{}, fmt.Errorf("read configuration %s: %w", path, err)
	}
	file, err := parseFile(raw)
	if err != nil {
		return configFile{}, fmt.Errorf("configuration %s:\n%w", path, err)
	}
	file.path = path
	return file, nil
}

func parseFile(raw []byte) (configFile, error) {
	if len(raw) > maxConfig {
		return configFile{}, fmt.Errorf("more than %d KiB is no configuration of till", maxConfig>>10)
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, _ := at.Position()
			return configFile{}, fmt.Errorf("line %d: %w", row, err)
		}
		return configFile{}, err
	}
	return configFile{values: flatten("", tree), found: lineNumbers(raw)}, nil
}

// on is the file for the board of this name; "" is the file's own.
func (f configFile) on(board string) configFile {
	if board == "" {
		return f
	}
	return f.with(map[string]any{"board": board})
}

// with is the file with other values in place of its own.
func (f configFile) with(values map[string]any) configFile {
	all := maps.Clone(f.values)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, values)
	return configFile{all, f.found, f.path}
}

func defaultConfig() Config {
	return Config{
		Merchant: Merchant{Language: words.English, Hours: defaultHours()}, Printer: printer.ProfileAuto(),
		Updates:     Updates{Root: defaultRoot},
		Receipts:    Receipts{Paper: PaperAlways},
		Trade:       checkout.Trade{TaxBy: payment.TaxByInvoice},
		Journal:     Retention{KeepDays: 30, MaxBytes: 256 << 20},
		PrinterPort: printer.DefaultOptions(), Drawer: DrawerPins, Scanner: scanner.DefaultOptions(),
		Display: defaultDisplay(), Watchdog: true, UPS: device.DefaultUPS(),
	}
}

// config checks the file whole.
func (f configFile) config() (Config, error) {
	c, faults := f.partial()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if _, there := f.values[key]; settings[key].required && !there {
			faults = append(faults, fault{0, key, errors.New("is missing")})
		}
	}
	return c, report(faults)
}

// partial checks what the file says, and does not ask what it does not say.
func (f configFile) partial() (Config, []fault) {
	c, found := defaultConfig(), f.found
	c.path = f.path
	faults := c.take(f.values, found)
	if c.Board.Bench && c.Printer == printer.ProfileAuto() {
		c.Printer = printer.Profile80() // a bench's printer does not say what it is
	}
	if c.Board.Bench && c.Bench == "" {
		faults = append(faults, fault{found["board"], "bench", fmt.Errorf("board %s needs the bench's socket", c.Board.Name)})
	}
	c.settleTrade()
	if key, err := checkBody(c); err != nil {
		faults = append(faults, fault{found[key], key, err})
	}
	if key, err := checkOperators(c.Operators); err != nil {
		faults = append(faults, fault{found[key], key, err})
	}
	for _, both := range []struct{ key, value, otherKey, otherValue string }{
		{"integrator.token", c.Integrator.Token, "integrator.listen", c.Integrator.Listen},
		{"integrator.certificate", c.Integrator.Certificate, "integrator.private_key", c.Integrator.PrivateKey},
		{"gateway.certificate", c.Gateway.Certificate, "gateway.private_key", c.Gateway.PrivateKey},
	} {
		if (both.value == "") != (both.otherValue == "") {
			faults = append(faults, fault{max(found[both.key], found[both.otherKey]), both.key, fmt.Errorf("goes with %s; one of them is missing", both.otherKey)})
		}
	}
	return c, faults
}

// take takes values by their dotted keys; found is the line of each.
func (c *Config) take(values map[string]any, found map[string]int) []fault {
	var faults []fault
	for _, key := range slices.Sorted(maps.Keys(values)) {
		s, known := settings[key]
		if !known {
			faults = append(faults, fault{found[key], key, errors.New("unknown key; is it misspelt?")})
			continue
		}
		if err := s.take(c, values[key]); err != nil {
			faults = append(faults, fault{found[key], key, err})
		}
	}
	return faults
}

// fault is one thing wrong with a file; line 0 is a key that is not there.
type fault struct {
	line int
	key  string
	err  error
}

func report(faults []fault) error {
	slices.SortStableFunc(faults, func(a, b fault) int { return a.line - b.line })
	var all []error
	for _, f := range faults {
		if f.line == 0 {
			all = append(all, fmt.Errorf("  %s %w", f.key, f.err))
		} else {
			all = append(all, fmt.Errorf("  line %d: %s: %w", f.line, f.key, f.err))
		}
	}
	return errors.Join(all...)
}

// flatten names each value by its dotted key. A table with nothing in it is a
// value too, unless it is one that may have something.
func flatten(prefix string, tree map[string]any) map[string]any {
	all := map[string]any{}
	for k, v := range tree {
		key := prefix + part(k)
		sub, ok := v.(map[string]any)
		switch {
		case ok && len(sub) > 0:
			maps.Copy(all, flatten(key+".", sub))
		case ok && isTable(key):
		default:
			all[key] = v
		}
	}
	return all
}

// isTable says that there are settings under the key.
func isTable(key string) bool {
	for name := range settings {
		if strings.HasPrefix(name, key+".") {
			return true
		}
	}
	return false
}

// part is one part of a dotted key. A quoted one with a dot inside is another
// key than the two that it looks like.
func part(k string) string {
	if strings.Contains(k, ".") {
		return strconv.Quote(k)
	}
	return k
}

// lineNumbers finds the line of every key and table of a well-formed document.
func lineNumbers(raw []byte) map[string]int {
	found := map[string]int{}
	var p unstable.Parser
	p.Reset(raw)
	table := ""
	for p.NextExpression() {
		n := p.Expression()
		switch n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = keyLines(&p, n, "", found) + "."
		case unstable.KeyValue:
			keyLines(&p, n, table, found)
		}
	}
	return found
}

// keyLines notes the line that a node's key stands on, for the key and for each
// table that it opens, and returns the key.
func keyLines(p *unstable.Parser, n *unstable.Node, prefix string, found map[string]int) string {
	var key string
	for it := n.Key(); it.Next(); {
		key = prefix + part(string(it.Node().Data))
		prefix = key + "."
		if _, known := found[key]; !known {
			found[key] = p.Shape(it.Node().Raw).Start.Line
		}
	}
	if n.Kind != unstable.KeyValue {
		return key
	}
	if v := n.Value(); v.Kind == unstable.InlineTable {
		for it := v.Children(); it.Next(); {
			keyLines(p, it.Node(), prefix, found)
		}
	}
	return key
}
