package tillcmd

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"till/device/system"
)

func TestIsSystem(t *testing.T) {
	for _, test := range []struct {
		pid  int
		args []string
		want bool
	}{
		{1, []string{"/init"}, true},
		{1, []string{"/init", "splash"}, true}, // the kernel hands on words it does not know
		{1, []string{"/till"}, true},
		{1, []string{"till", "run", "-config", "x"}, false}, // in a container
		{4711, []string{"/init"}, false},
	} {
		if got := IsSystem(test.pid, test.args); got != test.want {
			t.Errorf("pid %d, %q: %v", test.pid, test.args, got)
		}
	}
}

const siteMerchant = `
[merchant]
name = "Harbor Museum Shop"
timezone = "America/Los_Angeles"
currency = "USD"
address = ["12 Pier Street"]
[gateway]
broker = "ssl://gateway.example:8883"
key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
`

func TestConfigureSystem(t *testing.T) {
	machine := system.Machine{Terminal: "till-deadbeef", Data: "/data/till", Watchdog: true}
	for _, test := range []struct {
		name     string
		site     string
		watchdog bool
		want     func(s system.Settings, c Config) bool
		says     string // of the error
	}{
		{"the machine's own id", siteMerchant, true, func(s system.Settings, c Config) bool {
			return s.Hostname == "till-deadbeef" && c.Terminal == "till-deadbeef" && c.Data == "/data/till" && c.Merchant.Address[0] == "12 Pier Street" && c.Watchdog &&
				reflect.DeepEqual(s.Network, system.Network{})
		}, ""},
		{"no watchdog under QEMU", siteMerchant, false, func(_ system.Settings, c Config) bool { return !c.Watchdog }, ""},
		{"named by the site", "terminal = \"till-07\"\ndata = \"/tmp\"" + siteMerchant, true, func(s system.Settings, c Config) bool {
			return s.Hostname == "till-07" && c.Terminal == "till-07" && c.Data == "/data/till" // what is elsewhere is lost
		}, ""},
		{"network", siteMerchant + "[network]\naddress = \"192.168.1.20/24\"\ngateway = \"192.168.1.1\"\ndns = [\"9.9.9.9\"]\nntp = []\nwifi_ssid = \"shop\"\n", true, func(s system.Settings, _ Config) bool {
			return reflect.DeepEqual(s.Network, system.Network{
				Address: netip.MustParsePrefix("192.168.1.20/24"), Gateway: netip.MustParseAddr("192.168.1.1"), DNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
				NTP: []string{}, WiFi: system.WiFi{SSID: "shop"},
			})
		}, ""},
		{"one bad setting", "manager_pin = \"1\"\nterminl = \"x\"" + siteMerchant, true, func(_ system.Settings, c Config) bool { return c.Operators.Plain == "" },
			"line 1: manager_pin"},
		{"a name that is none", "terminal = \"Till 7\"" + siteMerchant, true, func(s system.Settings, _ Config) bool { return s.Hostname == "till-deadbeef" },
			"line 1: terminal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			machine := machine
			machine.Site, machine.Watchdog = []byte(test.site), test.watchdog
			s, err := configureSystem(machine)
			if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want %q", err, test.says)
			}
			file, err := parseFile(s.Config)
			if err != nil {
				t.Fatal(err)
			}
			c, err := file.on("pi3b").config() // auto would look for the board
			if err != nil {
				t.Fatalf("the configuration is none: %v\n%s", err, s.Config)
			}
			if !test.want(s, c) {
				t.Errorf("settings %+v\n%s", s, s.Config)
			}
		})
	}
}

// Settings that cannot be read at all leave what is known of the machine.
func TestConfigureSystemFromRubbish(t *testing.T) {
	s, err := configureSystem(system.Machine{Terminal: "till-1", Data: "/data/till", Watchdog: true, Site: []byte("\xff\x00 = [")})
	if err == nil || !strings.Contains(string(s.Config), "'till-1'") && !strings.Contains(string(s.Config), `"till-1"`) {
		t.Errorf("%v\n%s", err, s.Config)
	}
}

func FuzzConfigureSystem(f *testing.F) {
	f.Add([]byte(siteMerchant))
	f.Add([]byte("a.b = 1\na = 2\n\"x.y\" = 3"))
	f.Fuzz(func(t *testing.T, site []byte) {
		s, _ := configureSystem(system.Machine{Terminal: "till-1", Data: "/data/till", Site: site})
		if s.Hostname == "" || !strings.Contains(string(s.Config), "/data/till") {
			t.Errorf("of %q came %+v\n%s", site, s, s.Config)
		}
	})
}

// The configuration that the Debian package installs is one to enrol by.
func TestPackagedConfiguration(t *testing.T) {
	file, err := loadFile("../../packaging/debian/till.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !file.enrols() {
		t.Error("it names a gateway")
	}
	if _, faults := file.on("pi4b").partial(); len(faults) > 0 {
		t.Error(report(faults))
	}
}
