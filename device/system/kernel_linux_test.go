package system_test

import (
	"bytes"
	"errors"
	"testing"

	"till/device/system"
)

// The kernel itself, as far as a plain user may go: processes.
func TestProcesses(t *testing.T) {
	kernel := system.NewKernel()
	if _, err := kernel.Wait(); !errors.Is(err, system.ErrNoChild) {
		t.Fatalf("with no child: %v", err)
	}
	for _, test := range []struct {
		script string
		signal *system.Signal
		exit   system.Exit
		output string
	}{
		{script: "echo out; echo err >&2; exit 3", exit: system.Exit{Status: 3}, output: "out\nerr\n"},
		{script: "exec sleep 60", signal: signal(system.Kill), exit: system.Exit{Status: -1, Signal: "SIGKILL"}},
		{script: "exec sleep 60", signal: signal(system.Terminate), exit: system.Exit{Status: -1, Signal: "SIGTERM"}},
		{script: `echo "$TOLD"; read line || echo no input`, exit: system.Exit{}, output: "yes\nno input\n"},
	} {
		var output bytes.Buffer
		pid, written, err := kernel.Start(system.Process{Path: "/bin/sh", Args: []string{"sh", "-c", test.script}, Env: []string{"PATH=/bin:/usr/bin", "TOLD=yes"}, Output: &output})
		if err != nil {
			t.Fatal(err)
		}
		if test.signal != nil {
			if err := kernel.Signal(pid, *test.signal); err != nil {
				t.Error(err)
			}
		}
		got, err := kernel.Wait()
		<-written
		if test.exit.PID = pid; err != nil || got != test.exit || output.String() != test.output {
			t.Errorf("%s: %+v, %v, wrote %q; want %+v, %q", test.script, got, err, output.String(), test.exit, test.output)
		}
	}
	if _, _, err := kernel.Start(system.Process{Path: "/no/such/program", Args: []string{"x"}}); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestLinksOfThisMachine(t *testing.T) {
	all, err := system.NewLinks().List()
	if err != nil {
		t.Skipf("this machine does not tell: %v", err) // a sandbox without netlink
	}
	for _, l := range all {
		if l.Name == "lo" && l.Loopback && l.Index > 0 {
			return
		}
	}
	t.Errorf("no loopback among %+v", all)
}

func signal(s system.Signal) *system.Signal { return &s }
