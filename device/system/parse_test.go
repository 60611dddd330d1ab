package system_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"till/device/system"
)

func TestParseCommandLine(t *testing.T) {
	plain := system.Parameters{Watchdog: true, Network: true}
	for line, want := range map[string]system.Parameters{
		"":                                      plain,
		"console=tty1 rdinit=/init panic=10\n":  plain,
		"till.watchdog=off":                     {Network: true},
		"quiet till.slot=3 till.tryboot=1 ro":   {Watchdog: true, Network: true, Slot: 3, Tryboot: true},
		"till.data=/dev/vda1 till.network=off":  {Watchdog: true, Data: "/dev/vda1"},
		"till.data=none":                        {Watchdog: true, Network: true, Data: "none"},
		"till.watchdog=off till.watchdog=on":    plain, // the last one counts
		"watchdog.open_timeout=60 stillborn=no": plain,
	} {
		if got, err := system.ParseCommandLine(line); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", line, got, err, want)
		}
	}
	for _, line := range []string{"till.slot=1", "till.slot=4", "till.slot", "till.data=sda", "till.watchdog=maybe", "till.colour=red", "till.data=/dev/" + strings.Repeat("x", 300)} {
		if got, err := system.ParseCommandLine(line + " till.network=off"); err == nil || got.Network {
			t.Errorf("%q: %+v, %v: want an error, and what is good taken", line, got, err)
		}
	}
}

func FuzzParseCommandLine(f *testing.F) {
	f.Add("console=tty1 till.slot=2 till.data=/dev/vda till.watchdog=off")
	f.Fuzz(func(t *testing.T, line string) {
		p, _ := system.ParseCommandLine(line)
		if p.Slot != 0 && p.Slot != 2 && p.Slot != 3 {
			t.Errorf("slot %d", p.Slot)
		}
		if p.Data != "" && p.Data != system.DataNone && !strings.HasPrefix(p.Data, "/dev/") {
			t.Errorf("data %q", p.Data)
		}
	})
}

func TestParseTable(t *testing.T) {
	if _, err := system.ParseTable(card(dataCount)); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"short":      func(s []byte) []byte { return s[:511] },
		"no mark":    func(s []byte) []byte { s[510] = 0; return s },
		"overlap":    func(s []byte) []byte { binary.LittleEndian.PutUint32(s[446+16+8:], 8193); return s },
		"at 0":       func(s []byte) []byte { binary.LittleEndian.PutUint32(s[446+8:], 0); return s },
		"no sectors": func(s []byte) []byte { binary.LittleEndian.PutUint32(s[446+48+12:], 0); return s },
	} {
		if table, err := system.ParseTable(spoil(card(dataCount))); err == nil {
			t.Errorf("%s: %v is taken", name, table)
		}
	}
}

// Grow changes four bytes of the table at most, makes the data partition no
// smaller, and never reaches over the disk's end.
func checkGrow(t *testing.T, sector []byte, sectors int64) {
	before, err := system.ParseTable(sector)
	grown, change, growErr := system.Grow(sector, sectors)
	if (err != nil) != (growErr != nil) {
		t.Fatalf("ParseTable: %v, Grow: %v", err, growErr)
	}
	if err != nil {
		return
	}
	after, err := system.ParseTable(grown)
	if err != nil {
		t.Fatalf("the grown table: %v", err)
	}
	if !change {
		if !bytes.Equal(sector, grown) {
			t.Error("no change, and another sector")
		}
		return
	}
	if after[3].Count <= before[3].Count || after[3].End() > sectors {
		t.Errorf("grown from %+v to %+v on a disk of %d", before[3], after[3], sectors)
	}
	copy(grown[446+48+12:446+64], sector[446+48+12:])
	if !bytes.Equal(sector, grown) {
		t.Error("more than the fourth entry's count was changed")
	}
}

