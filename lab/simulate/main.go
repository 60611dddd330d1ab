// Command simulate runs the deterministic simulation of package sim over a
// range of seeds, sharded over processes, and stops at the first broken law.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"till/lab/sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

var errViolated = errors.New("a law was broken")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	seeds := flags.Uint64("seeds", 200, "`number` of seeds to run")
	from := flags.Uint64("from", 1, "first `seed`")
	shards := flags.Int("shards", runtime.NumCPU(), "`processes` to run them in")
	story := flags.Int("story", 60, "`lines` of the story told of a violation")
	shard := flags.Int("shard", -1, "be one of the processes (internal)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *seeds < 1 || *shards < 1 || flags.NArg() > 0 {
		return errors.New("want -seeds and -shards of at least 1, and nothing else")
	}
	if *shard >= 0 {
		return work(ctx, stdout, *seeds, *from, *shards, *shard, *story)
	}
	return spread(ctx, stdout, stderr, *seeds, *from, min(*shards, int(*seeds)), *story)
}

// gcPercent trades memory, of which a seed needs little, for speed.
const gcPercent = 800

// work runs every shards-th seed, and writes each result as a line.
func work(ctx context.Context, stdout io.Writer, seeds, from uint64, shards, shard, story int) error {
	debug.SetGCPercent(gcPercent)
	out := json.NewEncoder(stdout)
	for seed := from + uint64(shard); seed < from+seeds && ctx.Err() == nil; seed += uint64(shards) {
		result, err := sim.Run(seed, sim.Options{Story: story})
		if err != nil {
			return err
		}
		if err := out.Encode(result); err != nil {
			return fmt.Errorf("report seed %d: %w", seed, err)
		}
		if result.Violation != nil {
			return nil
		}
	}
	return ctx.Err()
}

// totals add up what all seeds came to.
type totals struct {
	seeds, steps, sales, faults int
	byFault, byPremise          map[string]int
	worst                       *sim.Result
}

func (t *totals) add(r sim.Result) {
	t.seeds++
	t.steps += r.Steps
	t.sales += r.Sales
	t.faults += r.FaultCount()
	for k, n := range r.Faults {
		t.byFault[k] += n
	}
	for k, n := range r.Premises {
		t.byPremise[k] += n
	}
	if r.Violation != nil && (t.worst == nil || r.Seed < t.worst.Seed) {
		t.worst = &r
	}
}

func spread(ctx context.Context, stdout, stderr io.Writer, seeds, from uint64, shards, story int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	began := time.Now()
	results := make(chan sim.Result)
	ended := make(chan error, shards)
	for shard := range shards {
		go func() {
			ended <- runShard(ctx, self, stderr, results,
				"-seeds", fmt.Sprint(seeds), "-from", fmt.Sprint(from), "-shards", fmt.Sprint(shards),
				"-shard", fmt.Sprint(shard), "-story", fmt.Sprint(story))
		}()
	}
	all := totals{byFault: map[string]int{}, byPremise: map[string]int{}}
	var failed error
	for running := shards; running > 0; {
		select {
		case r := <-results:
			all.add(r)
			if r.Violation != nil {
				stop()
			}
		case err := <-ended:
			running--
			if err != nil && ctx.Err() == nil {
				failed = errors.Join(failed, err)
				stop()
			}
		}
	}
	all.print(stdout, time.Since(began))
	if all.worst != nil {
		return errViolated
	}
	return failed
}

// maxLine bounds one result, with the story of a violation.
const maxLine = 4 << 20

func runShard(ctx context.Context, self string, stderr io.Writer, results chan<- sim.Result, args ...string) error {
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start a shard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a shard: %w", err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		var r sim.Result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return errors.Join(fmt.Errorf("read a shard's result: %w", err), cmd.Wait())
		}
		results <- r
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		return fmt.Errorf("shard: %w", err)
	}
	return nil
}

func (t *totals) print(w io.Writer, took time.Duration) {
	table := func(title string, counts map[string]int) {
		fmt.Fprintf(w, "%s\n", title)
		for _, k := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(w, "  %-44s %9d\n", k, counts[k])
		}
	}
	table("faults that struck", t.byFault)
	table("premises that arose", t.byPremise)
	violations := 0
	if v := t.worst; v != nil {
		violations = 1
		fmt.Fprintf(w, "\nseed %d broke %v\nits story so far:\n", v.Seed, v.Violation)
		for _, line := range v.Violation.Story {
			fmt.Fprintln(w, "  "+line)
		}
		fmt.Fprintf(w, "replay it with: go run ./lab/simulate -seeds 1 -from %d -story 1000\n\n", v.Seed)
	}
	fmt.Fprintf(w, "%.1f seeds/s, %.1f sales and %.1f faults a seed\n", float64(t.seeds)/took.Seconds(),
		float64(t.sales)/float64(max(1, t.seeds)), float64(t.faults)/float64(max(1, t.seeds)))
	fmt.Fprintf(w, "seeds %d steps %d sales %d faults %d violations %d\n", t.seeds, t.steps, t.sales, t.faults, violations)
}
