package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pelletier/go-toml/v2"

	"till/cloud/enrol"
	"till/cloud/reconcile"
	"till/cloud/service"
	"till/draw"
	"till/payment/figures"
	"till/payment/pin"
	"till/sync/wire/enrolment"
)

// order is something an operator has a running gateway do.
type order struct {
	about string
	run   func(ctx context.Context, args []string, stdout io.Writer) error
}

var orders = map[string]order{
	"claim":     {"let a device become a terminal: prints its code and QR", claim},
	"terminals": {"list the terminals", terminals},
	"settings":  {"give a terminal other settings, such as a manager's PIN", changeSettings},
	"merchant":  {"let a merchant sign in to its pages; say whose a terminal is", merchantOrder},
	"revoke":    {"end a terminal's certificate", revoke},
	"release":   {"sign releases and bring them to the terminals; till-cloud release help", release},
	"reconcile": {"hold the terminals' journals, the ledger and the acquirer's book against each other", reconcileOrder},
	"report":    {"what some days came to on a terminal, by the ledger", reportOrder},
	"journal":   {"journal import: take in what till journal export wrote of a dead terminal's card", journal},
}

func sayOrders(w io.Writer) {
	fmt.Fprintf(w, "\nOrders to a running gateway, each with -help:\n")
	for _, name := range slices.Sorted(maps.Keys(orders)) {
		fmt.Fprintf(w, "  till-cloud %-10s %s\n", name, orders[name].about)
	}
}

// newFlags are an order's, with the gateway's folder.
func newFlags(name string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet("till-cloud "+name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	return flags, flags.String("data", "till-cloud", "`folder` of the running gateway")
}

// parse is flags.Parse; arguments are how many may be left.
func parse(flags *flag.FlagSet, args []string, arguments int, stdout io.Writer) error {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		flags.Usage()
		return err
	case err != nil:
		return fmt.Errorf("%w; %s -help lists the flags", err, flags.Name())
	case flags.NArg() > arguments:
		return fmt.Errorf("unexpected argument %.40q; %s -help lists the flags", flags.Arg(arguments), flags.Name())
	case flags.NArg() < arguments:
		return fmt.Errorf("%s: a file is missing; -help lists the flags", flags.Name())
	}
	return nil
}

func claim(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("claim")
	c := service.ClaimOrder{Settings: enrolment.Settings{}}
	flags.StringVar(&c.Terminal, "terminal", "", "the terminal's `id`: a-z, 0-9 and -, at most 32")
	text := func(name, key, about string) {
		flags.Func(name, about, func(s string) error { c.Settings[key] = s; return nil })
	}
	flags.Func("merchant", "`id` of the merchant whose it is, as till-cloud merchant -list has it; none where the gateway has one merchant only", func(s string) error {
		if err := enrol.CheckMerchant(s); err != nil {
			return fmt.Errorf("%w; the name on receipts is -name", err)
		}
		c.Merchant = s
		return nil
	})
	text("name", "merchant.name", "`name` of the merchant, as on receipts")
	text("timezone", "merchant.timezone", "the shop's time `zone`, as America/New_York")
	text("currency", "merchant.currency", "ISO 4217 `code` (USD unless told otherwise)")
	text("language", "merchant.language", "the cashier's `language`, en or zh")
	text("phone", "merchant.phone", "the merchant's `number`")
	pinFlag(flags, c.Settings)
	flags.BoolFunc("test", "the money is not real: every screen and receipt says so", func(string) error { c.Settings["test"] = true; return nil })
	settingsFlags(flags, c.Settings)
	device := flags.String("device", "", "the `code` on the device's panel: the claim is for that device alone, and needs no code of its own")
	life := flags.Duration("life", enrol.DefaultClaimLife, "the claim ends after this `time`")
	flags.BoolVar(&c.Replace, "replace", false, "another device is this terminal now, and is dead or to be put out")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if c.Terminal == "" {
		return errors.New("say which terminal, with -terminal ID")
	}
	if len(c.Settings) > 0 && c.Settings["merchant.currency"] == nil {
		c.Settings["merchant.currency"] = "USD"
	}
	c.Device, c.Minutes = enrolment.Device(*device), int(life.Minutes())
	var done service.Claimed
	if err := ask(ctx, *data, http.MethodPost, "/claims", c, &done); err != nil {
		return err
	}
	until := done.Expires.Local().Format("2006-01-02 15:04 MST")
	if done.Code == "" {
		_, err := fmt.Fprintf(stdout, "The device becomes terminal %s by itself, within seconds, if it asks before %s.\n", c.Terminal, until)
		return err
	}
	if err := printQR(stdout, done.Invitation); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "Claim      %s   for terminal %s, good once, until %s\nGateway    %s\nAuthority  %s\nQR         %s\n",
		done.Code, c.Terminal, until, done.Gateway, done.Authority, done.Invitation)
	return err
}

