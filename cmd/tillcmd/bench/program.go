package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pelletier/go-toml/v2"

	"till/sync/wire"
)

// binary measures binary: the program that runs.
func (r *rig) binary(context.Context) error {
	if !r.wants("binary") {
		return nil
	}
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's file: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at this program's file: %w", err)
	}
	r.add("binary", float64(info.Size()), bytesUnit)
	return nil
}

// memory measures rss: this program once more, as the firmware on a sim board,
// on line and idle. Where a journal of a million records is at hand, it is run
// with that too, off line, so that all of it is queued.
func (r *rig) memory(ctx context.Context) error {
	if !r.wants("rss") {
		return nil
	}
	r.progress("the firmware, idle")
	gateway, err := startStandIn(r.folder)
	if err != nil {
		return err
	}
	idle, err := r.idle(ctx, filepath.Join(r.folder, "idle"), gateway.address(), true)
	if err := errors.Join(err, gateway.close()); err != nil {
		return err
	}
	r.add("rss", float64(idle.rss), bytesUnit)
	r.note("rss is of the firmware on line and idle; %s B of it are its own, the rest is mapped from files (the program, the journal).",
		number(float64(idle.anonymous)))
	if !r.filled {
		return nil
	}
	r.progress("the firmware, off line with a million records queued")
	const nobodyThere = "tcp://127.0.0.1:1"
	none, err := r.idle(ctx, filepath.Join(r.folder, "none"), nobodyThere, false)
	if err != nil {
		return err
	}
	data, _, err := r.million(ctx)
	if err != nil {
		return err
	}
	queued, err := r.idle(ctx, data, nobodyThere, false)
	if err != nil {
		return err
	}
	r.note("With %d records queued and %d unfinished sales the idle firmware takes %s B, %s B more than with none (off line, both).",
		r.sizes.records, r.sizes.open, number(float64(queued.rss)), number(float64(queued.rss-none.rss)))
	return nil
}

// usage is what Linux counts of a process's memory, in bytes.
type usage struct{ rss, anonymous int64 }

// idle runs the firmware with a data folder until it has been idle for a while,
// and looks at its memory.
func (r *rig) idle(ctx context.Context, data, broker string, online bool) (usage, error) {
	w, err := startWorld()
	if err != nil {
		return usage{}, err
	}
	defer w.close()
	config, err := writeConfig(data, w.socket(), broker)
	if err != nil {
		return usage{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var said bytes.Buffer
	cmd, err := firmware(ctx, config)
	if err != nil {
		return usage{}, err
	}
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return usage{}, fmt.Errorf("start the firmware: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // by our own signal, or it has said why on stderr
	}()
	u, err := r.lookAt(ctx, cmd.Process.Pid, w, online, ended)
	stop()
	if err != nil {
		<-ended
		return usage{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	<-ended
	return u, nil
}

// firmware is this program, run again as the firmware.
func firmware(ctx context.Context, config string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's file: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "run", "-config", config, "-log", "error")
	cmd.Args[0] = os.Args[0]
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// lookAt waits until the firmware stands, leaves it alone, and looks.
func (r *rig) lookAt(ctx context.Context, pid int, w *world, online bool, ended <-chan struct{}) (usage, error) {
	const patience = 30 * time.Second
	up := w.shown
	if online {
		up = w.online
	}
	wait := func(d time.Duration, until <-chan struct{}) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-until:
			return nil
		case <-timer.C:
			if until == nil {
				return nil
			}
			return fmt.Errorf("the firmware was not ready within %v", d)
		case <-ended:
			return errors.New("the firmware ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := wait(patience, up); err != nil {
		return usage{}, err
	}
	if err := wait(r.sizes.idle, nil); err != nil {
		return usage{}, err
	}
	return usageOf(pid)
}

// usageOf reads proc(5), status.
func usageOf(pid int) (usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, fmt.Errorf("look at the firmware's memory: %w", err)
	}
	var u usage
	for line := range strings.Lines(string(text)) {
		for name, to := range map[string]*int64{"VmRSS:": &u.rss, "RssAnon:": &u.anonymous} {
			if rest, ok := strings.CutPrefix(line, name); ok {
				if _, err := fmt.Sscanf(rest, "%d kB", to); err != nil {
					return usage{}, fmt.Errorf("look at the firmware's memory: %q: %w", line, err)
				}
				*to <<= 10
			}
		}
	}
	if u.rss == 0 {
		return usage{}, errors.New("look at the firmware's memory: the kernel does not tell VmRSS")
	}
	return u, nil
}

// writeConfig makes a data folder with a configuration for a terminal in it.
func writeConfig(data, bench, broker string) (path string, err error) {
	key, err := wire.NewOpeningKey()
	if err != nil {
		return "", err
	}
	text, err := toml.Marshal(map[string]any{
		"terminal": terminalID, "board": "sim", "data": data, "bench": bench, "test": true,
		"merchant": map[string]any{"name": "Bench", "timezone": "UTC", "currency": "USD"},
		"gateway":  map[string]any{"broker": broker, "key": key.Public().String()},
	})
	if err != nil {
		return "", fmt.Errorf("write the firmware's configuration: %w", err)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", fmt.Errorf("write the firmware's configuration: %w", err)
	}
	path = filepath.Join(data, "till.toml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", fmt.Errorf("write the firmware's configuration: %w", err)
	}
	return path, nil
}
