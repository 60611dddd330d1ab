package system

import (
	"time"
)

// endWait bounds an orderly end: a card that does not answer must not keep a
// terminal from being restarted.
const endWait = 20 * time.Second

// end unmounts and ends the machine. It returns only if that fails.
func (s *System) end(e Ending) error {
	s.log.Info("ending", "how", e)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if !s.mounted {
			return
		}
		s.saveClock()
		s.Kernel.Sync()
		data := s.path(DataFolder)
		if err := s.Kernel.Unmount(data); err != nil {
			s.log.Warn("unmount the data", "err", err)
			if err := s.Kernel.RemountReadOnly(data); err != nil {
				s.log.Error("make the data read-only", "err", err)
			}
		}
		s.Kernel.Sync()
	}()
	select {
	case <-done:
		s.log.Info(orderlyEnd)
	case <-time.After(endWait):
		s.log.Error("the data could not be unmounted in time")
	}
	return s.Kernel.End(e)
}
