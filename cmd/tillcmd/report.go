package tillcmd

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"till/payment/figures"
)

// reportCommand is till report: what some days came to, by the terminal's journal.
func reportCommand(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("till report", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	data := flags.String("data", "", "`folder` of the terminal's data")
	path := flags.String("config", "", "configuration `file`: where the data is, and the shop's time zone")
	from := flags.String("from", "", "the first `day`, as 2026-11-24; without it the last")
	to := flags.String("to", "", "the last `day`; without it today")
	zone := flags.String("zone", "", "time `zone` of the days, as America/Los_Angeles; without it the configuration's, or this machine's")
	format := flags.String("format", string(figures.Text), "`form`: text, csv or json")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till report: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("till report: unexpected argument %.40q; see till help", flags.Arg(0))
	}
	place, terminal := time.Local, ""
	if *path != "" {
		config, err := LoadConfig(*path)
		if err != nil {
			return err
		}
		place, terminal = config.Merchant.Zone, config.Terminal
		if *data == "" {
			*data = config.Data
		}
	}
	if *data == "" {
		*data = defaultData
	}
	if *zone != "" {
		var err error
		if place, err = time.LoadLocation(*zone); err != nil {
			return fmt.Errorf("till report: time zone %.60q: %w", *zone, err)
		}
	}
	if *to == "" {
		*to = time.Now().In(place).Format(time.DateOnly)
	}
	if *from == "" {
		*from = *to
	}
	account, err := figures.New(terminal, *from, *to, place)
	if err != nil {
		return fmt.Errorf("till report: %w", err)
	}
	ask := journalAsk{Version: journalProtocol, Do: "export", From: 1}
	end, err := askJournal(ctx, *data, ask, func(l journalLine) error {
		if l.Record == nil {
			return nil
		}
		e, err := l.Record.Event()
		if err != nil {
			return fmt.Errorf("record %d: %w", l.Record.Seq, err)
		}
		return account.Add(l.Record.Stamp, e)
	})
	if err == nil {
		err = end.err()
	}
	if err != nil {
		return fmt.Errorf("till report: %w", err)
	}
	r := account.Report()
	r.Terminal = cmp.Or(r.Terminal, end.Terminal)
	return r.Write(stdout, figures.Format(*format))
}
