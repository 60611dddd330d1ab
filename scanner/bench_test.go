package scanner_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/scanner"
)

// The protocol, line by line.
func TestBenchProtocol(t *testing.T) {
	const secret = "130123456789012345"
	code := base64.StdEncoding.EncodeToString([]byte(secret))
	long := strings.Repeat("x", 128<<10)
	for _, test := range []struct{ name, send, want, scan string }{
		{"a scan", `{"id":7,"data":"` + code + `"}`, `{"id":7}`, secret},
		{"an empty scan", `{"id":8,"data":""}`, `{"id":8}`, ""},
		{"fields to come", `{"id":9,"data":"MQ==","more":1}`, `{"id":9}`, "1"},
		{"not base64", `{"id":10,"data":"` + secret + `!"}`, `{"id":10,"error":"the data is not base64"}`, "-"},
		{"no data", `{"id":11}`, `{"id":11,"error":"the line has no data"}`, "-"},
		{"null data", `{"id":12,"data":null}`, `{"id":12,"error":"the line has no data"}`, "-"},
		{"not JSON", secret, `{"id":0,"error":"the line is not {\"id\":1,\"data\":\"base64\"}"}`, "-"},
		{"a negative id", `{"id":-1,"data":""}`, `{"id":0,"error":"the line is not {\"id\":1,\"data\":\"base64\"}"}`, "-"},
		{"too long", long, `{"id":0,"error":"line too long: more than 131072 bytes"}`, "-"},
		{"far too long", strings.Repeat(long, 3), `{"id":0,"error":"line too long: more than 131072 bytes"}`, "-"},
		{"the longest line", `{"id":13,"data":"MQ=="` + strings.Repeat(" ", 128<<10-len(`{"id":13,"data":"MQ=="}`)-1) + `}`, `{"id":13}`, "1"},
		{"an empty line before", "\n" + `{"id":14,"data":"Mg=="}`, `{"id":14}`, "2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			got := "-"
			ended := make(chan error, 1)
			go func() {
				ended <- scanner.NewBench(near, time.Now).Run(context.Background(), func(s scanner.Scan) { got = string(s.Data) })
			}()
			answers := bufio.NewReader(far)
			// Twice, to see that the stream is in step again.
			for range 2 {
				if _, err := io.WriteString(far, test.send+"\n"); err != nil {
					t.Fatal(err)
				}
				answer, err := answers.ReadString('\n')
				if err != nil || answer != test.want+"\n" {
					t.Errorf("answer %q, %v, want %q", answer, err, test.want)
				}
				if strings.Contains(answer, secret[:6]) {
					t.Errorf("the answer shows the data: %q", answer)
				}
			}
			if err := far.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; !errors.Is(err, scanner.ErrGone) {
				t.Errorf("Run: %v", err)
			}
			if got != test.scan {
				t.Errorf("handled %q, want %q", got, test.scan)
			}
		})
	}
}

// The answer is not sent before handle has returned.
func TestBenchAnswersWhenHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		client := scanner.NewBenchClient(far)
		release := make(chan struct{})
		go func() {
			_ = scanner.NewBench(near, time.Now).Run(t.Context(), func(scanner.Scan) { <-release }) // ends with the pipe
		}()
		answered := false
		go func() {
			if err := client.Scan(t.Context(), []byte("1")); err != nil {
				t.Error(err)
			}
			answered = true
		}()
		synctest.Wait()
		if answered {
			t.Error("answered before it was handled")
		}
		close(release)
		synctest.Wait()
		if !answered {
			t.Error("not answered though handled")
		}
		_ = far.Close() // a pipe's Close does not fail
		synctest.Wait()
	})
}

