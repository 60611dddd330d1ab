package tillcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"till/payment"
	"till/store"
)

// Exit codes of till journal; docs/journal.md.
const (
	exitGood    = 0
	exitFailed  = 1 // wrong usage, or the journal could not be looked at
	exitDamaged = 2 // something is wrong with it
	exitNone    = 3 // there is no journal
)

// exitError is an error with the exit code that the program ends with.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

// ExitCode is what a program ends with whose Run returned err.
func ExitCode(err error) int {
	var e exitError
	switch {
	case err == nil:
		return exitGood
	case errors.As(err, &e):
		return e.code
	default:
		return exitFailed
	}
}

const defaultData = "/var/lib/till"

// journalCommand is till journal: verify, export, show.
func journalCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New("till journal: say verify, export or show; see till help")
	}
	ask := journalAsk{Version: journalProtocol, Do: args[0]}
	flags := flag.NewFlagSet("till journal "+ask.Do, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	data := flags.String("data", defaultData, "`folder` of the terminal's data, or of one journal")
	out := ""
	switch ask.Do {
	case "verify":
	case "export":
		flags.StringVar(&out, "o", "", "`file` to write; without it the standard output")
		flags.Uint64Var(&ask.From, "from", 1, "the first `record` to write")
	case "show":
		flags.IntVar(&ask.Newest, "n", 20, "how `many` records, the newest")
	default:
		return fmt.Errorf("till journal: unknown command %.40q; see till help", ask.Do)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("till journal %s: %w; see till help", ask.Do, err)
	}
	rest := flags.Args()
	if ask.Do == "show" && len(rest) == 1 {
		ask.Sale, rest = payment.SaleID(rest[0]), nil
	}
	if err := ask.check(); err != nil {
		return fmt.Errorf("till journal %s: %w", ask.Do, err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("till journal %s: unexpected argument %.40q; see till help", ask.Do, rest[0])
	}
	write := writeLines(stdout)
	if ask.Do == "export" {
		write = writeRecords(stdout)
	}
	var file *os.File
	if out != "" {
		var err error
		// A file that is there is never written over: it might be a journal.
		if file, err = os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return fmt.Errorf("till journal export: %w: name a new file", err)
		}
		write = writeRecords(file)
	}
	end, err := askJournal(ctx, *data, ask, write)
	if file != nil {
		err = errors.Join(err, file.Sync(), file.Close())
	}
	if err != nil {
		return fmt.Errorf("till journal %s: %w", ask.Do, err)
	}
	said := stdout
	if ask.Do == "export" {
		said = stderr // the standard output is for records
	}
	for _, line := range end.Said {
		if _, err := fmt.Fprintln(said, line); err != nil {
			return fmt.Errorf("till journal %s: %w", ask.Do, err)
		}
	}
	return end.err()
}

// askJournal has the journal answer: the terminal that is using it, else its
// files, else what is left of them.
func askJournal(ctx context.Context, data string, ask journalAsk, out func(journalLine) error) (journalEnd, error) {
	dir := data // of one journal, as one that was set aside
	if names, err := filepath.Glob(filepath.Join(escaped(data), "journal-*.bolt")); err != nil || len(names) == 0 {
		dir = journalFolder(data)
		if isFolder(data) {
			end, live, err := askTerminal(ctx, data, ask, out)
			if live || err != nil {
				return end, err
			}
		}
	}
	return askFolder(dir, ask, out)
}

// escaped is a path that Glob takes literally.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// askFolder answers from a journal that no till is using.
func askFolder(dir string, ask journalAsk, out func(journalLine) error) (end journalEnd, err error) {
	j, err := store.Open(dir, store.Options{ReadOnly: true, Timeout: time.Second})
	if err == nil {
		end, err = answerOrSalvage(j, dir, ask, out)
		err = errors.Join(err, j.Close())
	}
	switch {
	case err == nil:
		return end, nil
	case errors.Is(err, store.ErrNone):
		return journalEnd{Verdict: verdictNone, Said: []string{fmt.Sprintf("There is no journal in %s.", dir)}}, nil
	case errors.Is(err, store.ErrLocked):
		return journalEnd{}, fmt.Errorf("%w: a till that does not answer is using it", err)
	case unusable(err) && isFolder(dir):
		return answerDamaged(dir, ask, err, out)
	default:
		return journalEnd{}, err
	}
}

// writeRecords writes each record as one line of JSON, as it goes over the wire.
func writeRecords(w io.Writer) func(journalLine) error {
	return func(l journalLine) error {
		if l.Record == nil {
			return nil
		}
		line, err := json.Marshal(l.Record)
		if err != nil {
			return fmt.Errorf("write record %d: %w", l.Record.Seq, err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write record %d: %w", l.Record.Seq, err)
		}
		return nil
	}
}

// writeLines writes what a person reads.
func writeLines(w io.Writer) func(journalLine) error {
	return func(l journalLine) error {
		b := bufio.NewWriter(w)
		if l.Sale != nil {
			describeSale(b, *l.Sale)
		}
		if l.Record != nil {
			describeRecord(b, *l.Record)
		}
		if err := b.Flush(); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	}
}
