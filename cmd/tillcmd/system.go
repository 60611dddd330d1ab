package tillcmd

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"till/device/system"
)

// IsSystem says that this process is the system of a card of its own: the
// kernel's first process, started as /init. An ordinary first process, as in a
// container, has a command.
func IsSystem(pid int, args []string) bool {
	return pid == 1 && (len(args) < 2 || path.Base(args[0]) == "init")
}

// configureSystem makes the terminal's configuration on its own card: what is
// known of the machine, and over it what the site's settings say. A setting that
// is no good is left out and named in the error; the rest counts.
func configureSystem(m system.Machine) (system.Settings, error) {
	values := map[string]any{"terminal": m.Terminal, "board": boardAuto}
	site, faults, err := siteSettings(m.Site)
	maps.Copy(values, site.values)
	values["data"] = m.Data // nowhere else does anything stay
	if !m.Watchdog {
		values["watchdog"] = false
	}
	if len(faults) > 0 {
		err = errors.Join(err, report(faults))
	}
	raw, tomlErr := toml.Marshal(nest(values))
	if tomlErr != nil {
		err = errors.Join(err, fmt.Errorf("write the configuration: %w", tomlErr))
	}
	hostname, _ := values["terminal"].(string) // it is one: it was checked
	known, _ := site.partial()                 // what was at fault is not in it any more
	return system.Settings{Hostname: hostname, Config: raw, Network: known.Network}, err
}

// siteSettings are the good ones of the site's settings, and what is wrong with
// the others.
func siteSettings(raw []byte) (configFile, []fault, error) {
	site, err := parseFile(raw)
	if err != nil {
		return configFile{}, nil, err
	}
	_, faults := site.partial()
	for _, f := range faults {
		delete(site.values, f.key)
	}
	return site, faults, nil
}

// nest is flatten undone.
func nest(values map[string]any) map[string]any {
	tree := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		at := tree
		parts := strings.Split(key, ".")
		for _, p := range parts[:len(parts)-1] {
			sub, ok := at[p].(map[string]any)
			if !ok {
				sub = map[string]any{}
				at[p] = sub
			}
			at = sub
		}
		at[parts[len(parts)-1]] = values[key]
	}
	return tree
}
