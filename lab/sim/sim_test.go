package sim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"till/lab/sim"
)

// seeds is how many are run twice.
func seeds() uint64 {
	if os.Getenv("TILL_SOAK") != "" {
		return 2000
	}
	return 100
}

// workers bounds the worlds that run at once: each is one goroutine's.
const workers = 2

// TestSeeds runs every seed twice: no law breaks, and the second run has the
// very trace of the first. Over all of them every fault strikes, and every law
// has something to hold.
func TestSeeds(t *testing.T) {
	faults, premises := map[string]int{}, map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	work := make(chan uint64)
	for range workers {
		all.Go(func() {
			for seed := range work {
				first, again := run(t, seed), run(t, seed)
				if first.Trace != again.Trace || first.Steps != again.Steps || first.Sales != again.Sales {
					t.Errorf("seed %d is two stories: %x in %d steps, then %x in %d", seed, first.Trace, first.Steps, again.Trace, again.Steps)
				}
				if first.Sales == 0 {
					t.Errorf("seed %d sold nothing", seed)
				}
				mu.Lock()
				add(faults, first.Faults)
				add(premises, first.Premises)
				mu.Unlock()
			}
		})
	}
	for seed := range seeds() {
		work <- seed + 1
	}
	close(work)
	all.Wait()
	allStruck(t, "fault", sim.FaultKinds(), faults)
	allStruck(t, "premise", sim.PremiseKinds(), premises)
	for _, k := range []string{"shifts: opened with no sale", "shifts: paid in", "shifts: paid out", "shifts: X reports", "law 7: Z reports", "shifts: a Z report's figures"} {
		if premises[k] < int(seeds()/4) {
			t.Errorf("premise %q arose %d times in %d seeds: too rarely to try anything", k, premises[k], seeds())
		}
	}
}

func run(t *testing.T, seed uint64) sim.Result {
	t.Helper()
	r, err := sim.Run(seed, sim.Options{})
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return r
	}
	if r.Violation != nil {
		t.Errorf("seed %d breaks %v\n%s", seed, r.Violation, strings.Join(r.Violation.Story, "\n"))
	}
	return r
}

func add(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}

// allStruck holds counts against the list of kinds, both ways.
func allStruck(t *testing.T, what string, kinds []string, counts map[string]int) {
	t.Helper()
	for _, k := range kinds {
		if counts[k] == 0 {
			t.Errorf("%s %q never arose", what, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if !slices.Contains(kinds, k) {
			t.Errorf("%s %q is not in the list of kinds", what, k)
		}
	}
}

// TestSeedsDiffer holds that the trace tells one story from another.
func TestSeedsDiffer(t *testing.T) {
	traces := map[uint64]uint64{}
	for seed := uint64(1); seed <= 10; seed++ {
		r := run(t, seed)
		if other, there := traces[r.Trace]; there {
			t.Errorf("seeds %d and %d have the same trace", seed, other)
		}
		traces[r.Trace] = seed
	}
}

// TestKindsAreListed reads the simulation's own source: a fault or a premise
// that is in no list would not be missed if it never arose.
func TestKindsAreListed(t *testing.T) {
	listed := map[string][]string{
		"fault": sim.FaultKinds(), "strike": sim.FaultKinds(), "premise": sim.PremiseKinds(),
	}
	named := map[string]bool{}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	visit := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || listed[method.Sel.Name] == nil {
			return true
		}
		if kind, ok := literal(call.Args[0]); ok {
			named[kind] = true
			if !slices.Contains(listed[method.Sel.Name], kind) {
				t.Errorf("%s %q is not in the list of kinds", method.Sel.Name, kind)
			}
		}
		return true
	}
	for _, file := range sources {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, visit)
	}
	if len(named) < 40 {
		t.Errorf("only %d kinds were found in the source", len(named))
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}
