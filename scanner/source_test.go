package scanner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/scanner"
)

// rig is a source with a hand that scans on it.
type rig struct {
	source scanner.Source
	scan   func(ctx context.Context, data []byte) error // returns when it was handled, if the source can tell
	unplug func()
}

// Every source keeps the promises of Source.
func TestSources(t *testing.T) {
	for name, build := range map[string]func() rig{
		"fake": func() rig {
			f := scanner.NewFake("fake", time.Now)
			return rig{f, f.Scan, func() { f.Fail(io.ErrUnexpectedEOF) }}
		},
		"bench": func() rig {
			near, far := net.Pipe()
			return rig{scanner.NewBench(near, time.Now), scanner.NewBenchClient(far).Scan, func() { _ = far.Close() }} // a pipe's Close does not fail
		},
		"bench that can only be closed": func() rig {
			near, far := net.Pipe()
			closer := struct{ io.ReadWriteCloser }{near}
			return rig{scanner.NewBench(closer, time.Now), scanner.NewBenchClient(far).Scan, func() { _ = far.Close() }} // a pipe's Close does not fail
		},
		"lines": func() rig {
			near, far := net.Pipe()
			scan := func(ctx context.Context, data []byte) error {
				_, err := far.Write(append(slices.Clone(data), '\r'))
				return err
			}
			return rig{scanner.NewLines("lines", near, 0, realClock()), scan, func() { _ = far.Close() }} // a pipe's Close does not fail
		},
		"auto, a keyboard": func() rig {
			system := scanner.NewFakeSystem()
			keys := system.PlugKeys(wedge("/dev/input/event0"))
			scan := func(ctx context.Context, data []byte) error { return keys.Type(ctx, string(data)) }
			return rig{newAuto(system, scanner.Options{}), scan, func() { system.Unplug("/dev/input/event0") }}
		},
		"auto, a serial port": func() rig {
			system := scanner.NewFakeSystem()
			port := system.PlugSerial(cdc("/dev/ttyACM0"))
			scan := func(ctx context.Context, data []byte) error {
				far, err := port.Far(ctx)
				if err != nil {
					return err
				}
				_, err = far.Write(append(slices.Clone(data), '\r'))
				return err
			}
			return rig{newAuto(system, scanner.Options{}), scan, func() { system.Unplug("/dev/ttyACM0") }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("scans in order, one at a time", func(t *testing.T) { inOrder(t, build) })
			t.Run("ends with its context", func(t *testing.T) { endsWithContext(t, build) })
			t.Run("ends while handling", func(t *testing.T) { endsWhileHandling(t, build) })
			t.Run("does not begin on an ended context", func(t *testing.T) { endedContext(t, build) })
			if !strings.HasPrefix(name, "auto") { // it waits for the next scanner
				t.Run("ends when unplugged", func(t *testing.T) { endsUnplugged(t, build) })
			}
		})
	}
}

func run(ctx context.Context, s scanner.Source, handle func(scanner.Scan)) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, handle) }()
	return ended
}

func inOrder(t *testing.T, build func() rig) {
	synctest.Test(t, func(t *testing.T) {
		r := build()
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		busy := 0
		ended := run(ctx, r.source, func(s scanner.Scan) {
			if busy++; busy > 1 {
				t.Error("two scans are handled at once")
			}
			time.Sleep(10 * time.Millisecond)
			got = append(got, string(s.Data))
			if from, _, _ := strings.Cut(s.Source, "/"); from != r.source.Name() || s.Source == "" || s.Symbology != "qr" || s.Time.IsZero() {
				t.Errorf("from %q, %q, at %v", s.Source, s.Symbology, s.Time)
			}
			busy--
		})
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprint("code ", i))
			if err := r.scan(ctx, []byte("]Q1"+want[i])); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the first is in hand; as many wait as a queue holds
		}
		time.Sleep(time.Second)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		r.unplug()
	})
}

func endsWithContext(t *testing.T, build func() rig) {
	synctest.Test(t, func(t *testing.T) {
		r := build()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		err := <-run(ctx, r.source, func(s scanner.Scan) { t.Errorf("%v, though nobody scanned", s) })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Minute {
			t.Errorf("Run: %v after %v", err, time.Since(begin))
		}
		r.unplug()
	})
}

func endsWhileHandling(t *testing.T, build func() rig) {
	synctest.Test(t, func(t *testing.T) {
		r := build()
		ctx, cancel := context.WithCancel(t.Context())
		handled := 0
		ended := run(ctx, r.source, func(scanner.Scan) {
			handled++
			cancel()
		})
		_ = r.scan(ctx, []byte("1")) // answered or not: the source ends meanwhile
		if err := <-ended; !errors.Is(err, context.Canceled) || handled != 1 {
			t.Errorf("Run: %v, %d handled", err, handled)
		}
		r.unplug()
	})
}

func endedContext(t *testing.T, build func() rig) {
	synctest.Test(t, func(t *testing.T) {
		r := build()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := <-run(ctx, r.source, func(scanner.Scan) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		r.unplug()
	})
}

func endsUnplugged(t *testing.T, build func() rig) {
	synctest.Test(t, func(t *testing.T) {
		r := build()
		ended := run(t.Context(), r.source, func(scanner.Scan) {})
		if err := r.scan(t.Context(), []byte("1")); err != nil {
			t.Fatal(err)
		}
		r.unplug()
		if err := <-ended; !errors.Is(err, scanner.ErrGone) {
			t.Errorf("Run: %v", err)
		}
		if err := r.scan(t.Context(), []byte("2")); err == nil {
			t.Error("a scan went well on a scanner that is gone")
		}
	})
}

func TestFakeIsPluggedInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := scanner.NewFake("fake", time.Now)
		why := errors.New("tripped over the cable")
		f.Fail(why)
		err := f.Run(t.Context(), func(scanner.Scan) {})
		if !errors.Is(err, scanner.ErrGone) || !errors.Is(err, why) {
			t.Errorf("Run: %v", err)
		}
		f.Plug()
		ctx, cancel := context.WithCancel(t.Context())
		ended := run(ctx, f, func(scanner.Scan) {})
		if err := f.Scan(ctx, []byte("1")); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if got := f.Handled(); len(got) != 1 || string(got[0].Data) != "1" {
			t.Errorf("%v", got)
		}
	})
}
