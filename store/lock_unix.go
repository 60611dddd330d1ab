//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockRetry is how often a folder's lock is tried until the time is up.
const lockRetry = 20 * time.Millisecond

// lockFolder takes the folder's lock, which the kernel gives back when the
// program ends, however it ends. The lock is on the folder and not on a segment,
// since the newest segment changes while the program runs.
func lockFolder(dir *os.File, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return fmt.Errorf("lock the journal's folder %s: %w", dir.Name(), err)
		case !time.Now().Before(deadline):
			return fmt.Errorf("%w in %s: end it first", ErrLocked, dir.Name())
		default:
			time.Sleep(lockRetry)
		}
	}
}
