package tillcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"till/boards"
	"till/cmd/tillcmd/doctor"
	"till/device"
	"till/display"
	"till/printer"
	"till/scanner"
	"till/words"
)

// Exit codes of till doctor; docs/doctor.md.
const (
	exitWell  = 0
	exitIll   = 1 // something failed
	exitUsage = 2 // wrong usage, or the terminal could not be examined now
)

var errIll = errors.New("something failed: see above what to do")

// doctorCommand is till doctor.
func doctorCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	c := consultation{in: bufio.NewReader(stdin), out: stdout, err: stderr, machine: device.ThisMachine()}
	report, err := c.run(ctx, args)
	switch {
	case err != nil:
		return exitError{exitUsage, fmt.Errorf("till doctor: %w", err)}
	case !report.Well():
		return exitError{exitIll, fmt.Errorf("till doctor: %w", errIll)}
	}
	return nil
}

// consultation is one run of till doctor.
type consultation struct {
	in       *bufio.Reader
	out, err io.Writer
	machine  *device.Machine

	path, board string
	asJSON      bool
	options     doctor.Options
	format      doctor.Format

	head  bool // is written
	group string
}

func (c *consultation) parse(args []string) error {
	flags := flag.NewFlagSet("till doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	flags.StringVar(&c.path, "config", "", "configuration `file` (TOML)")
	flags.StringVar(&c.board, "board", "", "board `name`, or auto, instead of the file's")
	flags.BoolVar(&c.asJSON, "json", false, "print JSON")
	only := flags.String("only", "", "what to examine, with commas between; all if empty")
	flags.BoolVar(&c.options.Quiet, "quiet", false, "print nothing on paper, show and sound nothing, and leave the drawer shut")
	flags.BoolVar(&c.options.Interactive, "interactive", false, "ask whether it was seen and heard, and wait for a scan and touches")
	lang := flags.String("lang", "", "`language` of the report, en or zh")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %.40q; see till help", flags.Arg(0))
	}
	if *only != "" {
		c.options.Only = strings.Split(*only, ",")
	}
	switch c.format.Lang = words.Lang(*lang); c.format.Lang {
	case "":
		c.format.Lang = words.English
	case words.English, words.Chinese:
	default:
		return fmt.Errorf("language %.20q is none of %v", *lang, words.Langs)
	}
	return doctor.CheckOnly(c.options.Only)
}

func (c *consultation) run(ctx context.Context, args []string) (doctor.Report, error) {
	if err := c.parse(args); err != nil {
		return doctor.Report{}, err
	}
	p := &patient{path: c.path}
	p.detected, p.model = identify(os.ReadFile)
	p.load(c.board)
	c.format.Colour = showsColour(c.out)
	if !c.asJSON {
		c.options.Told, c.options.Tell, c.options.Ask = c.tellFinding(p), c.tell, c.ask
	}
	report, live, err := c.askTerminal(ctx, p)
	if err != nil {
		return report, err
	}
	if !live {
		if report, err = c.examine(ctx, p); err != nil {
			return report, err
		}
	}
	if c.asJSON {
		return report, report.JSON(c.out)
	}
	return report, c.format.Foot(c.out, report)
}

// showsColour says whether colours mean anything to who reads.
func showsColour(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" // no-color.org
}

