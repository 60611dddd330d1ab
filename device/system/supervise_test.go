package system_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/device/system"
)

// crashes has the terminal end so, after so long, each time.
func (m *machine) crashes(after time.Duration, e system.Exit, words string) {
	m.kernel.Started = func(pid int, p system.Process) {
		select {
		case <-time.After(after):
		case <-m.off:
			return
		}
		fmt.Fprint(p.Output, words)
		e.PID = pid
		m.kernel.Finish(e)
	}
}

func (m *machine) reports() []string {
	entries, err := os.ReadDir(m.path("/data/system/crash"))
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestTerminalIsStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.crashes(100*time.Millisecond, system.Exit{Status: 2}, "panic: no luck with 134512345678901234\n\ngoroutine 1 [running]:\n")
		stop := m.run()
		defer stop()
		time.Sleep(20 * time.Second)
		// At 0.1, then after 0.5, 1, 2, 4, 8 s.
		if n := len(m.calls("start")); n != 6 {
			t.Errorf("started %d times in 20 s, want 6", n)
		}
		reports := m.reports()
		if len(reports) != 6 {
			t.Fatalf("reports %q, want 6", reports)
		}
		if text := m.read("/data/system/crash/" + reports[0]); !strings.Contains(text, "status 2") || !strings.Contains(text, "panic: no luck") || !strings.Contains(text, "till 1.2.3, slot 2") {
			t.Errorf("report %q", text)
		}
		if log := m.log() + m.read("/dev/kmsg") + m.read("/data/system/crash/"+reports[0]); strings.Contains(log, "134512345678901234") {
			t.Error("a customer's code was kept")
		}
		if log := m.log(); !strings.Contains(log, "till: panic: no luck") {
			t.Errorf("the log lacks the panic:\n%s", log)
		}
	})
}

// A terminal that does not stay up is helped by a reboot if by anything; a trial
// is over sooner.
func TestKeepsEnding(t *testing.T) {
	for cmdline, want := range map[string]int{"": 12, "till.tryboot=1": 4} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(t)
			m.write("/proc/cmdline", cmdline)
			m.crashes(time.Second, system.Exit{Status: -1, Signal: "SIGSEGV"}, "")
			stop := m.run()
			time.Sleep(5 * time.Minute)
			stop()
			if n := len(m.calls("start")); n != want || !slices.Equal(m.kernel.Ended(), []system.Ending{system.Restart}) {
				t.Errorf("%q: started %d times, ended %v; want %d and a restart", cmdline, n, m.kernel.Ended(), want)
			}
		})
	}
}

// One that ends now and then is started for ever, and only the newest reports stay.
func TestEndsNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.crashes(2*time.Minute, system.Exit{Status: 1}, "")
		stop := m.run()
		time.Sleep(61 * time.Minute)
		if n := len(m.calls("start")); n != 31 || len(m.kernel.Ended()) != 0 {
			t.Errorf("started %d times, ended %v; want 31 and no end", n, m.kernel.Ended())
		}
		if r := m.reports(); len(r) != 20 || r[0] != "000011-till.txt" || r[19] != "000030-till.txt" {
			t.Errorf("reports %q, want the newest 20", r)
		}
		stop()
	})
}

func TestOrderlyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		stop := m.run()
		time.Sleep(time.Minute)
		stop()
		calls := m.kernel.Calls()
		tail := calls[slices.Index(calls, "signal 100 TERM"):]
		if want := []string{"signal 100 TERM", "sync", "unmount /data", "sync", "end restart"}; !slices.Equal(tail, want) {
			t.Errorf("the end: %q, want %q", tail, want)
		}
		if r := m.reports(); len(r) != 0 {
			t.Errorf("an orderly end left reports: %q", r)
		}
	})
}

func TestTerminalThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.kernel.Signalled = func(pid int, s system.Signal) {
			if s == system.Kill {
				m.kernel.Finish(system.Exit{PID: pid, Status: -1, Signal: "SIGKILL"})
			}
		}
		m.kernel.Fail("unmount /data", errFault)
		stop := m.run()
		time.Sleep(time.Minute)
		began := time.Now()
		stop()
		calls := m.kernel.Calls()
		tail := calls[slices.Index(calls, "signal 100 TERM"):]
		if want := []string{"signal 100 TERM", "signal 100 KILL", "sync", "unmount /data", "remount read-only /data", "sync", "end restart"}; !slices.Equal(tail, want) {
			t.Errorf("the end: %q, want %q", tail, want)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("the end took %v", took)
		}
	})
}

func TestTerminalCannotBeStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.kernel.Fail("start", errFault)
		stop := m.run()
		time.Sleep(10 * time.Second)
		m.kernel.Fail("start", nil)
		time.Sleep(10 * time.Second)
		if len(m.kernel.Running()) != 1 {
			t.Error("the terminal does not run, though it can")
		}
		stop()
	})
}

func TestOrphansAreReaped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		stop := m.run()
		time.Sleep(time.Second)
		m.kernel.Finish(system.Exit{PID: 4711})
		time.Sleep(time.Second)
		if n := len(m.calls("start")); n != 1 {
			t.Errorf("an orphan's end started the terminal %d times", n)
		}
		m.kernel.Finish(system.Exit{PID: 100, Status: 1})
		time.Sleep(time.Second)
		if n := len(m.calls("start")); n != 2 {
			t.Errorf("the terminal was started %d times, want 2", n)
		}
		stop()
	})
}

// What the board's memory holds of the last run goes to the card.
func TestCrashMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.write("/sys/fs/pstore/dmesg-ramoops-0", "Kernel panic - not syncing\n")
		m.write("/sys/fs/pstore/console-ramoops-0", "[ 12.3] till system: msg=\"asked to end\"\n")
		m.write("/sys/fs/pstore/pmsg-ramoops-0", "till 1.2.3, slot 2, ended with status 2\n")
		m.write("/dev/pmsg0", "")
		stop := m.run()
		time.Sleep(time.Second)
		if r := m.reports(); !slices.Equal(r, []string{"000001-console-ramoops-0.txt", "000002-pmsg-ramoops-0.txt"}) {
			t.Errorf("reports %q", r)
		}
		if left, err := os.ReadDir(m.path("/sys/fs/pstore")); err != nil || len(left) != 1 || left[0].Name() != "dmesg-ramoops-0" {
			t.Errorf("the memory holds %v, %v: want the kernel's panic, for the terminal to report", left, err)
		}
		m.kernel.Finish(system.Exit{PID: 100, Status: 2})
		time.Sleep(time.Second)
		if !strings.Contains(m.read("/dev/pmsg0"), "status 2") {
			t.Error("the terminal's end is not in the memory")
		}
		stop()

		// The console of a run that ended in order says nothing new.
		m.power()
		m.write("/sys/fs/pstore/console-ramoops-0", m.log()+m.read("/dev/kmsg"))
		stop = m.run()
		time.Sleep(time.Second)
		if r := m.reports(); len(r) != 3 {
			t.Errorf("reports %q", r)
		}
		stop()
	})
}
