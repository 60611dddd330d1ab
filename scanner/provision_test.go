package scanner_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/scanner"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// exchange is what a module is to be sent, and what it answers.
type exchange struct{ want, answer string }

// converse plays a module's part and then ends; a module with nothing to say any
// more is silent.
func converse(t *testing.T, module net.Conn, script []exchange) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i, e := range script {
			want := unhex(t, e.want)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(module, got); err != nil {
				t.Errorf("exchange %d: %v", i, err)
				return
			}
			if !bytes.Equal(got, want) {
				t.Errorf("exchange %d: sent % X, want % X", i, got, want)
				return
			}
			if answer := unhex(t, e.answer); len(answer) > 0 {
				if _, err := module.Write(answer); err != nil {
					t.Errorf("exchange %d: %v", i, err)
				}
			}
		}
	}()
	return done
}

const gmOK = "02 00 00 01 00 33 31"

func TestProvision(t *testing.T) {
	// The checks were computed by another program, held against commands of the makers' manuals.
	provisioned := []exchange{
		{"7E 00 07 01 00 03 01 54 12", "02 00 00 01 02 13 73"},
		{"7E 00 07 01 00 D0 01 14 66", "02 00 00 01 80 A2 B9"},
	}
	for _, test := range []struct {
		name    string
		module  scanner.Module
		trigger scanner.Trigger
		script  []exchange
		failure string
	}{
		{"plain", scanner.ModulePlain, scanner.TriggerSense, nil, ""},
		{"a new GM65", scanner.ModuleGM65, scanner.TriggerSense, []exchange{
			{"7E 00 07 01 00 03 01 54 12", "02 00 00 01 01 23 10"}, // setup codes are on
			{"7E 00 08 01 00 03 03 11 A9", gmOK},
			{"7E 00 07 01 00 03 01 54 12", "02 00 00 01 03 03 52"},
			{"7E 00 07 01 00 D0 01 14 66", "02 00 00 01 00 AB CD"}, // a clone that does not compute checks
			{"7E 00 08 01 00 D0 80 F0 36", gmOK},
			{"7E 00 07 01 00 D0 01 14 66", "02 00 00 01 80 A2 B9"},
			{"7E 00 07 01 00 00 01 01 41", "02 00 00 01 D4 B8 C8"}, // by button, its light as somebody set it
			{"7E 00 08 01 00 00 D7 CF 03", gmOK},
			{"7E 00 07 01 00 00 01 01 41", "02 00 00 01 D7 88 AB"},
			{"7E 00 09 01 00 00 00 DE C8", gmOK},
		}, ""},
		{"one provisioned before", scanner.ModuleGM65, scanner.TriggerKeep, provisioned, ""}, // its flash is not written
		{"scans and acknowledgements before the answer", scanner.ModuleGM65, scanner.TriggerKeep, []exchange{
			{"7E 00 07 01 00 03 01 54 12", "31 33 30 0D 03 00 00 01 00 33 31 02 00 00 01 02 13 73"},
			provisioned[1],
		}, ""},
		{"deaf at first", scanner.ModuleGM65, scanner.TriggerKeep, []exchange{
			{"7E 00 07 01 00 03 01 54 12", ""}, provisioned[0], provisioned[1],
		}, ""},
		{"an answer with a wrong check", scanner.ModuleGM65, scanner.TriggerKeep, []exchange{
			{"7E 00 07 01 00 03 01 54 12", "02 00 00 01 02 13 72"}, provisioned[0], provisioned[1],
		}, ""},
		{"no such module", scanner.ModuleGM65, scanner.TriggerKeep, []exchange{
			{"7E 00 07 01 00 03 01 54 12", ""}, {"7E 00 07 01 00 03 01 54 12", ""}, {"7E 00 07 01 00 03 01 54 12", ""},
		}, "switch setup codes off: no answer"},
		{"a refusal", scanner.ModuleGM65, scanner.TriggerKeep, []exchange{
			{"7E 00 07 01 00 03 01 54 12", "02 00 05 01 00 AB CD"},
		}, "status 0x05"},
		{"it does not keep what it is set to", scanner.ModuleGM65, scanner.TriggerKeep, []exchange{
			{"7E 00 07 01 00 03 01 54 12", "02 00 00 01 01 23 10"},
			{"7E 00 08 01 00 03 03 11 A9", gmOK},
			{"7E 00 07 01 00 03 01 54 12", "02 00 00 01 01 23 10"},
		}, "did not keep it"},
		{"a GM67", scanner.ModuleGM67, scanner.TriggerSense, []exchange{
			{"00", ""}, {"07 C6 04 08 00 8A 09 FE 94", "04 D0 00 00 FF 2C"},
		}, ""},
		{"a GM67 that refuses", scanner.ModuleGM67, scanner.TriggerContinuous, []exchange{
			{"00", ""}, {"07 C6 04 08 00 8A 04 FE 99", "05 D1 00 00 06 FF 24"},
		}, "refuses"},
		{"a GM67 as it is", scanner.ModuleGM67, scanner.TriggerKeep, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				port, module := net.Pipe()
				told := converse(t, module, test.script)
				err := scanner.Provision(t.Context(), port, test.module, test.trigger)
				_ = port.Close() // a pipe's Close does not fail
				<-told
				if test.failure == "" && err != nil || test.failure != "" && (err == nil || !strings.Contains(err.Error(), test.failure)) {
					t.Errorf("%v, want %q", err, test.failure)
				}
			})
		})
	}
}

func TestProvisionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port, module := net.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		converse(t, module, []exchange{{"7E 00 07 01 00 03 01 54 12", ""}})
		if err := scanner.Provision(ctx, port, scanner.ModuleGM65, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		_ = module.Close() // a pipe's Close does not fail
		if err := scanner.Provision(t.Context(), port, scanner.ModuleGM65, ""); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("on a module that is gone: %v", err)
		}
		_ = port.Close() // a pipe's Close does not fail
	})
}

// Acknowledgements come in the same stream as scans, and are none.
func TestAcknowledgementsAreNoScans(t *testing.T) {
	const (
		ack   = "\x02\x00\x00\x01\x00\x33\x31"
		alive = "\x03\x00\x00\x01\x00\x33\x31"
		ssi   = "\x04\xD0\x00\x00\xFF\x2C"
		nak   = "\x05\xD1\x00\x00\x06\xFF\x24"
	)
	for _, test := range []struct {
		name  string
		sent  []string // each after a pause that ends a scan
		scans []string
	}{
		{"before a scan", []string{ack + "130123\r"}, []string{"130123"}},
		{"after one", []string{"130123\r" + ack}, []string{"130123"}},
		{"within one", []string{"130" + ack + "123\r"}, []string{"130123"}},
		{"of all kinds", []string{alive + "1\r" + ssi + nak + ack + "2\r"}, []string{"1", "2"}},
		{"alone", []string{ack, alive, ssi}, nil},
		{"between scans that silence ends", []string{"1", ack, "2"}, []string{"1", "2"}},
		{"broken off", []string{ack[:4], "2\r"}, []string{"2"}},
		{"a prefix STX is text", []string{"\x02130\r"}, []string{"\x02130"}},
		{"a wrong check is text", []string{"\x04\xD0\x00\x00\xFF\x2D1\r"}, []string{"\x04\xD0\x00\x00\xFF\x2D1"}},
		{"a code that ends at once", []string{"]Q1a\t]C0b\n]E0c\r\n"}, []string{"a", "b", "c"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			atCounter(t, scanner.Options{}, nil, func(c *counter) {
				port := c.system.PlugSerial(cdc("/dev/ttyACM0"))
				c.look()
				far, err := port.Far(c.ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range test.sent {
					for part := range strings.SplitSeq(text, "") { // byte by byte, as at 9600 bit/s
						_, _ = io.WriteString(far, part) // seen by what comes of it
					}
					time.Sleep(2 * time.Second)
				}
				var want []string
				for _, s := range test.scans {
					want = append(want, "auto/ttyACM0: "+s)
				}
				c.got(want...)
			})
		})
	}
}

// A module that does not answer to being set up scans all the same.
func TestAutoProvisions(t *testing.T) {
	atCounter(t, scanner.Options{Device: "/dev/serial0", Module: scanner.ModuleGM65}, nil, func(c *counter) {
		port := c.system.PlugSerial(scanner.Node{Path: "/dev/serial0"})
		c.look()
		far, err := port.Far(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		<-converse(t, far, []exchange{
			{"7E 00 07 01 00 03 01 54 12", ""}, {"7E 00 07 01 00 03 01 54 12", ""}, {"7E 00 07 01 00 03 01 54 12", ""},
		})
		time.Sleep(time.Second)
		c.plugged("/dev/serial0")
		if !strings.Contains(c.log.String(), "no answer") {
			t.Errorf("the technician is not told:\n%s", c.log)
		}
		_, _ = io.WriteString(far, "130\r") // seen by what comes of it
		c.got("auto/serial0: 130")
	})
}

// FuzzReplies: whatever a serial scanner sends, text is not invented, and a
// scan of digits after a silence comes through.
func FuzzReplies(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x01\x00\x33\x31130\r"))
	f.Add([]byte("\x04\xD0\x00\x00\xFF\x2C"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		if len(sent) == 0 {
			return // a port reads at least a byte
		}
		sent = sent[:min(len(sent), 2048)]
		synctest.Test(t, func(t *testing.T) {
			system := scanner.NewFakeSystem()
			port := system.PlugSerial(cdc("/dev/ttyACM0"))
			a := scanner.NewAuto(system, scanner.Options{}, realClock(), slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithCancel(t.Context())
			total, last := 0, ""
			ended := run(ctx, a, func(s scanner.Scan) {
				total += len(s.Data)
				last = string(s.Data)
			})
			far, err := port.Far(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_ = far.SetDeadline(time.Now().Add(time.Minute)) // its fault shows below
			if _, err := far.Write(sent); err != nil {
				t.Errorf("write %q: %v", sent, err)
			}
			time.Sleep(3 * time.Second)
			if total > len(sent) {
				t.Errorf("%d bytes came out of %d", total, len(sent))
			}
			_, _ = io.WriteString(far, "130123\r") // seen by what comes of it
			time.Sleep(time.Second)
			if last != "130123" {
				t.Errorf("after %q a scan came as %q", sent, last)
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("Run: %v", err)
			}
		})
	})
}
