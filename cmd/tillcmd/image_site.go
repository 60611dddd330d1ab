package tillcmd

import (
	"fmt"
	"os"

	"github.com/pelletier/go-toml/v2"

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
	var any map[string]any
	if err := toml.Unmarshal(raw, &any); err != nil {
		return nil, fmt.Errorf("%s is no TOML: %w", name, err)
	}
	return raw, nil
}
