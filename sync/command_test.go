package sync_test

import (
	"testing"
	"time"

	link "till/sync"
	"till/sync/wire"
)

// online is a desk that knows the time: it is the desk's own.
func online(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, 0, 0)
	d.step(link.Connected{})
	d.ack(wire.Acknowledgement{Clock: wire.Clock{Time: d.at, Echo: d.mark()}})
	return d
}

// command arrives, and is answered.
func (d *desk) command(c wire.Command) (executed []wire.Command, results []wire.Result) {
	d.t.Helper()
	return outcome(d.t, d.step(link.Arrived{Channel: wire.Commands, Payload: encode(d.t, c)}))
}

func outcome(t *testing.T, effects []link.Effect) (executed []wire.Command, results []wire.Result) {
	t.Helper()
	for _, e := range effects {
		switch e := e.(type) {
		case link.Execute:
			executed = append(executed, e.Command)
		case link.Publish:
			if e.Channel == wire.Results {
				results = append(results, decode[wire.Result](t, e.Payload))
			}
		}
	}
	return executed, results
}

func (d *desk) due(id uint64) wire.Command {
	return wire.Command{ID: id, Op: wire.TellStatus, NotAfter: d.at.Add(time.Minute)}
}

func TestCommandOnce(t *testing.T) {
	d := online(t)
	c := d.due(1)
	executed, results := d.command(c)
	if len(executed) != 1 || len(results) != 1 || results[0].Status != wire.ResultRunning {
		t.Fatalf("the first time: executed %v, said %v", executed, results)
	}
	executed, results = d.command(c)
	if len(executed) != 0 || len(results) != 1 || results[0].Status != wire.ResultRunning {
		t.Errorf("while it is under way: executed %v, said %v", executed, results)
	}
	if executed, results = d.command(d.due(2)); len(executed)+len(results) != 0 {
		t.Errorf("another while it is under way: executed %v, said %v", executed, results)
	}
	effects := d.step(link.Executed{Result: wire.NewResult(1, wire.ResultDone, map[string]int{"a": 1})})
	if k, ok := effects[0].(link.Keep); !ok || k.Kept.Command != 1 || k.Kept.Result == nil {
		t.Errorf("its result is not kept before it is told: %#v", effects)
	}
	for range 2 { // asked again
		executed, results = d.command(c)
		if len(executed) != 0 || len(results) != 1 || results[0].Status != wire.ResultDone || string(results[0].Output) != `{"a":1}` {
			t.Errorf("afterwards: executed %v, said %v", executed, results)
		}
	}
	if executed, _ = d.command(d.due(2)); len(executed) != 1 {
		t.Errorf("the next: executed %v", executed)
	}
	d.step(link.Executed{Result: wire.NewResult(2, wire.ResultDone, struct{}{})})
	if executed, results = d.command(c); len(executed) != 0 || len(results) != 1 || !results[0].Status.Final() {
		t.Errorf("one from long ago: executed %v, said %v", executed, results)
	}
}

func TestCommandTooLate(t *testing.T) {
	d := online(t)
	c := d.due(1)
	c.NotAfter = d.at.Add(-time.Millisecond)
	effects := d.step(link.Arrived{Channel: wire.Commands, Payload: encode(t, c)})
	executed, results := outcome(t, effects)
	if len(executed) != 0 || len(results) != 1 || results[0].Status != wire.ResultExpired {
		t.Errorf("executed %v, said %v", executed, results)
	}
	if k, ok := effects[0].(link.Keep); !ok || k.Kept.Command != 1 {
		t.Errorf("it is not kept: %#v", effects)
	}
}

// Without the cloud's time nobody knows whether it is too late.
func TestCommandBeforeTheClock(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.step(link.Connected{})
	if executed, results := d.command(d.due(1)); len(executed)+len(results) != 0 {
		t.Errorf("executed %v, said %v", executed, results)
	}
}

func TestCommandOverAPowerCut(t *testing.T) {
	for _, c := range []struct {
		kept link.Kept
		want wire.ResultStatus
	}{
		{link.Kept{Command: 7}, wire.ResultInterrupted},
		{link.Kept{Command: 7, Result: &wire.Result{ID: 7, Status: wire.ResultDone}}, wire.ResultDone},
	} {
		d := newDesk(t, 0, 0)
		d.session = d.session.Resume(c.kept)
		d.step(link.Connected{})
		for _, e := range d.did {
			if p, ok := e.(link.Publish); ok && p.Channel == wire.Requests {
				if at := decode[wire.Request](t, p.Payload).Position; at.Command != 7 {
					t.Errorf("the hello says command %d", at.Command)
				}
			}
		}
		d.ack(wire.Acknowledgement{Clock: wire.Clock{Time: d.at, Echo: d.mark()}})
		executed, results := d.command(d.due(7))
		if len(executed) != 0 || len(results) != 1 || results[0].Status != c.want {
			t.Errorf("executed %v, said %v, want %s", executed, results, c.want)
		}
		if executed, _ = d.command(d.due(8)); len(executed) != 1 {
			t.Errorf("the next: executed %v", executed)
		}
	}
}

func TestDesired(t *testing.T) {
	d := online(t)
	arrive := func(rev uint64) (n int) {
		for _, e := range d.step(link.Arrived{Channel: wire.Wishes, Payload: encode(t, wire.Desired{Revision: rev})}) {
			if w, ok := e.(link.Wanted); ok && w.Desired.Revision == rev {
				n++
			}
		}
		return n
	}
	if arrive(3) != 1 || arrive(3) != 0 || arrive(2) != 0 || arrive(4) != 1 {
		t.Error("a desired state is news once, and an older one never")
	}
}

func TestReported(t *testing.T) {
	d := newDesk(t, 0, 0)
	said := func(effects []link.Effect) (n int) {
		for _, e := range effects {
			if p, ok := e.(link.Publish); ok && p.Channel == wire.Reports {
				n++
			}
		}
		return n
	}
	if n := said(d.step(link.Reporting{Reported: wire.Reported{Boot: boot, Change: 1}})); n != 0 {
		t.Error("it is said without a line")
	}
	// It might overtake the hello: to the gateway it is of another boot until then.
	if n := said(d.step(link.Connected{})); n != 0 {
		t.Errorf("it is said %d times before the gateway knows which boot this is", n)
	}
	answer := wire.Acknowledgement{Clock: wire.Clock{Time: d.at, Echo: d.mark()}}
	if n := said(d.ack(answer)); n != 1 {
		t.Errorf("it is said %d times when the gateway has answered", n)
	}
	if n := said(d.ack(answer)); n != 0 {
		t.Errorf("it is said %d times more with another answer", n)
	}
	if n := said(d.step(link.Reporting{Reported: wire.Reported{Boot: boot, Change: 2}})); n != 1 {
		t.Errorf("a change is said %d times", n)
	}
}