// readSettings reads a file of settings; nested tables become dotted keys.
// pinFlag takes a manager's PIN, and keeps its hash.
func pinFlag(flags *flag.FlagSet, into enrolment.Settings) {
	flags.Func("pin", "the manager's `digits`; their hash is kept", func(s string) error {
		if err := pin.Check(s); err != nil {
			return err
		}
		into["manager_pin"] = pin.New(s, pin.NewSalt()).String()
		return nil
	})
}

func settingsFlags(flags *flag.FlagSet, into enrolment.Settings) {
	flags.Func("settings", "`file` of settings, as a terminal's till.toml has them", func(path string) error { return readSettings(path, into) })
	flags.Func("set", "`key=value`, a setting in the words of TOML; may be repeated", func(s string) error { return set(s, into) })
}

// changeSettings gives a terminal that there is other settings.
func changeSettings(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("settings")
	o := service.SettingsOrder{Set: enrolment.Settings{}}
	terminal := flags.String("terminal", "", "the terminal's `id`")
	pinFlag(flags, o.Set)
	settingsFlags(flags, o.Set)
	flags.Func("drop", "`key` of a setting that it is to have no more; may be repeated", func(key string) error {
		o.Drop = append(o.Drop, key)
		return nil
	})
	resets := flags.Bool("reset-pin", false, "make a code with which the manager's PIN is set at the terminal itself")
	life := flags.Duration("life", enrol.DefaultResetLife, "that code ends after this `time`")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	changes := len(o.Set)+len(o.Drop) > 0
	switch {
	case *terminal == "" || !changes && !*resets:
		return errors.New("say which terminal, with -terminal ID, and what it is to have, with -pin, -set, -settings or -drop; or -reset-pin")
	case changes && *resets:
		return errors.New("-reset-pin goes with no other setting: the terminal asks for the PIN")
	case *resets:
		return resetPIN(ctx, *data, *terminal, *life, stdout)
	}
	var note enrolment.SettingsNote
	if err := ask(ctx, *data, http.MethodPost, "/terminals/"+url.PathEscape(*terminal)+"/settings", o, &note); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "Terminal %s is to have settings %s. It takes them when it is on line, and nobody is in the middle of a sale.\n", *terminal, note.Digest)
	return err
}

// resetPIN prints the code with which a manager's PIN is set at the terminal.
func resetPIN(ctx context.Context, data, terminal string, life time.Duration, stdout io.Writer) error {
	var done service.ResetAllowed
	if err := ask(ctx, data, http.MethodPost, "/terminals/"+url.PathEscape(terminal)+"/reset", service.ResetOrder{Minutes: int(life.Minutes())}, &done); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "Code  %s   for terminal %s, good once, until %s\nAt the terminal, where it asks for a PIN: Forgot PIN, this code, and the new PIN twice.\n",
		done.Code, terminal, done.Expires.Local().Format("2006-01-02 15:04 MST"))
	return err
}

func readSettings(path string, into enrolment.Settings) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	flatten("", tree, into)
	return nil
}

func flatten(prefix string, tree map[string]any, into enrolment.Settings) {
	for key, value := range tree {
		if sub, ok := value.(map[string]any); ok {
			flatten(prefix+key+".", sub, into)
		} else {
			into[prefix+key] = value
		}
	}
}

// set takes one setting. A value that is none of TOML's is a text.
func set(s string, into enrolment.Settings) error {
	key, value, ok := strings.Cut(s, "=")
	if !ok || key == "" {
		return errors.New("want key=value")
	}
	var one struct{ V any }
	if err := toml.Unmarshal([]byte("V = "+value), &one); err != nil {
		one.V = value
	}
	into[key] = one.V
	return nil
}

