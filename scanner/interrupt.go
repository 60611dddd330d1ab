package scanner

import (
	"context"
	"io"
	"time"
)

// interruptible makes the end of ctx end reads and writes on conn: by a
// deadline where it has deadlines (it stays open), else by closing it. What can
// do neither notices at its next read only; interruptible then says so. stop
// takes the watch off, and waits for an interruption under way.
func interruptible(ctx context.Context, conn any) (stop func(), ok bool) {
	var interrupt func()
	switch c := conn.(type) {
	case interface{ SetDeadline(time.Time) error }:
		_ = c.SetDeadline(time.Time{}) // left by an earlier Run; a closed conn tells at its first read
		interrupt = func() {
			_ = c.SetDeadline(time.Unix(1, 0)) // fails on a closed conn, which needs no interrupting
		}
	case io.Closer:
		interrupt = func() {
			_ = c.Close() // the reads tell; nothing was written that could be lost
		}
	default:
		return func() {}, false
	}
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		interrupt()
	})
	return func() {
		if !cancel() {
			<-done
		}
	}, true
}
