package store

import (
	"fmt"
	"os"
	"time"
)

// Prune deletes whole segments, oldest first, whose records were all
// acknowledged and were all made before the given time, and says how many. How
// long records are kept is the caller's to know. A segment's age is the time of
// its last record, or of the first dated one after it where that has none; while
// nothing after it is dated, it stays. The newest segment is never deleted.
//
// It holds up Append for one small commit and one deleted file at a time.
func (j *Journal) Prune(before time.Time) (files int, err error) {
	return j.prune(func() (bool, error) {
		ended, err := j.dated(j.segments[1].first - 1)
		return err == nil && !ended.IsZero() && ended.Before(before), err
	})
}

// PruneTo deletes acknowledged segments, oldest first and whatever their age,
// until the folder's files take at most so many bytes. It is otherwise as Prune.
func (j *Journal) PruneTo(bytes int64) (files int, err error) {
	return j.prune(func() (bool, error) { return j.used() > bytes, nil })
}

// prune deletes segments while the oldest is acknowledged and may go.
func (j *Journal) prune(mayGo func() (bool, error)) (files int, err error) {
	for {
		gone, err := j.pruneOldest(mayGo)
		if err != nil {
			return files, fmt.Errorf("prune journal: %w", err)
		}
		if !gone {
			return files, nil
		}
		files++
	}
}

func (j *Journal) pruneOldest(mayGo func() (bool, error)) (gone bool, err error) {
	j.write.Lock()
	defer j.write.Unlock()
	if err := j.writable(); err != nil {
		return false, err
	}
	if err := j.flush(); err != nil { // or the next boot would want what is deleted
		return false, err
	}
	if len(j.segments) < 2 || j.segments[1].first-1 > j.Position().Acked {
		return false, nil
	}
	if ok, err := mayGo(); !ok || err != nil {
		return false, err
	}
	return true, j.removeOldest()
}

// dated is the time of the first record from seq on that has one, else zero.
func (j *Journal) dated(seq uint64) (time.Time, error) {
	const batch = 64
	for {
		records, err := j.Read(seq, batch, 0)
		if err != nil || len(records) == 0 {
			return time.Time{}, err
		}
		for _, r := range records {
			if !r.Time.IsZero() {
				return r.Time, nil
			}
		}
		seq += uint64(len(records))
	}
}

func (j *Journal) removeOldest() error {
	j.files.Lock()
	defer j.files.Unlock()
	j.sealed.Lock()
	defer j.sealed.Unlock()
	if err := j.closeSealed(); err != nil {
		return err
	}
	if err := os.Remove(j.path(0)); err != nil {
		return err
	}
	j.segments = j.segments[1:]
	// Now, and not once for all: without it a disk may forget the older file's
	// end and keep the newer one's, and a segment in the middle would be missing.
	return j.dir.Sync()
}