// printQR writes a QR code in half blocks, two rows of it a line, dark on light
// whatever the colours of the window.
func printQR(w io.Writer, text string) error {
	m, err := draw.QR(text)
	if err != nil {
		return fmt.Errorf("draw the claim's QR: %w", err)
	}
	const light, lower, upper, dark = "█", "▄", "▀", " " // written on a dark window: what is lit is light
	const quiet = 2
	var b strings.Builder
	for y := -quiet; y < m.Size()+quiet; y += 2 {
		b.WriteString("\x1b[97;40m")
		for x := -quiet; x < m.Size()+quiet; x++ {
			switch top, bottom := black(m, x, y), black(m, x, y+1); {
			case top && bottom:
				b.WriteString(dark)
			case top:
				b.WriteString(lower)
			case bottom:
				b.WriteString(upper)
			default:
				b.WriteString(light)
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func black(m *draw.Matrix, x, y int) bool {
	return x >= 0 && y >= 0 && x < m.Size() && y < m.Size() && m.Black(x, y)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func terminals(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("terminals")
	asJSON := flags.Bool("json", false, "as JSON, with all that is known")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	var all []enrol.Terminal
	if err := ask(ctx, *data, http.MethodGet, "/terminals", nil, &all); err != nil {
		return err
	}
	if *asJSON {
		return writeJSON(stdout, all)
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TERMINAL\tSTATE\tMERCHANT\tNAME\tSINCE\tCERTIFICATE UNTIL\tEPOCH\tDEVICES BEFORE")
	for _, t := range all {
		day := func(at time.Time) string {
			if at.IsZero() {
				return "-"
			}
			return at.Local().Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s\t%s\t%d\t%d\n", t.ID, t.State, cmp.Or(t.Merchant, "-"), t.Settings["merchant.name"], day(t.Since), day(t.NotAfter), t.Epoch, len(t.Before))
	}
	return w.Flush()
}

func revoke(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("revoke")
	terminal := flags.String("terminal", "", "the terminal's `id`")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if *terminal == "" {
		return errors.New("say which terminal, with -terminal ID")
	}
	if err := ask(ctx, *data, http.MethodPost, "/terminals/"+url.PathEscape(*terminal)+"/revoke", nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "Terminal %s is out. It asks for a new claim by itself.\n", *terminal)
	return err
}

func journal(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 || args[0] != "import" {
		return errors.New("till-cloud journal: say import; till-cloud journal import -help lists the flags")
	}
	flags, data := newFlags("journal import")
	terminal := flags.String("terminal", "", "`id` of the terminal whose journal it is")
	if err := parse(flags, args[1:], 1, stdout); err != nil {
		return err
	}
	if *terminal == "" {
		return errors.New("say whose journal it is, with -terminal ID")
	}
	f, err := os.Open(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	var done service.Imported
	if err := ask(ctx, *data, http.MethodPost, "/journals/"+url.PathEscape(*terminal), f, &done); err != nil {
		return fmt.Errorf("journal of %s: %w", *terminal, err)
	}
	_, err = fmt.Fprintf(stdout, "Terminal %s, epoch %d, records %d to %d: %d are new in the ledger.\n", done.Terminal, done.Epoch, done.First, done.Last, done.New)
	return err
}

// daysFlags are the days that an order is about.
func daysFlags(flags *flag.FlagSet) (from, to, zone *string) {
	return flags.String("from", "", "the first `day`, as 2026-11-24; without it the last"),
		flags.String("to", "", "the last `day`; without it today"),
		flags.String("zone", "UTC", "time `zone` of the days, as America/Los_Angeles")
}

// days is the question about them.
func days(from, to, zone string) (url.Values, error) {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("time zone %.60q: %w", zone, err)
	}
	last := cmp.Or(to, time.Now().In(place).Format(time.DateOnly))
	return url.Values{"from": {cmp.Or(from, last)}, "to": {last}, "zone": {zone}}, nil
}

func reconcileOrder(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("reconcile")
	from, to, zone := daysFlags(flags)
	var terminals []string
	flags.Func("terminal", "`id` of a terminal; may be repeated; without it all, and what the acquirer has of none", func(id string) error {
		terminals = append(terminals, id)
		return nil
	})
	format := flags.String("format", string(figures.Text), "`form`: text, csv or json")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	q, err := days(*from, *to, *zone)
	if err != nil {
		return err
	}
	q["terminal"] = terminals
	var r reconcile.Report
	if err := ask(ctx, *data, http.MethodGet, "/reconciliation?"+q.Encode(), nil, &r); err != nil {
		return err
	}
	return r.Write(stdout, figures.Format(*format))
}

func reportOrder(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("report")
	terminal := flags.String("terminal", "", "`id` of the terminal")
	from, to, zone := daysFlags(flags)
	format := flags.String("format", string(figures.Text), "`form`: text, csv or json")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if *terminal == "" {
		return errors.New("say of which terminal, with -terminal ID")
	}
	q, err := days(*from, *to, *zone)
	if err != nil {
		return err
	}
	var r figures.Report
	if err := ask(ctx, *data, http.MethodGet, "/reports/"+url.PathEscape(*terminal)+"?"+q.Encode(), nil, &r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return r.Write(stdout, figures.Format(*format))
}

// ask speaks to a running gateway. body is JSON, or a file as it is.
func ask(ctx context.Context, data, method, path string, body, answer any) error {
	socket := service.SocketIn(data)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}}
	var from io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		from = b
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode the order: %w", err)
		}
		from = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://gateway"+path, from)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	got, err := client.Do(req)
	if err != nil {
		folder, absErr := filepath.Abs(data)
		if absErr != nil {
			folder = data
		}
		return fmt.Errorf("no gateway answers in %s: start it, or name its folder with -data (%w)", folder, err)
	}
	defer got.Body.Close()
	if got.StatusCode >= 300 {
		var failed struct{ Error string }
		if err := json.NewDecoder(got.Body).Decode(&failed); err != nil || failed.Error == "" {
			return errors.New("the gateway answered " + strconv.Itoa(got.StatusCode))
		}
		return errors.New(failed.Error)
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(got.Body).Decode(answer); err != nil {
		return fmt.Errorf("read the gateway's answer: %w", err)
	}
	return nil
}