func FuzzTable(f *testing.F) {
	f.Add(card(dataCount), int64(cardSectors))
	f.Add(card(dataCount), int64(1)<<40)
	f.Add(card(dataCount), int64(5))
	f.Fuzz(func(t *testing.T, sector []byte, sectors int64) { checkGrow(t, sector, sectors) })
}

func TestGrowTable(t *testing.T) {
	for _, sectors := range []int64{0, dataStart, dataStart + dataCount, dataStart + dataCount + 1, cardSectors, 1 << 32, 1 << 40} {
		checkGrow(t, card(dataCount), sectors)
	}
	grown, change, err := system.Grow(card(dataCount), 1<<40)
	if err != nil || !change {
		t.Fatalf("a disk of 512 TiB: %v, %v", change, err)
	}
	table, err := system.ParseTable(grown)
	if err != nil {
		t.Fatal(err)
	}
	if least := int64(1)<<32 - 1<<12; table[3].Count < least {
		t.Errorf("on a disk of 512 TiB it has %d sectors, want what an entry can count", table[3].Count)
	}
}

func FuzzParseDependencies(f *testing.F) {
	f.Add([]byte("kernel/a.ko: kernel/b.ko kernel/c.ko\nkernel/c.ko:\nkernel/b.ko: kernel/c.ko\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all := system.ParseDependencies(raw)
		for _, module := range system.LoadOrder(all, func(string) bool { return true }) {
			if !filepath.IsLocal(module) || !strings.HasSuffix(module, ".ko") {
				t.Errorf("it would load %q", module)
			}
		}
	})
}

func TestLoadOrder(t *testing.T) {
	all := system.ParseDependencies([]byte("a.ko: b.ko c.ko\nb.ko: c.ko\nc.ko:\nd.ko: c.ko\n../e.ko:\nf\n"))
	got := system.LoadOrder(all, func(m string) bool { return m != "d.ko" })
	if want := []string{"c.ko", "b.ko", "a.ko"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

func FuzzFormatResolv(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, "shop.example")
	f.Add([]byte{}, "shop\nnameserver 6.6.6.6")
	f.Fuzz(func(t *testing.T, raw []byte, domain string) {
		var dns []netip.Addr
		for a := range slices.Chunk(raw, 4) {
			if len(a) == 4 {
				dns = append(dns, netip.AddrFrom4([4]byte(a)))
			}
		}
		lines := strings.Split(strings.TrimSuffix(string(system.FormatResolv(dns, domain)), "\n"), "\n")
		servers := 0
		for i, l := range lines {
			word, rest, _ := strings.Cut(l, " ")
			switch {
			case word == "search" && i == 0 && rest == domain:
			case word == "nameserver" && servers < 3 && slices.ContainsFunc(dns, func(a netip.Addr) bool { return a.String() == rest }):
				servers++
			case word == "options" && i == len(lines)-1:
			default:
				t.Errorf("line %q of %q", l, lines)
			}
		}
	})
}

// ack is a server's acknowledgement, with options as said.
func ack(t testing.TB, address string, options ...dhcpv4.Option) *dhcpv4.DHCPv4 {
	p, err := dhcpv4.New(dhcpv4.WithMessageType(dhcpv4.MessageTypeAck), dhcpv4.WithYourIP(net.ParseIP(address)))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range options {
		p.UpdateOption(o)
	}
	return p
}

func TestLeaseOf(t *testing.T) {
	full := ack(t, "10.0.2.15",
		dhcpv4.OptSubnetMask(net.CIDRMask(24, 32)), dhcpv4.OptRouter(net.IPv4(10, 0, 2, 2)), dhcpv4.OptDNS(net.IPv4(10, 0, 2, 3), net.IPv4zero),
		dhcpv4.OptNTPServers(net.IPv4(10, 0, 2, 4)), dhcpv4.OptDomainName("shop.example"), dhcpv4.OptIPAddressLeaseTime(time.Hour))
	got, err := system.LeaseOf(full)
	if want := lease("10.0.2.15/24", time.Hour); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	bare, err := system.LeaseOf(ack(t, "192.168.1.7", dhcpv4.OptIPAddressLeaseTime(time.Second), dhcpv4.OptDomainName("a b")))
	if err != nil || bare.Address.String() != "192.168.1.7/24" || bare.For < 2*time.Minute || bare.Gateway.IsValid() || bare.Domain != "" {
		t.Errorf("an answer with nothing in it: %+v, %v", bare, err)
	}
	for _, address := range []string{"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"} {
		if got, err := system.LeaseOf(ack(t, address)); err == nil {
			t.Errorf("address %s is taken: %v", address, got)
		}
	}
}

func FuzzLeaseOf(f *testing.F) {
	f.Add(ack(f, "10.0.2.15", dhcpv4.OptSubnetMask(net.CIDRMask(24, 32)), dhcpv4.OptDNS(net.IPv4(1, 1, 1, 1))).ToBytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := dhcpv4.FromBytes(raw)
		if err != nil {
			return
		}
		l, err := system.LeaseOf(p)
		if err != nil {
			return
		}
		if !l.Address.IsValid() || l.For <= 0 || len(l.DNS) > 8 || len(l.NTP) > 8 || l.Gateway.IsValid() && l.Gateway == l.Address.Addr() {
			t.Errorf("lease %+v", l)
		}
	})
}

