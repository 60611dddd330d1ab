package tillcmd_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"till/cmd/tillcmd"
	"till/words"
)

var update = flag.Bool("update", false, "write what is said of each bad configuration")

const good = `
terminal = "shop-1"
board = "sim"
data = "/data"
bench = "/run/bench.sock"
test = true
manager_pin = "2580"
merchant.name = "Harbor Museum Shop"
merchant.address = ["12 Pier Street", "San Francisco"]
merchant.timezone = "America/Los_Angeles"
merchant.currency = "USD"
merchant.language = "zh"
gateway = { broker = "ssl://gateway.example:8883", key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=" }
[printer]
profile = "58mm"
`

func TestParseConfig(t *testing.T) {
	c, err := tillcmd.ParseConfig([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if c.Terminal != "shop-1" || c.Board.Name != "sim" || !c.Test || !knows(c, "2580") || c.Merchant.Language != words.Chinese ||
		c.Merchant.Zone.String() != "America/Los_Angeles" || len(c.Merchant.Address) != 2 || c.Printer.Name != "58mm" ||
		c.Gateway.Broker != "ssl://gateway.example:8883" || c.Gateway.Key.String() == "" {
		t.Errorf("read as %+v", c)
	}
}

func TestConfigDefaults(t *testing.T) {
	c, err := tillcmd.ParseConfig([]byte(minimal()))
	if err != nil {
		t.Fatal(err)
	}
	if c.Test || knows(c, "2580") || c.Merchant.Language != words.English || c.Printer.Name != "80mm" {
		t.Errorf("read as %+v", c)
	}
}

// TestLogo holds that a logo may stand in one line or several, as base64 writes it.
func TestLogo(t *testing.T) {
	const logo = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAQAQMAAABNzu8aAAAABlBMVEX///8AAABVwtN+AAAATklEQVR42iTJsQ2CQABG4S8W2ukGuok6CiNQUpA7RmMURqCkIPnJwSu+5uEPHW497gOeY6PgXfGtE6XOjcXZL9l9ks0rWT2SaxwBAAD//ybeFEu36mAbAAAAAElFTkSuQmCC"
	for _, text := range []string{`"` + logo + `"`, "\"\"\"\n" + logo[:76] + "\n" + logo[76:] + "\n\"\"\""} {
		c, err := tillcmd.ParseConfig([]byte("merchant.logo = " + text + minimal()))
		if err != nil || c.Merchant.Logo == nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if c, err := tillcmd.ParseConfig([]byte(minimal())); err != nil || c.Merchant.Logo != nil {
		t.Errorf("without one: %v (%v)", c.Merchant.Logo, err)
	}
}

// minimal is good, without the lines that may be left out.
func minimal() string {
	var kept []string
	for line := range strings.Lines(good) {
		name, _, _ := strings.Cut(line, " =")
		if !slices.Contains([]string{"test", "manager_pin", "merchant.address", "merchant.language", "profile"}, name) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestBadConfigs reads each file of testdata/config and holds what is said of
// it against the .want beside it: every fault at once, each with its line.
func TestBadConfigs(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := tillcmd.LoadConfig(file)
			if err == nil {
				t.Fatal("taken as it is")
			}
			got := err.Error() + "\n"
			golden := strings.TrimSuffix(file, ".toml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("said:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// TestEveryKeyIsChecked gives each key a value of no type that any key takes.
func TestEveryKeyIsChecked(t *testing.T) {
	for _, key := range tillcmd.SettingKeys() {
		_, err := tillcmd.ParseConfig([]byte("\n\n" + key + " = 1.5\n"))
		if err == nil || !strings.Contains(err.Error(), "line 3: "+key+": want ") {
			t.Errorf("%s = 1.5: %v", key, err)
		}
		// One that is left out is missing, or has a default; with no line either way.
		if strings.Contains(err.Error(), key+" is missing") {
			t.Errorf("%s is there, and said to be missing: %v", key, err)
		}
	}
}

func TestConfigSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.toml")
	write := func(size int) error {
		t.Helper()
		text := minimal()
		text += "#" + strings.Repeat("x", size-len(text)-1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := tillcmd.LoadConfig(path)
		return err
	}
	if err := write(256 << 10); err != nil {
		t.Errorf("256 KiB: %v", err)
	}
	if err := write(256<<10 + 1); err == nil || !strings.Contains(err.Error(), "more than 256 KiB") {
		t.Errorf("a byte more: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(good))
	files, err := filepath.Glob("testdata/config/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := tillcmd.ParseConfig(raw)
		again, err2 := tillcmd.ParseConfig(raw)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("said %v, then %v", err, err2)
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("read as %+v, then as %+v", c, again)
		}
		if c.Terminal == "" || c.Board.Name == "" || c.Data == "" || c.Merchant.Name == "" || c.Merchant.Zone == nil || c.Merchant.Currency == "" || c.Gateway.Broker == "" {
			t.Fatalf("taken without what is required: %+v", c)
		}
	})
}

// knows says that a PIN is a manager's.
func knows(c tillcmd.Config, pin string) bool {
	o, ok := c.Operators.Identify(pin)
	return ok && o.Role == "manager"
}
