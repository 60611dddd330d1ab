package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// Report is what a run came to.
type Report struct {
	Options    Options
	LoadBefore string        // load average of the machine
	Connected  time.Duration // until the last terminal was on line
	Took       time.Duration // of selling
	Drained    time.Duration // from the end of selling until the ledger had all
	Books      time.Duration // to read the books
	Sold       int64         // paid within Took
	SoldBefore int64         // and before the gateway was killed
	Refused    int64
	Records    int // of all journals
	Sales      int
	Charges    int
	LedgerSize int64 // bytes
	Process    Process

	Paid, Shown, Acked Spread
}

// Spread is how long something took, over all terminals.
type Spread struct {
	Count    int
	P50, P99 time.Duration
	Max      time.Duration
}

func spread(all []time.Duration) Spread {
	return Spread{Count: len(all), P50: percentile(all, 0.5), P99: percentile(all, 0.99), Max: percentile(all, 1)}
}

func (s Spread) String() string {
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	return fmt.Sprintf("p50 %7.1f ms   p99 %7.1f ms   max %7.1f ms   of %d", ms(s.P50), ms(s.P99), ms(s.Max), s.Count)
}

func (r *Report) count(terminals []*terminal) {
	var paid, shown, acked []time.Duration
	for _, t := range terminals {
		paid, shown = append(paid, t.paid...), append(shown, t.shown...)
		t.journal.mu.Lock()
		acked = append(acked, t.journal.latency...)
		t.journal.mu.Unlock()
	}
	r.Paid, r.Shown, r.Acked = spread(paid), spread(shown), spread(acked)
}

// Process is what gateway and broker, which are one process, took of the machine.
type Process struct {
	RSS  int64   // bytes, the most that was seen
	CPU  float64 // processors, mean
	Mine float64 // processors that the terminals took, mean
}

func (r Report) write(w io.Writer) error {
	o := r.Options
	killed := ""
	if o.Kill {
		killed = fmt.Sprintf(", gateway and broker killed halfway (%d sales before)", r.SoldBefore)
	}
	text := fmt.Sprintf(`%d terminals, %v of selling, each a sale every %v on average%s
load average of the machine before: %s
all on line after  %8.1f s
sales paid         %8.1f /s   %d, %d refused
scan to approved   %v
question to QR     %v
commit to ledger   %v
gateway + broker   %8.0f MB RSS, %.2f of %d processors; the terminals %.2f
drained after      %8.1f s
books              %d records, %d sales, %d charges, ledger of %.1f MB, read in %.2f s
`,
		o.Terminals, o.For, o.Every, killed, r.LoadBefore, r.Connected.Seconds(),
		float64(r.Sold)/r.Took.Seconds(), r.Sold, r.Refused, r.Paid, r.Shown, r.Acked,
		float64(r.Process.RSS)/1e6, r.Process.CPU, processors(), r.Process.Mine,
		r.Drained.Seconds(), r.Records, r.Sales, r.Charges, float64(r.LedgerSize)/1e6, r.Books.Seconds())
	_, err := io.WriteString(w, text)
	return err
}

func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(raw))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// watchProcess looks at a process, which may be another one each time, until the
// function that it returns is called.
func watchProcess(ctx context.Context, pid func() int) func() Process {
	ctx, stop := context.WithCancel(ctx)
	result := make(chan Process, 1)
	go func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		begun, mine := time.Now(), processTime(os.Getpid())
		var p Process
		var used, last float64
		first, now := pid(), 0
		last = processTime(first)
		for {
			if id := pid(); id != 0 {
				if id != first {
					first, last = id, 0
				}
				now = id
				p.RSS = max(p.RSS, residentSize(now))
				if t := processTime(now); t > last {
					used, last = used+t-last, t
				}
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				wall := time.Since(begun).Seconds()
				p.CPU, p.Mine = used/wall, (processTime(os.Getpid())-mine)/wall
				result <- p
				return
			}
		}
	}()
	return func() Process {
		stop()
		return <-result
	}
}

// residentSize is a process's memory, in bytes; 0 if it is gone. /proc/PID/statm,
// proc(5): pages, the second of them the resident ones.
func residentSize(pid int) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// ticks a second of /proc/PID/stat, on every Linux that Go runs on.
const ticks = 100

// processTime is the processor time of a process, in seconds. /proc/PID/stat,
// proc(5): after the name in brackets, fields 14 and 15 are user and system time.
func processTime(pid int) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	var sum float64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0
		}
		sum += n / ticks
	}
	return sum
}
