package arrows

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// module is the import path every package of ours begins with.
const module = "till"

// room is a part of the product that others may import or not, by rule. A
// package below a room's folder belongs to that room, except where the deeper
// folder is a room itself.
type room struct {
	name string
	may  []string // the rooms it may import besides itself; anything: all of them
	why  string   // why it may import no more
}

const anything = "anything"

// shared is what both terminal and gateway, and all parts of each, may speak.
var shared = []string{"payment", "sync/wire", "draw", "words"}

var rooms = []room{
	{"payment", nil,
		"payment is the words every room speaks: an arrow out of it would lead from every room to that one, and bring I/O or a clock with it"},
	{"sync/wire", []string{"payment"},
		"the wire is what terminal and gateway agree on, so it holds nothing that only one of them has"},
	{"sync/wire/mqtt", []string{"payment", "sync/wire"},
		"one connection to a broker, for either end: what is said over it is decided by whoever dials"},
	{"draw", []string{"payment"},
		"draw serves screen and paper alike and must know neither"},
	{"words", []string{"payment"},
		"sentences are data: every room may say them, so they lead to none"},
	{"durable", nil,
		"files that a power cut leaves whole: whoever keeps something uses it, so it leads to none"},
	{"boards", nil,
		"a board is data, pins and addresses, read before anything is wired: a new board is a copy with a small difference"},
	{"display", shared,
		"a screen is a pure function of a view: it is handed what it shows and asks no other room for it"},
	{"printer", shared,
		"a receipt is printed from a document: the printer must work, and be tested, with no sale, store or link there"},
	{"scanner", shared,
		"a scanner gives scans to whoever listens: what they mean is decided elsewhere"},
	{"store", append([]string{"durable"}, shared...),
		"the journal must open and recover with no peripheral and no network there"},
	{"sync", append([]string{"sync/wire/mqtt"}, shared...),
		"the session is stepped by the simulation: it sees the journal through a small interface of its own"},
	{"checkout", []string{"payment", "words"},
		"what a cashier does is a pure state machine that the simulation replays: it declares the small interfaces it needs, and cmd hands it what fits"},
	{"cloud", append([]string{"sync/wire/mqtt", "durable"}, shared...),
		"the gateway runs where no terminal is: the two agree on the wire and its words alone, and each is replaced without the other"},
	{"device", append([]string{"boards", "display", "durable", "printer", "scanner"}, shared...),
		"the body builds peripherals from a board: what a cashier does, what is kept and what is sent must not depend on the body it happens in"},
	{"docs", nil,
		"documentation holds pages, and tests that hold the pages to the code; no program is there"},
	{"packaging", nil,
		"packages are made of files and a built program; no program is there"},
	{"demo", []string{anything}, ""},
	{"lab", []string{anything}, ""},
	{"cmd", []string{anything}, ""},
}

// kept are the rooms that few may import, whatever their own row says.
var kept = []struct {
	room string
	by   []string
	why  string
}{
	{"lab", []string{"cmd"},
		"the lab is what tests need and products do not"},
	{"demo", []string{"cmd", "lab"},
		"the demo is the world around a terminal: a part of the terminal that knows it would behave otherwise on a counter"},
	{"cmd", []string{"demo", "lab"},
		"only cmd knows every concrete type: whoever imports it knows them too"},
	{"sync/wire/mqtt", []string{"sync", "cloud", "demo", "lab", "cmd"},
		"a part that dials the broker itself has a line that the session knows nothing of"},
}

// roomOf is the room the package at import path p belongs to, or "" if it lies in none.
func roomOf(p string) string {
	for p = strings.TrimPrefix(p, module+"/"); p != "."; p = path.Dir(p) {
		if slices.ContainsFunc(rooms, func(r room) bool { return r.name == p }) {
			return p
		}
	}
	return ""
}

func ours(p string) bool { return p == module || strings.HasPrefix(p, module+"/") }

// refuseArrow says why package from may not import package to, both of ours, or is "" if it may.
func refuseArrow(from, to string) string {
	a, b := roomOf(from), roomOf(to)
	switch {
	case a == "" || b == "":
		return "every package lies in a room: put it into one, or add the new room with its arrows and their reason to the table of this test"
	case a == b:
		return ""
	}
	for _, k := range kept {
		if k.room == b && !slices.Contains(k.by, a) {
			return k.why
		}
	}
	r := rooms[slices.IndexFunc(rooms, func(r room) bool { return r.name == a })]
	switch {
	case slices.Contains(r.may, b), slices.Contains(r.may, anything):
		return ""
	case len(r.may) == 0:
		return fmt.Sprintf("%s imports nothing of ours: %s", a, r.why)
	default:
		return fmt.Sprintf("%s imports %s at most: %s", a, strings.Join(r.may, ", "), r.why)
	}
}

// limit is what a program must not hold, however far away it is imported.
type limit struct {
	program string
	never   []string // import paths; with /... at the end all below too
	why     string
}

var limits = []limit{
	{"till/cmd/till", []string{"till/cloud/...", "till/demo/..."},
		"the firmware stays small: it holds no cloud, and no world around itself"},
	{"till/cmd/till", []string{"till/lab/...", "testing/...", "net/http/httptest", "github.com/chromedp/..."},
		"what only tests need has no place in the firmware"},
	{"till/cmd/till", []string{"github.com/nats-io/..."},
		"the firmware stays small: it holds no broker, which alone would add 17 MB, and speaks to any broker through one client"},
	{"till/cmd/till", []string{"database/sql", "github.com/jackc/pgx/...", "github.com/stripe/stripe-go/..."},
		"the firmware stays small: databases and acquirers are the gateway's"},
	{"till/cmd/till", []string{"periph.io/x/host/v3"},
		"this one brings the drivers of every host there is, and probes for them all at start: import the hosts that boards name"},
	{"till/cmd/till-cloud", []string{
		"till/boards/...", "till/checkout/...", "till/device/...", "till/display/...", "till/printer/...", "till/scanner/...", "till/store/..."},
		"the gateway runs where no terminal is"},
	{"till/cmd/till-cloud", []string{"till/demo/...", "till/lab/...", "testing/...", "github.com/chromedp/..."},
		"what only the demo and tests need has no place in the gateway"},
	{"till/cmd/till-demo", []string{"till/lab/...", "testing/...", "github.com/chromedp/..."},
		"what only tests need has no place in a program that people run"},
}

// matches reports whether import path p is pattern, or below it where pattern ends in /... .
func matches(pattern, p string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return p == base || below && strings.HasPrefix(p, base+"/")
}

// refuseName says why a package may not be called by this word, or is "" if it may.
func refuseName(word string) string {
	switch word {
	case "util", "utils", "common", "helper", "helpers", "manager", "managers", "misc":
		return "it names nothing, so everything ends up in it: name it after what it does"
	}
	return ""
}

// refuseImport says why a file may not import p under the local name alias ("" if it gives none), or is "" if it may.
func refuseImport(p, alias string) string {
	switch {
	case p == "till/sync" && alias != "link":
		return `the standard library has a package sync too: import till/sync under one name, link, everywhere`
	case p == "math/rand":
		return "its global source cannot be replayed, and its numbers can be guessed: math/rand/v2 with a seeded source for a simulation, crypto/rand for ids and secrets"
	}
	return ""
}
