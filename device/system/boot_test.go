package system_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/device/system"
)

var errFault = errors.New("made to fail")

// What the kernel is asked for, from power to an orderly end.
func TestBootOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.write("/lib/modules/6.12.47-v8/modules.dep", "kernel/brcmfmac.ko: kernel/brcmutil.ko\nkernel/brcmutil.ko:\nkernel/absent.ko:\n")
		m.write("/lib/modules/6.12.47-v8/kernel/brcmfmac.ko", "")
		m.write("/lib/modules/6.12.47-v8/kernel/brcmutil.ko", "")
		stop := m.run()
		time.Sleep(time.Second)
		stop()
		golden(t, "testdata/boot.golden", strings.Join(m.kernel.Calls(), "\n")+"\n")
		if string(m.site.Site) != m.read("/boot/site.toml") || m.site.Terminal != "till-deadbeef" || m.site.Data != "/data/till" || !m.site.Watchdog {
			t.Errorf("Configure was told %+v", m.site)
		}
		facts, err := system.ReadFacts(m.path(system.FactsFile))
		if want := (system.Facts{Version: "1.2.3", Disk: "/dev/mmcblk0", Slot: 2, Data: "/dev/mmcblk0p4"}); err != nil || facts != want {
			t.Errorf("facts %+v, %v, want %+v", facts, err, want)
		}
		for _, want := range []string{"till is the system", "booted", "terminal started"} {
			if !strings.Contains(m.read("/dev/kmsg"), want) {
				t.Errorf("the kernel's log lacks %q", want)
			}
		}
	})
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	got = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`).ReplaceAllString(got, "TIME")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update writes it anew. Got:\n%s", path, got)
	}
}

// Each step fails in turn: without a fatal one the machine is restarted, after
// it was said why, and without any other the terminal is started.
func TestBootStepFails(t *testing.T) {
	for _, test := range []struct {
		fail  string // call of the kernel
		gone  string // file that is missing
		fatal bool
		says  string
	}{
		{fail: "mount devtmpfs", fatal: true, says: "mount the kernel's file systems"},
		{fail: "mount proc", fatal: true, says: "mount /proc"},
		{fail: "mount tmpfs on /run", fatal: true, says: "mount /run"},
		{gone: "/dev/kmsg", says: "open the kernel's log"},
		{gone: "/proc/sys/kernel/printk_devkmsg", says: "going on without"},
		{fail: "mount pstore", says: "mount the crash memory"},
		{gone: "/proc/cmdline", fatal: true, says: "command line"},
		{gone: "/proc/sys/kernel/osrelease", says: "kernel's version"},
		{gone: "/dev/mmcblk0", fatal: true, says: "no card of till's"},
		{gone: "/dev/mmcblk0p4", fatal: true, says: "mmcblk0p4"},
		{gone: "/sys/class/block/mmcblk0/size", says: "grow the data partition"},
		{fail: "mount /dev/mmcblk0p1", says: "mount the first partition"},
		{gone: "/boot/site.toml", says: "no settings of the site"},
		{fail: "partition 4", says: "tell the kernel of the partition's size"},
		{fail: "mount /dev/mmcblk0p4", fatal: true, says: "mount /dev/mmcblk0p4"},
		{fail: "grow", says: "grow from 4096"},
		{fail: "hostname", says: "host name"},
	} {
		t.Run(test.fail+test.gone, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.write("/sys/class/block/mmcblk0p4/size", strconv.Itoa(cardSectors-dataStart))
				if strings.HasPrefix(test.fail, "partition") {
					m.write("/sys/class/block/mmcblk0p4/size", strconv.Itoa(dataCount))
				}
				if test.fail != "" {
					m.kernel.Fail(test.fail, errFault)
				} else {
					m.remove(test.gone)
				}
				began := time.Now()
				stop := m.run()
				time.Sleep(40 * time.Second)
				switch started, ended := m.calls("start"), m.kernel.Ended(); {
				case test.fatal && (len(started) != 0 || !slices.Equal(ended, []system.Ending{system.Restart})):
					t.Errorf("started %q, ended %v; want a restart", started, ended)
				case !test.fatal && (len(started) != 1 || len(ended) != 0):
					t.Errorf("started %q, ended %v; want the terminal", started, ended)
				}
				if log := m.log(); !strings.Contains(log, test.says) {
					t.Errorf("the log does not say %q:\n%s", test.says, log)
				}
				if test.fatal && time.Since(began) < 10*time.Second {
					t.Error("restarted before anybody could read why")
				}
				stop()
			})
		})
	}
}

// A card may be found late, and must be one of till's.
func TestFindCard(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(m *machine)
		want string // Facts.Data, "" for none
		slot int
	}{
		{"late", func(m *machine) {
			sector := m.read("/dev/mmcblk0")
			m.remove("/dev/mmcblk0")
			time.AfterFunc(5*time.Second, func() { m.write("/dev/mmcblk0", sector) })
		}, "/dev/mmcblk0p4", 2},
		{"too late", func(m *machine) {
			sector := m.read("/dev/mmcblk0")
			m.remove("/dev/mmcblk0")
			time.AfterFunc(16*time.Second, func() { m.write("/dev/mmcblk0", sector) })
		}, "", 0},
		{"on a USB disk, beside a stranger's card", func(m *machine) {
			m.write("/dev/sda", m.read("/dev/mmcblk0"))
			m.write("/dev/sda4", m.read("/dev/mmcblk0p4"))
			m.write("/sys/class/block/sda/size", strconv.Itoa(cardSectors))
			m.write("/sys/class/block/sda4/partition", "4")
			m.write("/sys/class/block/sda4/size", strconv.Itoa(dataCount))
			m.write("/dev/mmcblk0", strings.Repeat("\x00", 510)+"\x55\xAA")
		}, "/dev/sda4", 2},
		{"two cards", func(m *machine) {
			m.write("/dev/sda", m.read("/dev/mmcblk0"))
			m.write("/sys/class/block/sda/size", strconv.Itoa(cardSectors))
		}, "/dev/mmcblk0p4", 2},
		{"data elsewhere", func(m *machine) {
			m.write("/proc/cmdline", "till.data=/dev/vda till.slot=3")
			m.write("/dev/vda", string(filesystem(dataCount)))
		}, "/dev/vda", 3},
		{"data in memory", func(m *machine) { m.write("/proc/cmdline", "till.data=none") }, "none", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				test.set(m)
				stop := m.run()
				time.Sleep(30 * time.Second)
				facts, err := system.ReadFacts(m.path(system.FactsFile))
				if (err != nil) != (test.want == "") || facts.Data != test.want || facts.Slot != test.slot {
					t.Errorf("facts %+v, %v; want data %q, slot %d\n%s", facts, err, test.want, test.slot, m.log())
				}
				stop()
			})
		})
	}
}

// Power is cut after each step of growing; the next boot goes on where it was,
// and one more has nothing to do.
func TestGrowInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		boot := func(fail string) []string {
			m.power()
			if fail != "" {
				m.kernel.Fail(fail, errFault) // nothing after it happens to the data
			}
			stop := m.run()
			time.Sleep(time.Second)
			stop()
			return slices.Concat(m.calls("partition"), m.calls("grow"))
		}
		partition := "partition 4 of /dev/mmcblk0 from 25165824 for 41943040"
		grow := "grow /data to 10240"
		// Cut when the table was written, and the kernel not told: it says so again.
		if got := boot("partition"); !slices.Equal(got, []string{partition}) {
			t.Errorf("first boot: %q", got)
		}
		if got, want := m.read("/dev/mmcblk0"), string(card(cardSectors-dataStart)); got != want {
			t.Error("the table's fourth entry does not reach to the card's end, or more than it changed")
		}
		if got := boot("partition"); !slices.Equal(got, []string{partition}) {
			t.Errorf("second boot: %q", got)
		}
		// A new boot reads the new table, so the partition is large; the file system is not.
		m.write("/sys/class/block/mmcblk0p4/size", strconv.Itoa(cardSectors-dataStart))
		if got := boot("grow"); !slices.Equal(got, []string{grow}) {
			t.Errorf("third boot: %q", got)
		}
		if got := boot(""); !slices.Equal(got, []string{grow}) {
			t.Errorf("fourth boot: %q", got)
		}
		m.write("/dev/mmcblk0p4", string(filesystem(cardSectors-dataStart)))
		if got := boot(""); len(got) != 0 {
			t.Errorf("fifth boot, all is grown: %q", got)
		}
	})
}

// The id stays with the data when the card is put into another board.
func TestTerminalIDStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		for _, serial := range []string{"00000000deadbeef\x00", "00000000cafecafe\x00"} {
			m.power()
			m.write("/proc/device-tree/serial-number", serial)
			stop := m.run()
			time.Sleep(time.Second)
			stop()
			if m.site.Terminal != "till-deadbeef" {
				t.Errorf("terminal %q on board %q", m.site.Terminal, serial)
			}
		}
	})
}
