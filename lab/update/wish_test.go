package update_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"till/device/slots"
	"till/device/update"
	"till/sync/wire/updates"
)

// slowSource takes its time for each file.
type slowSource struct {
	update.Source
	wait time.Duration
}

func (s slowSource) Open(ctx context.Context, path string, from int64) (io.ReadCloser, int64, error) {
	time.Sleep(s.wait)
	return s.Source.Open(ctx, path, from)
}

// A wish that comes while the metadata for the one before are on their way is
// looked at as soon as they are here, and not an hour later.
func TestAnotherWishMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.add(updates.About{Version: "v1.1.0", Board: "pi3b"})
		m := newTerminal(t, g.root())
		g.serve(m.source)
		ctx, stop := context.WithCancel(t.Context())
		var last updates.Report
		u := update.New(update.Config{
			Dir: m.dir, Card: slots.Card{Disk: m.disk, Chunk: 64 << 10}, Running: 2,
			Self: slots.Self{Version: "v1.0.0", Board: "pi3b", Schema: 1}, Root: m.root, Source: slowSource{m.source, 10 * time.Second},
			Time: func() (time.Time, bool) { return time.Now(), true }, Uptime: func() time.Duration { return time.Hour },
			Free: func() (uint64, error) { return m.free, nil }, Report: func(r updates.Report) { last = r },
			Restart: func(bool) {}, Log: slog.New(slog.DiscardHandler),
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = u.Run(ctx) // it ends as ctx does
		}()
		u.Around(ctx, slots.Around{Online: true})
		u.Wish(ctx, &updates.Wish{Rollout: "r1", Version: "v1.0.5"}) // there is none
		time.Sleep(5 * time.Second)
		u.Wish(ctx, &updates.Wish{Rollout: "r2", Version: "v1.1.0"})
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if last.Rollout != "r2" || last.State != updates.Downloaded {
			t.Errorf("after 5 minutes: %+v", last)
		}
		stop()
		<-done
	})
}
