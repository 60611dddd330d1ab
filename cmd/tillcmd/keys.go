package tillcmd

import (
	"maps"
	"slices"
)

// SettingKeys are the dotted names of all keys that a configuration file may
// have, sorted. docs/configuration.md is held to them.
func SettingKeys() []string { return slices.Sorted(maps.Keys(settings)) }
