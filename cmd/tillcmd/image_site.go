package tillcmd

import (
	"errors"
	"fmt"
	"os"

	"till/boards/card"
)

// readSite reads the site's settings, and refuses what the terminal would.
func readSite(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > card.MaxSite {
		return nil, fmt.Errorf("%s has %d bytes: the site's settings are at most %d", name, info.Size(), card.MaxSite)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	_, faults, err := siteSettings(raw)
	if len(faults) > 0 {
		err = errors.Join(err, report(faults))
	}
	if err != nil {
		return nil, fmt.Errorf("the site's settings in %s: %w", name, err)
	}
	return raw, nil
}
