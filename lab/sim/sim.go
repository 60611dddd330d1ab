// Package sim is the deterministic simulation: the terminal's real checkout,
// session and store, and the gateway's real logic, in a world of which one seed
// decides everything: customers, wallets, network, printer, clock and power.
//
// One seed is one run, in virtual time, on one goroutine; the same seed always
// gives the same trace. After every step the laws are checked, and at the end
// everything heals and must converge.
package sim

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"till/payment"
)

// Result is what one seed came to.
type Result struct {
	Seed      uint64
	Steps     int
	Sales     int
	Faults    map[string]int // how often each fault struck
	Premises  map[string]int // how often a law had something to hold
	Trace     uint64         // hash of the story
	Violation *Violation     // nil if every law held
}

// Violation is a law that was broken.
type Violation struct {
	Law   string
	What  string
	Step  int
	At    time.Duration // of virtual time
	Story []string      // what happened before, the newest last
}

// Error says which law, and what happened.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s: %s (step %d, %v)", v.Law, v.What, v.Step, v.At)
}

// FaultCount is the sum over all kinds.
func (r Result) FaultCount() int {
	n := 0
	for _, k := range r.Faults {
		n += k
	}
	return n
}

// Options say how to run.
type Options struct {
	Dir   string // where stores live; empty: a tmpfs if there is one
	Story int    // lines kept for a violation; 0: 60
}

// Dir is the fastest place for simulated stores on this machine.
func Dir() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

// begin is when every simulated world starts; the cloud's clock is right.
var begin = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// world is one seed's run.
type world struct {
	seed  uint64
	rng   *rand.Rand
	now   time.Time
	queue eventQueue
	order int // of pushes, so that equal times keep their order
	steps int

	calm bool // the end: no more faults, nobody begins anything

	terminal *terminal
	net      *network
	cloud    *gatewayHost
	bank     *bank
	cashier  *cashier
	other    *other

	lastShown shown                    // whose truth was checked last
	lastZ     uint64                   // the newest Z report
	reports   map[uint64]string        // what each said first
	closed    map[uint64]payment.Shift // of which they were

	faults   map[string]int
	premises map[string]int
	trace    interface {
		Write([]byte) (int, error)
		Sum64() uint64
	}
	story    []string
	keep     int
	violated *Violation
}

type timed struct {
	at    time.Time
	order int
	run   func()
}

type eventQueue []timed

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(timed)) }
func (q *eventQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// after schedules run.
func (w *world) after(d time.Duration, run func()) {
	w.order++
	heap.Push(&w.queue, timed{w.now.Add(max(d, 0)), w.order, run})
}

// chance is true once in n.
func (w *world) chance(n int) bool { return w.rng.IntN(n) == 0 }

// fault is chance, but for the calm at the end, and counted.
func (w *world) fault(kind string, n int) bool {
	if w.calm || !w.chance(n) {
		return false
	}
	w.strike(kind)
	return true
}

func (w *world) strike(kind string) {
	w.faults[kind]++
	w.tell("fault: %s", kind)
}

func (w *world) premise(law string) { w.premises[law]++ }

// between is a random time from a to b.
func (w *world) between(a, b time.Duration) time.Duration {
	return a + time.Duration(w.rng.Int64N(int64(b-a)+1))
}

// tell adds to the story, and to the trace.
func (w *world) tell(format string, args ...any) {
	line := fmt.Sprintf("%10.3f  ", w.now.Sub(begin).Seconds()) + fmt.Sprintf(format, args...)
	_, _ = w.trace.Write([]byte(line)) // hash.Hash never fails
	if len(w.story) == w.keep {
		w.story = append(w.story[:0], w.story[1:]...)
	}
	w.story = append(w.story, line)
}

// violate records the first broken law.
func (w *world) violate(law, format string, args ...any) {
	if w.violated != nil {
		return
	}
	what := fmt.Sprintf(format, args...)
	w.tell("VIOLATION of %s: %s", law, what)
	w.violated = &Violation{
		Law: law, What: what, Step: w.steps, At: w.now.Sub(begin), Story: append([]string(nil), w.story...),
	}
}

// Bounds of one run. Steps stop a world that runs in circles.
const (
	maxSteps   = 60_000
	salesAWeek = 34 // a seed's shop closes after so many sales, give or take
	healFor    = 3 * time.Hour
)

// Run runs one seed to its end, or to the first broken law.
func Run(seed uint64, o Options) (result Result, err error) {
	if o.Dir == "" {
		o.Dir = Dir()
	}
	if o.Story == 0 {
		o.Story = 60
	}
	dir, err := os.MkdirTemp(o.Dir, "till-sim-")
	if err != nil {
		return Result{}, fmt.Errorf("make a folder for the simulated store: %w", err)
	}
	defer func() {
		if rm := os.RemoveAll(dir); err == nil && rm != nil {
			err = fmt.Errorf("remove the simulated store: %w", rm)
		}
	}()
	w := &world{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 0x7111)), now: begin, keep: o.Story,
		reports: map[uint64]string{}, closed: map[uint64]payment.Shift{}, faults: map[string]int{}, premises: map[string]int{}, trace: fnv.New64a(),
	}
	defer func() {
		if p := recover(); p != nil {
			w.violate("no crash", "panic: %v\n%s", p, firstLines(debug.Stack(), 30))
			result = w.result()
		}
	}()
	w.build(filepath.Join(dir, "journal"))
	w.run()
	return w.result(), nil
}

func firstLines(b []byte, n int) string {
	lines := strings.SplitN(string(b), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

func (w *world) result() Result {
	if w.terminal != nil && w.terminal.journal != nil {
		w.terminal.abandon()
	}
	return Result{
		Seed: w.seed, Steps: w.steps, Sales: w.cashier.sales, Faults: w.faults, Premises: w.premises,
		Trace: w.trace.Sum64(), Violation: w.violated,
	}
}

func (w *world) build(dir string) {
	w.bank = newBank(w)
	w.net = &network{w: w, up: true, brokerUp: true}
	w.cashier = &cashier{w: w, target: salesAWeek + w.rng.IntN(5)}
	w.other = &other{w: w}
	w.cloud = newGatewayHost(w)
	w.terminal = newTerminal(w, dir)
	w.cloud.start()
	w.terminal.boot()
	w.cashier.next()
	w.other.next()
	w.weather()
}

// run steps the world until everything has converged.
func (w *world) run() {
	var healed time.Time
	for w.violated == nil {
		if !w.calm && w.cashier.closed() {
			w.calm = true
			healed = w.now
			w.tell("the shop is closed; everything heals")
			w.heal()
		}
		if w.calm && w.steps%8 == 0 && w.converged() {
			w.checkBooks()
			w.checkReconciliation(true)
			return
		}
		if w.calm && w.now.Sub(healed) > healFor {
			w.violate("convergence", "not settled %v after everything healed: %s", healFor, w.unsettled())
			return
		}
		if w.queue.Len() == 0 {
			w.violate("convergence", "nothing is left to happen, and it is not settled: %s", w.unsettled())
			return
		}
		if w.steps++; w.steps > maxSteps {
			w.violate("convergence", "no end after %d steps: %s", maxSteps, w.unsettled())
			return
		}
		next := heap.Pop(&w.queue).(timed)
		w.now = next.at
		next.run()
		w.checkLaws()
		if w.steps%reconcileEvery == 0 {
			w.checkReconciliation(false)
		}
	}
}
