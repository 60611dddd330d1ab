package arrows

import (
	"slices"
	"strings"
	"testing"
)

// root is where the module lies, seen from this folder.
const root = "../.."

func TestArrows(t *testing.T) {
	g, names, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 2 {
		t.Fatalf("go list found %d packages of ours, so this test would hold nothing", len(names))
	}

	for from, name := range names {
		if why := refuseArrow(from, from); why != "" {
			t.Errorf("%s: %s", from, why)
		}
		for _, word := range slices.Compact(append(strings.Split(from, "/"), name)) {
			if why := refuseName(word); why != "" {
				t.Errorf("%s: no package is called %s: %s", from, word, why)
			}
		}
		for _, to := range g[from] {
			if !ours(to) {
				continue
			}
			if why := refuseArrow(from, to); why != "" {
				t.Errorf("%s imports %s, and must not.\n\t%s", from, to, why)
			}
		}
	}

	missing := map[string]bool{}
	for _, l := range limits {
		if _, ok := g[l.program]; !ok {
			missing[l.program] = true
			continue
		}
		for _, pattern := range l.never {
			if way := g.chain(l.program, pattern); way != nil {
				t.Errorf("%s must not hold %s.\n\t%s\n\tit comes by %s", l.program, way[len(way)-1], l.why, strings.Join(way, " -> "))
			}
		}
	}
	for program := range missing {
		t.Errorf("%s is not there, so nothing can be said of what it holds", program)
	}
}

func TestImportLines(t *testing.T) {
	lines, err := imports(root)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(lines, func(i imported) bool { return i.file == "lab/arrows/arrows_test.go" }) {
		t.Fatalf("of %d import lines read none is this file's, so this test would hold nothing", len(lines))
	}
	for _, line := range lines {
		if why := refuseImport(line.path, line.alias); why != "" {
			t.Errorf("%s imports %s, and must not.\n\t%s", line.file, line, why)
		}
	}
}

// The rules are held against arrows made up for it, so that a rule that has come to allow everything is seen.
func TestRulesRefuse(t *testing.T) {
	refused := [][2]string{
		{"till/payment", "till/words"},
		{"till/payment/emv", "till/sync/wire"},
		{"till/sync/wire", "till/sync"},
		{"till/sync/wire", "till/words"},
		{"till/sync/wire", "till/sync/wire/mqtt"},
		{"till/sync/wire/mqtt", "till/sync"},
		{"till/store", "till/sync/wire/mqtt"},
		{"till/draw", "till/words"},
		{"till/words", "till/draw"},
		{"till/boards", "till/payment"},
		{"till/display", "till/printer"},
		{"till/display", "till/checkout"},
		{"till/printer/escpos", "till/display"},
		{"till/scanner", "till/device"},
		{"till/store", "till/sync"},
		{"till/sync", "till/store"},
		{"till/sync", "till/cloud"},
		{"till/checkout", "till/store"},
		{"till/checkout", "till/draw"},
		{"till/checkout", "till/sync/wire"},
		{"till/cloud", "till/sync"},
		{"till/cloud/ledger", "till/store"},
		{"till/device", "till/checkout"},
		{"till/device", "till/store"},
		{"till/device", "till/sync"},
		{"till/device", "till/demo"},
		{"till/store", "till/lab/fault"},
		{"till/demo", "till/lab"},
		{"till/device", "till/cmd/tillcmd"},
		{"till/docs", "till/cloud"},
		{"till/payments", "till/payment"},
		{"till/store", "till/internal/x"},
		{"till", "till/payment"},
	}
	for _, a := range refused {
		if refuseArrow(a[0], a[1]) == "" {
			t.Errorf("%s may import %s, says the rule, and must not", a[0], a[1])
		}
	}
	allowed := [][2]string{
		{"till/sync", "till/sync/wire"},
		{"till/sync", "till/sync/wire/mqtt"},
		{"till/cloud/fleet", "till/sync/wire/mqtt"},
		{"till/store", "till/sync/wire"},
		{"till/display/panel", "till/display"},
		{"till/printer", "till/draw"},
		{"till/checkout", "till/words"},
		{"till/cloud/acquirer", "till/payment"},
		{"till/device", "till/boards"},
		{"till/device", "till/scanner"},
		{"till/demo/page", "till/cloud"},
		{"till/lab/simulation", "till/demo"},
		{"till/cmd/till-demo", "till/cmd/tillcmd"},
		{"till/cmd/till-demo", "till/demo"},
	}
	for _, a := range allowed {
		if why := refuseArrow(a[0], a[1]); why != "" {
			t.Errorf("%s may import %s, and the rule refuses it: %s", a[0], a[1], why)
		}
	}

	for _, r := range rooms {
		if !slices.Contains(r.may, anything) && r.why == "" {
			t.Errorf("room %s has no reason", r.name)
		}
		for _, may := range r.may {
			if may != anything && roomOf(module+"/"+may) != may {
				t.Errorf("room %s may import %s, which is no room", r.name, may)
			}
		}
	}

	for _, word := range []string{"util", "common", "helpers", "manager"} {
		if refuseName(word) == "" {
			t.Errorf("a package may be called %s, says the rule, and must not", word)
		}
	}
	for _, line := range []imported{{path: "till/sync"}, {path: "till/sync", alias: "tsync"}, {path: "till/sync", alias: "."}, {path: "math/rand"}} {
		if refuseImport(line.path, line.alias) == "" {
			t.Errorf("a file may import %s, says the rule, and must not", line)
		}
	}
	for _, line := range []imported{{path: "till/sync", alias: "link"}, {path: "till/sync/wire"}, {path: "sync"}, {path: "math/rand/v2"}} {
		if why := refuseImport(line.path, line.alias); why != "" {
			t.Errorf("a file may import %s, and the rule refuses it: %s", line, why)
		}
	}
}

func TestChain(t *testing.T) {
	g := graph{
		"till/cmd/till":      {"fmt", "till/device", "till/store"},
		"till/device":        {"periph.io/x/host/v3/sysfs", "example.com/driver"},
		"till/store":         {"till/device"},
		"example.com/driver": {"till/store", "github.com/nats-io/nats-server/v2/server"},
	}
	for _, c := range []struct {
		pattern, want string
	}{
		{"github.com/nats-io/...", "till/cmd/till till/device example.com/driver github.com/nats-io/nats-server/v2/server"},
		{"github.com/nats-io", ""},
		{"periph.io/x/host/v3", ""},
		{"periph.io/x/host/v3/...", "till/cmd/till till/device periph.io/x/host/v3/sysfs"},
		{"till/cmd/till/...", ""},
		{"fmt/...", "till/cmd/till fmt"},
		{"till/st/...", ""},
	} {
		if got := strings.Join(g.chain("till/cmd/till", c.pattern), " "); got != c.want {
			t.Errorf("the way to %s is %q, want %q", c.pattern, got, c.want)
		}
	}
}
