package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/payment"
	"till/store"
)

// Benchmarks run on the disk under TMPDIR, not in memory: the syncs are what is measured.

// BenchmarkCommit is one durable commit of one record, on journals of several lengths.
func BenchmarkCommit(b *testing.B) {
	for _, records := range []int{0, 10_000, 100_000} {
		b.Run(fmt.Sprintf("after=%d", records), func(b *testing.B) {
			j := filled(b, records)
			n := records
			times := make([]time.Duration, 0, b.N)
			before, counted := j.BytesWritten(), wroteByProcess()
			for b.Loop() {
				n++
				begin := time.Now()
				if _, err := j.Append(stamp(n), created(n)); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(begin))
			}
			b.ReportMetric(float64(j.BytesWritten()-before)/float64(b.N), "bytes/commit")
			b.ReportMetric(float64(wroteByProcess()-counted)/float64(b.N), "syscall-bytes/commit")
			reportMedian(b, times)
		})
	}
}

// BenchmarkSale is all durable steps of one sale: three commits.
func BenchmarkSale(b *testing.B) {
	for _, records := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("after=%d", records), func(b *testing.B) {
			j := filled(b, records)
			n := records
			before := j.BytesWritten()
			for b.Loop() {
				n++
				sell(b, j, n)
			}
			b.ReportMetric(float64(j.BytesWritten()-before)/float64(b.N), "bytes/sale")
		})
	}
}

// BenchmarkBareAppend is what a commit is measured against: the bytes of one
// record appended to a growing file, and fdatasync.
func BenchmarkBareAppend(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	record := make([]byte, 250)
	times := make([]time.Duration, 0, b.N)
	for b.Loop() {
		begin := time.Now()
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(begin))
	}
	reportMedian(b, times)
}

// BenchmarkOpen opens a journal of many records.
func BenchmarkOpen(b *testing.B) {
	for _, records := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			dir := b.TempDir()
			fill(b, dir, records)
			for b.Loop() {
				j, err := store.Open(dir, options())
				if err != nil {
					b.Fatal(err)
				}
				if err := j.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead reads records in the portions of an upload.
func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	fill(b, dir, 50_000)
	j := open(b, dir, options())
	next := uint64(1)
	for b.Loop() {
		records, err := j.Read(next, 64, 48<<10)
		if err != nil {
			b.Fatal(err)
		}
		next += uint64(len(records))
		if next > j.Position().Last {
			next = 1
		}
	}
}

func reportMedian(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-us")
}

func filled(b *testing.B, records int) *store.Journal {
	b.Helper()
	dir := b.TempDir()
	fill(b, dir, records)
	j, err := store.Open(dir, options())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	return j
}

// fill journals records of whole sales, many in a commit.
func fill(b *testing.B, dir string, records int) {
	b.Helper()
	j, err := store.Open(dir, options())
	if err != nil {
		b.Fatal(err)
	}
	const sales = 250
	for n := 0; n < records/4; n += sales {
		var events []payment.Event
		for i := n; i < min(n+sales, records/4); i++ {
			receipt := uint64(i + 1)
			events = append(events, created(i), started(i, 1), changed(i, 1, payment.Approved, receipt), printed(i, receipt))
		}
		if _, err := j.Append(stamp(n), events...); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}

// wroteByProcess is what the kernel counts of this process's write calls, in bytes.
func wroteByProcess() int {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var n int
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "wchar: %d", &n); err == nil {
			break
		}
	}
	return n
}