func TestRing(t *testing.T) {
	ring := system.NewRing(1000)
	source := ring.Source("till", system.Whole)
	for n := range 100 {
		fmt.Fprintf(source, "line %d, ", n)
		fmt.Fprintf(source, "its end\nand more ")
	}
	fmt.Fprint(source, strings.Repeat("x", 3000))
	var b bytes.Buffer
	if _, err := ring.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1000 || strings.Contains(b.String(), "line 1,") || !strings.Contains(b.String(), "xxx") {
		t.Errorf("a ring of 1000 bytes holds %d: %q", b.Len(), b.String())
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 1000 || !strings.HasSuffix(line, "\n") || !strings.Contains(line, " till: ") {
			t.Errorf("line %q", line)
		}
	}
	if tail := source.Tail(); !bytes.HasSuffix(tail, []byte("xxx")) || !bytes.Contains(tail, []byte("line 99, its end\n")) {
		t.Errorf("tail %q", tail)
	}
}

// A terminal that talks without end does not drown the kernel's log.
func TestRingCopiesNotWithoutEnd(t *testing.T) {
	ring := system.NewRing(system.DefaultRing)
	var kernel bytes.Buffer
	ring.CopyTo(&kernel)
	for range 100_000 {
		fmt.Fprintln(ring.Source("till", system.Whole), "again")
	}
	if n := strings.Count(kernel.String(), "again"); n == 0 || n > 1000 {
		t.Errorf("%d lines were copied", n)
	}
	kernel.Reset()
	worse := system.NewRing(system.DefaultRing)
	worse.CopyTo(&kernel)
	fmt.Fprintln(worse.Source("till", system.Whole), "panic: no luck\nlevel=WARN msg=hot\nlevel=ERROR msg=\"no paper\"")
	for _, want := range []string{"<11>till till: panic: no luck", "<12>till till: level=WARN", "<11>till till: level=ERROR"} {
		if !strings.Contains(kernel.String(), want) {
			t.Errorf("the kernel's log lacks %q: %q", want, kernel.String())
		}
	}
}

// What was said before the kernel's log was open is copied too.
func TestRingCopiesWhatWasSaid(t *testing.T) {
	ring := system.NewRing(system.DefaultRing)
	var kernel bytes.Buffer
	fmt.Fprintln(ring.Source("system", system.Whole), "early")
	ring.CopyTo(&kernel)
	if !strings.HasPrefix(kernel.String(), "<14>till system: early") {
		t.Errorf("the kernel's log begins %.60q", kernel.String())
	}
}