// examine examines the machine itself, since no till is at work on it.
func (c *consultation) examine(ctx context.Context, p *patient) (doctor.Report, error) {
	if p.config.Board.Name == "" { // no configuration: what is found by itself is tried
		p.config.Display, p.config.Scanner, p.config.PrinterPort = defaultDisplay(), scanner.DefaultOptions(), printer.DefaultOptions()
		p.config.Printer = printer.ProfileAuto()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if b := p.board(); b.Name != "" {
		end, err := c.open(ctx, p, b)
		if err != nil {
			return doctor.Report{}, err
		}
		defer end()
	}
	report := doctor.Run(ctx, p.subject(), c.options)
	return report, ctx.Err()
}

// settle is how long what is plugged in is given to be found.
const settle = 1500 * time.Millisecond

// open opens the board's peripherals for the patient, and reads them until end.
func (c *consultation) open(ctx context.Context, p *patient, b boards.Board) (end func(), err error) {
	machine := p.config.Machine
	if machine == nil {
		machine = c.machine
	}
	d := p.config.Display
	body, err := device.Open(ctx, b, device.Options{
		Bench: p.config.Bench, Display: d.Device, Rotation: d.Rotation, Touch: d.Touch, Calibration: d.Calibration, Data: p.config.Data,
		Scanner: p.config.Scanner, Printer: p.config.PrinterPort, Now: time.Now, Log: slog.New(slog.DiscardHandler), Machine: machine,
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		p.closed = err
		return func() {}, nil
	}
	h := &ownHands{
		device: body, touches: make(chan image.Point, 8), scans: make(chan int, 8),
		printing: printer.New(body.OpenPrinter, p.config.Printer),
	}
	p.device, p.hands = body, h
	reading, stop := context.WithCancel(ctx)
	ended := make(chan struct{}, 2)
	go func() { h.readTouches(reading); ended <- struct{}{} }()
	go func() { h.readScans(reading); ended <- struct{}{} }()
	if body.Attached != nil {
		select {
		case <-time.After(settle):
		case <-ctx.Done():
		}
	}
	return func() {
		stop()
		// What is let go of was only tried: its end changes nothing of the report.
		_ = h.printing.Close()
		_ = body.Close()
		<-ended
		<-ended
	}, nil
}

// ownHands use peripherals that the doctor opened itself.
type ownHands struct {
	device   *device.Device
	touches  chan image.Point
	scans    chan int
	printing *printer.Printer
}

var _ hands = (*ownHands)(nil)

// readTouches and readScans read until ctx ends. A source that fails is seen by
// its check, which then waits in vain.
func (h *ownHands) readTouches(ctx context.Context) {
	_ = h.device.Input.Run(ctx, func(e display.InputEvent) error {
		if e.Touch != nil {
			select {
			case h.touches <- *e.Touch:
			default: // nobody asked for so many
			}
		}
		return nil
	})
}

func (h *ownHands) readScans(ctx context.Context) {
	_ = h.device.Scanner.Run(ctx, func(s scanner.Scan) {
		select {
		case h.scans <- len(s.Data):
		default:
		}
	})
}

func (h *ownHands) show(_ context.Context, card *image.RGBA) error {
	return h.device.Display.Draw(card, card.Rect)
}

func (h *ownHands) touched(ctx context.Context) (image.Point, error) { return next(ctx, h.touches) }

func (h *ownHands) scanned(ctx context.Context) (int, error) { return next(ctx, h.scans) }

// next waits for what comes from now on.
func next[T any](ctx context.Context, from chan T) (T, error) {
	for len(from) > 0 {
		<-from
	}
	select {
	case x := <-from:
		return x, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (h *ownHands) printer() *printer.Printer { return h.printing }

func (h *ownHands) ownLight(context.Context) error { return h.device.Pins.SetLED(device.LEDOff) }

// askTerminal has the terminal at work examine itself. live says whether there is one.
func (c *consultation) askTerminal(ctx context.Context, p *patient) (report doctor.Report, live bool, err error) {
	if p.config.Data == "" || !isFolder(p.config.Data) {
		return report, false, nil
	}
	conn, err := dialTerminal(ctx, p.config.Data)
	if err != nil || conn == nil {
		return report, false, err
	}
	defer func() { _ = conn.Close() }() // only read from here on
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	ask, err := json.Marshal(doctorAsk{doctorProtocol, examination{Only: c.options.Only, Quiet: c.options.Quiet}})
	if err != nil {
		return report, true, err
	}
	if _, err := conn.Write(append(ask, '\n')); err != nil {
		return report, true, fmt.Errorf("ask the terminal: %w", err)
	}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var l doctorLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return report, true, fmt.Errorf("the terminal's answer: %w", err)
		}
		switch {
		case l.Refused != "":
			return report, true, errors.New(l.Refused)
		case l.Report != nil:
			return l.Report.Read(), true, nil
		case l.Finding != nil && c.options.Told != nil:
			c.options.Told(doctor.Written{Checks: []doctor.WrittenFinding{*l.Finding}}.Read().Findings[0])
		}
	}
	if err := lines.Err(); err != nil {
		return report, true, fmt.Errorf("the terminal's answer: %w", err)
	}
	return report, true, errors.New("the terminal ended before its answer did, or is of a version without a doctor")
}

// tellFinding writes findings as they come: some take a while.
func (c *consultation) tellFinding(p *patient) func(doctor.Finding) {
	return func(f doctor.Finding) {
		if !c.head {
			c.head = true
			// A report that cannot be written ends with its foot, which says so.
			_ = c.format.Head(c.out, doctor.Report{Terminal: p.config.Terminal, Board: p.board().Name, Version: Version})
		}
		_ = c.format.Finding(c.out, c.group, f)
		c.group = doctor.Group(f.ID)
	}
}

func (c *consultation) tell(s words.Sentence) {
	_, _ = fmt.Fprintln(c.err, s.In(c.format.Lang)) // for a person, who sees when it does not come
}

// ask puts a question to whoever sits there; what is no clear no is yes.
func (c *consultation) ask(ctx context.Context, s words.Sentence) (bool, error) {
	if _, err := fmt.Fprintf(c.err, "%s [y/n] ", s.In(c.format.Lang)); err != nil {
		return false, err
	}
	answer := make(chan string, 1)
	failed := make(chan error, 1)
	go func() { // it is left behind if nobody answers: the program ends soon
		line, err := c.in.ReadString('\n')
		if err != nil {
			failed <- err
			return
		}
		answer <- line
	}()
	select {
	case line := <-answer:
		return !strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "n"), nil
	case err := <-failed:
		return false, err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