func TestBenchClientManyAtOnce(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	client := scanner.NewBenchClient(far)
	var mu sync.Mutex
	seen := map[string]int{}
	go func() {
		_ = scanner.NewBench(near, time.Now).Run(context.Background(), func(s scanner.Scan) { // ends with the pipe
			mu.Lock()
			defer mu.Unlock()
			seen[string(s.Data)]++
		})
	}()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			data := fmt.Sprint("code ", i)
			if err := client.Scan(t.Context(), []byte(data)); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[data] != 1 {
				t.Errorf("%s was handled %d times when its Scan returned", data, seen[data])
			}
		})
	}
	all.Wait()
}

// A caller that gives up leaves the stream whole for the next one.
func TestBenchClientGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		client := scanner.NewBenchClient(far)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		// Nobody reads: this one is stuck in the pipe, the next waits for its turn.
		for range 2 {
			if err := client.Scan(ctx, bytes.Repeat([]byte("1"), 60<<10)); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("%v", err)
			}
		}
		handled := 0
		go func() {
			_ = scanner.NewBench(near, time.Now).Run(t.Context(), func(scanner.Scan) { handled++ }) // ends with the pipe
		}()
		if err := client.Scan(t.Context(), []byte("2")); err != nil {
			t.Fatal(err)
		}
		if handled != 2 {
			t.Errorf("%d scans were handled, want the stuck one and the last", handled)
		}
		_ = far.Close() // a pipe's Close does not fail
		synctest.Wait()
	})
}

func TestBenchClientErrors(t *testing.T) {
	near, far := net.Pipe()
	client := scanner.NewBenchClient(far)
	if err := client.Scan(t.Context(), make([]byte, 90<<10+1)); err == nil {
		t.Error("a scan too long for a line was sent")
	}
	firmware := bufio.NewReader(near)
	answer := func(text string) error {
		t.Helper()
		result := make(chan error)
		go func() { result <- client.Scan(t.Context(), []byte("1")) }()
		if _, err := firmware.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(near, text+"\n"); err != nil {
			t.Fatal(err)
		}
		return <-result
	}
	if err := answer(`{"id":1,"error":"no paper"}`); err == nil || !strings.Contains(err.Error(), "no paper") {
		t.Errorf("an error answered: %v", err)
	}
	if err := answer(`{"id":99}` + "\n" + `{"id":2}`); err != nil {
		t.Errorf("an answer to nobody, then its own: %v", err)
	}
	if err := answer(`{"id":0,"error":"line too long"}`); err == nil {
		t.Error("the firmware could not read the line, and the scan went well")
	}
	if err := answer("rubbish"); !errors.Is(err, scanner.ErrGone) {
		t.Errorf("rubbish answered: %v", err)
	}
	if err := client.Scan(t.Context(), nil); !errors.Is(err, scanner.ErrGone) {
		t.Errorf("after the end: %v", err)
	}
	_ = near.Close() // a pipe's Close does not fail
}

func TestBenchGoneWhileScanning(t *testing.T) {
	near, far := net.Pipe()
	client := scanner.NewBenchClient(far)
	result := make(chan error)
	go func() { result <- client.Scan(t.Context(), []byte("1")) }()
	if _, err := bufio.NewReader(near).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = near.Close() // a power cut
	if err := <-result; !errors.Is(err, scanner.ErrGone) {
		t.Errorf("%v", err)
	}
}

func FuzzBench(f *testing.F) {
	f.Add([]byte(`{"id":7,"data":"MTMw"}` + "\n" + `{"id":8}` + "\nrubbish\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var answers bytes.Buffer
		conn := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(stream), &answers}
		handled := 0
		err := scanner.NewBench(conn, time.Now).Run(context.Background(), func(scanner.Scan) { handled++ })
		if !errors.Is(err, scanner.ErrGone) {
			t.Errorf("Run: %v", err)
		}
		lines := bytes.Count(answers.Bytes(), []byte("\n"))
		if lines > bytes.Count(stream, []byte("\n")) || handled > lines {
			t.Errorf("%d answers, %d handled", lines, handled)
		}
	})
}
