package store

// Roll begins the next segment. Append does so too, but commits to it in the
// same call, and a power cut may come in between.
func (j *Journal) Roll() error {
	j.write.Lock()
	defer j.write.Unlock()
	carried, bytes, err := j.carry()
	if err != nil {
		return err
	}
	return j.roll(carried, bytes)
}
