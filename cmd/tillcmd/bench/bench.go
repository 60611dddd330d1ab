// Package bench is `till bench`: it measures the terminal on the machine it runs
// on, with the code a sale runs through and on the disk a journal lies on. It
// needs no network: what speaks to a broker speaks to one on loopback.
//
// Where something is measured against a reference, the two are run in turn, so
// that a busy machine slows both, and the medians of five runs are compared.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Units of a Result.
const (
	seconds      = "s"
	milliseconds = "ms"
	microseconds = "us"
	nanoseconds  = "ns"
	bytesUnit    = "B"
	perSecond    = "1/s"
)

// Names are all that can be measured, in the order of the output.
func Names() []string {
	return []string{
		"commit", "commit_at_1M", "commit_after_prune", "sale", "sale_bytes_written", "open_1M", "replay_1M", "drain",
		"frame", "frame_touch", "receipt", "receipt_bytes", "scan", "rss", "binary",
	}
}

// Result is one figure.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Reference is what the value is compared with, empty if there is nothing.
	Reference string `json:"reference"`
	// Ratio is Value ÷ the reference's value in the same run, nil without a reference.
	Ratio *float64 `json:"ratio"`
}

// Report is what came of a run: figures in the order of Names, and sentences
// that say more about some of them.
type Report struct {
	Results []Result
	Notes   []string
}

// Options say what to measure, and where.
type Options struct {
	// Data is a folder on the disk to be measured; empty: the system's for
	// temporary files. It is made if it is missing, and what was made is removed.
	Data string
	// Names are what to measure; empty: everything.
	Names []string
	// Broker is the address of a broker with a gateway behind it, as
	// tcp://127.0.0.1:1883; empty: drain speaks to the stand-in of this package.
	Broker string
	// Progress takes a line before whatever takes a while.
	Progress io.Writer
	// Small measures with few records and few runs, for tests: the figures mean nothing.
	Small bool
}

// Run is the command. args are without its name.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("till bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	o := Options{Progress: stderr}
	flags.StringVar(&o.Data, "data", "", "`folder` on the disk to be measured")
	flags.StringVar(&o.Broker, "broker", "", "`address` of a broker with a gateway, for drain")
	asJSON := flags.Bool("json", false, "print JSON")
	names := flags.String("names", "", "what to measure, with commas between; all if empty")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till bench: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("till bench: unexpected argument %.40q; see till help", flags.Arg(0))
	}
	if *names != "" {
		o.Names = strings.Split(*names, ",")
	}
	report, err := Measure(ctx, o)
	if err != nil {
		return fmt.Errorf("till bench: %w", err)
	}
	if *asJSON {
		return report.writeJSON(stdout)
	}
	return report.writeText(stdout)
}

// Measure measures what o names.
func Measure(ctx context.Context, o Options) (report Report, err error) {
	for _, name := range o.Names {
		if !slices.Contains(Names(), name) {
			return Report{}, fmt.Errorf("nothing is called %.40q; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	folder, err := openFolder(o.Data)
	if err != nil {
		return Report{}, err
	}
	r := &rig{options: o, folder: folder.work, sizes: full()}
	if o.Small {
		r.sizes = small()
	}
	defer func() { err = errors.Join(err, folder.remove()) }()
	// In this order: the journal of a million records is filled once, opened by
	// some, and pruned by one.
	for _, measure := range []func(context.Context) error{
		r.commits, r.sales, r.boots, r.memory, r.pruned, r.drain, r.frames, r.receipts, r.scans, r.binary,
	} {
		if err := measure(ctx); err != nil {
			return Report{}, err
		}
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
	}
	slices.SortStableFunc(r.report.Results, func(a, b Result) int {
		return slices.Index(Names(), a.Name) - slices.Index(Names(), b.Name)
	})
	return r.report, nil
}

// sizes are how much is done of everything.
type sizes struct {
	records int           // of the journal with a million records
	open    int           // unfinished sales among them
	rounds  int           // of which the median is taken
	commits int           // in a round
	sales   int           // in a round
	opens   int           // in a round
	drained int           // records in a round
	quick   time.Duration // in a round, of what takes microseconds
	idle    time.Duration // the firmware is left alone before it is looked at
}

func full() sizes {
	return sizes{
		records: 1_000_000, open: 100, rounds: 5, commits: 150, sales: 40, opens: 10, drained: 20_000,
		quick: 100 * time.Millisecond, idle: 3 * time.Second,
	}
}

func small() sizes {
	return sizes{
		records: 2000, open: 4, rounds: 2, commits: 6, sales: 2, opens: 2, drained: 500,
		quick: time.Millisecond, idle: 100 * time.Millisecond,
	}
}

// rig is one run.
type rig struct {
	options Options
	folder  string
	sizes   sizes
	report  Report
	filled  bool // the journal of a million records is there
}

// wants says whether any of the names is to be measured.
func (r *rig) wants(names ...string) bool {
	return len(r.options.Names) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(r.options.Names, n) })
}

// add keeps a figure that has no reference.
func (r *rig) add(name string, value float64, unit string) {
	if r.wants(name) {
		r.report.Results = append(r.report.Results, Result{Name: name, Value: value, Unit: unit})
	}
}

// compare keeps a figure with its reference, of the same unit.
func (r *rig) compare(name string, value float64, unit, reference string, against float64) {
	if !r.wants(name) {
		return
	}
	result := Result{Name: name, Value: value, Unit: unit, Reference: fmt.Sprintf("%s: %s %s", reference, number(against), unit)}
	if against > 0 {
		ratio := value / against
		result.Ratio = &ratio
	}
	r.report.Results = append(r.report.Results, result)
}

func (r *rig) note(format string, args ...any) {
	r.report.Notes = append(r.report.Notes, fmt.Sprintf(format, args...))
}

func (r *rig) progress(format string, args ...any) {
	if r.options.Progress != nil {
		_, _ = fmt.Fprintf(r.options.Progress, "till bench: "+format+"\n", args...) // nothing depends on its being read
	}
}
