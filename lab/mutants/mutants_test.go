package mutants

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"till/lab/sim"
)

var update = flag.Bool("update", false, "hunt every mutant anew, and write down the seeds that catch it")

// The record of the last hunt, and the page that tells of it.
const (
	recordFile = "testdata/recorded.json"
	page       = "docs/reliability.md"
	pageBegins = "<!-- the table of the mutants, written by: go test ./lab/mutants -run Hunt -update -->\n"
	pageEnds   = "<!-- the table ends -->\n"
)

// enough is how many seeds a bug may take to be caught.
const enough = 3000

// caught is how a mutant ended.
type caught struct {
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"` // of the processor, for all seeds up to this one
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func recorded(t *testing.T) map[string]caught {
	t.Helper()
	var all map[string]caught
	if err := json.Unmarshal([]byte(read(t, recordFile)), &all); err != nil {
		t.Fatalf("%s: %v", recordFile, err)
	}
	return all
}

// TestTable holds the table to the code and to the record, without compiling anything.
func TestTable(t *testing.T) {
	seeds := recorded(t)
	names := map[string]bool{}
	for _, m := range All() {
		files, err := m.apply(root(t))
		if err != nil {
			t.Error(err)
		}
		if len(files) == 0 || names[m.Name] || m.Bug == "" || m.Law == "" {
			t.Errorf("mutant %q changes nothing, has another's name, or lacks its bug or law", m.Name)
		}
		if seeds[m.Name].Seed == 0 {
			t.Errorf("mutant %s was never hunted: go test ./lab/mutants -run Hunt -update", m.Name)
		}
		names[m.Name] = true
	}
	for name := range seeds {
		if !names[name] {
			t.Errorf("%s speaks of %s, which is no mutant", recordFile, name)
		}
	}
	if text := read(t, filepath.Join(root(t), page)); !*update && !strings.Contains(text, pageBegins+rows(seeds)+pageEnds) {
		t.Errorf("%s does not tell what %s does: go test ./lab/mutants -run Hunt -update", page, recordFile)
	}
}

// TestCaught compiles every mutant and runs the seed that caught it: its law
// breaks. Without the bug it holds. A change of the product may give a seed
// another story; then the bug has to be caught by one of those that follow.
func TestCaught(t *testing.T) {
	if *update {
		t.Skip("the hunt does it")
	}
	seeds := recorded(t)
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			program := compile(t, m)
			seed := hunt(t, program, m, max(1, seeds[m.Name].Seed)).Seed
			if seed != seeds[m.Name].Seed {
				t.Logf("caught by seed %d, no longer by %d: go test ./lab/mutants -run Hunt -update", seed, seeds[m.Name].Seed)
			}
			sound, err := sim.Run(seed, sim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if sound.Violation != nil {
				t.Errorf("seed %d breaks a law without the bug: %v", seed, sound.Violation)
			}
		})
	}
}

func compile(t *testing.T, m Mutant) (program string) {
	t.Helper()
	program, err := m.build(t.Context(), root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// hunt is the first seed of from and those that follow that breaks the mutant's law.
func hunt(t *testing.T, program string, m Mutant, from uint64) caught {
	t.Helper()
	var took time.Duration
	others := map[string]int{}
	for end := from + enough; from < end; {
		r, cpu, err := run(context.WithoutCancel(t.Context()), program, from, end-from)
		if err != nil {
			t.Fatal(err)
		}
		took += cpu
		if v := r.Violation; v != nil && v.Law == m.Law {
			t.Log(v)
			return caught{Seed: r.Seed, Seconds: took.Seconds()}
		} else if v != nil {
			others[v.Law]++
		}
		from = r.Seed + 1
	}
	t.Fatalf("%s, and %d seeds never broke %s; other laws: %v", m.Bug, enough, m.Law, others)
	return caught{}
}

// TestHunt finds the first seed from 1 on that catches each mutant, and prints
// the table; with -update it writes it down.
func TestHunt(t *testing.T) {
	if os.Getenv("TILL_SOAK") == "" && !*update {
		t.Skip("takes minutes; TILL_SOAK=1 or -update runs it")
	}
	found := map[string]caught{}
	var mu sync.Mutex
	ok := t.Run("mutants", func(t *testing.T) {
		for _, m := range All() {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				c := hunt(t, compile(t, m), m, 1)
				mu.Lock()
				defer mu.Unlock()
				found[m.Name] = c
			})
		}
	})
	fmt.Print(rows(found))
	if *update && ok {
		write(t, found)
	}
}

// rows is the table as the page shows it.
func rows(found map[string]caught) string {
	var b strings.Builder
	b.WriteString("| mutant | the bug | caught by | at seed | CPU seconds |\n|---|---|---|--:|--:|\n")
	for _, m := range All() {
		c, ok := found[m.Name]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %.1f |\n", m.Name, m.Bug, m.Law, c.Seed, c.Seconds)
	}
	return b.String()
}

func write(t *testing.T, found map[string]caught) {
	t.Helper()
	for name, c := range found {
		c.Seconds = float64(int(c.Seconds*10+0.5)) / 10
		found[name] = c
	}
	raw, err := json.MarshalIndent(found, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordFile, append(raw, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root(t), page)
	text := read(t, file)
	before, rest, begins := strings.Cut(text, pageBegins)
	_, after, ends := strings.Cut(rest, pageEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table, between %q and %q", page, pageBegins, pageEnds)
	}
	if err := os.WriteFile(file, []byte(before+pageBegins+rows(found)+pageEnds+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
