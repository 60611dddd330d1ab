package scanner_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/scanner"
)

// What a module that is to be set up may do instead of answering: provisioning
// ends with a sentence, and soon.
func TestProvisionFaults(t *testing.T) {
	const ask = "7E 00 07 01 00 03 01 54 12"
	for name, c := range map[string]struct {
		wrap   func(net.Conn) net.Conn
		module func(far net.Conn)
		want   string
		atMost time.Duration
	}{
		"it takes part of a command": {
			wrap: func(c net.Conn) net.Conn { return shortPort{c} },
			want: io.ErrShortWrite.Error(),
		},
		"it takes nothing":             {want: "write to the module", atMost: time.Second},
		"it is gone before the answer": {module: func(far net.Conn) { read(far, len(unhex(t, ask))); _ = far.Close() }, want: "read the module's answer"},
		"it is gone within the answer": {
			module: func(far net.Conn) {
				read(far, len(unhex(t, ask)))
				_, _ = far.Write(unhex(t, "02 00 00")) // seen by what comes of it
				_ = far.Close()
			},
			want: "read the module's answer",
		},
		"it sends rubbish without end": {
			module: func(far net.Conn) {
				go func() { _, _ = io.Copy(io.Discard, far) }() // until it is closed
				random := rand.New(rand.NewPCG(1, 2))
				for b := make([]byte, 64); ; {
					for i := range b {
						b[i] = byte(random.Uint32()) | 0x80 // no answer begins so
					}
					if _, err := far.Write(b); err != nil {
						return
					}
					time.Sleep(time.Millisecond)
				}
			},
			want: "no answer", atMost: 5 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				port := near
				if c.wrap != nil {
					port = c.wrap(near)
				}
				var module sync.WaitGroup
				defer module.Wait()
				if c.module != nil {
					module.Go(func() { c.module(far) })
				}
				began := time.Now()
				err := scanner.Provision(t.Context(), port, scanner.ModuleGM65, scanner.TriggerKeep)
				if took := time.Since(began); took > c.atMost {
					t.Errorf("took %v", took)
				}
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
				_, _ = near.Close(), far.Close() // a pipe's Close does not fail
			})
		})
	}
}

// A slow module's answer comes byte by byte, and counts.
func TestProvisionSlowModule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			for _, answer := range []string{"02 00 00 01 02 13 73", "02 00 00 01 80 A2 B9"} {
				read(far, 9)
				for _, b := range unhex(t, answer) {
					time.Sleep(60 * time.Millisecond)
					_, _ = far.Write([]byte{b}) // seen by what comes of it
				}
			}
		}()
		if err := scanner.Provision(t.Context(), near, scanner.ModuleGM65, scanner.TriggerKeep); err != nil {
			t.Error(err)
		}
		_, _ = near.Close(), far.Close() // a pipe's Close does not fail
	})
}

func read(r io.Reader, n int) { _, _ = io.ReadFull(r, make([]byte, n)) }

// shortPort takes half of what it is given, and says nothing of it.
type shortPort struct{ net.Conn }

func (shortPort) Write(b []byte) (int, error) { return len(b) / 2, nil }

// Scanners that type, when they do what they should not. After each the next
// code is read as it is.
func TestKeysFaults(t *testing.T) {
	const down, repeat = 1, 2
	digit := func(n uint16, value int32) []scanner.Event {
		return []scanner.Event{{Type: 1, Code: n, Value: value}, {}}
	}
	for name, do := range map[string]func(c *counter, k *scanner.FakeKeys){
		"a key is stuck": func(c *counter, k *scanner.FakeKeys) {
			for i := range 5000 {
				value := int32(repeat)
				if i == 0 {
					value = down
				}
				c.send(k, digit(2, value)...)
			}
		},
		"a code without an end": func(c *counter, k *scanner.FakeKeys) {
			for range 3 * scanner.MaxScan {
				c.send(k, append(digit(3, down), digit(3, 0)...)...)
			}
		},
		"garbage": func(c *counter, k *scanner.FakeKeys) {
			random := rand.New(rand.NewPCG(5, 6))
			for range 5000 {
				code := uint16(random.IntN(1 << 16))
				if code == 28 || code == 96 || code == 15 { // the keys that end a code
					continue
				}
				c.send(k, scanner.Event{Type: uint16(random.IntN(40)), Code: code, Value: int32(random.Uint32())})
			}
		},
		"the kernel's queue ran over": func(c *counter, k *scanner.FakeKeys) {
			c.send(k, append(digit(4, down), scanner.Event{Code: 3}, scanner.Event{})...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			atCounter(t, scanner.Options{}, nil, func(c *counter) {
				k := c.system.PlugKeys(wedge("/dev/input/event5"))
				c.look()
				do(c, k)
				time.Sleep(6 * time.Second) // longer than a pause within a code
				c.got()
				c.typed(k, "130123")
				c.got("auto/event5: 130123")
			})
		})
	}
}

// A scanner that is gone in the middle of a code, and one that types slowly.
func TestKeysGoneAndSlow(t *testing.T) {
	atCounter(t, scanner.Options{}, nil, func(c *counter) {
		k := c.system.PlugKeys(wedge("/dev/input/event5"))
		c.look()
		c.send(k, scanner.Event{Type: 1, Code: 2, Value: 1}, scanner.Event{})
		c.system.Unplug("/dev/input/event5")
		if err := k.Send(c.ctx, scanner.Event{}); err == nil {
			t.Error("it is read on when it is gone")
		}
		c.look()
		k = c.system.PlugKeys(wedge("/dev/input/event5"))
		c.look()
		for _, code := range []uint16{2, 4, 11, 28} { // 1, 3, 0, Enter
			c.send(k, scanner.Event{Type: 1, Code: code, Value: 1}, scanner.Event{}, scanner.Event{Type: 1, Code: code}, scanner.Event{})
			time.Sleep(40 * time.Millisecond) // over a radio that is far off
		}
		c.got("auto/event5: 130")
	})
}

func (c *counter) send(k *scanner.FakeKeys, events ...scanner.Event) {
	c.t.Helper()
	if err := k.Send(c.ctx, events...); err != nil && !errors.Is(err, c.ctx.Err()) {
		c.t.Error(err)
	}
}
