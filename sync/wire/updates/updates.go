// Package updates is what terminal and gateway agree on for updates: the form of
// a release, where the gateway has it, what it wishes, what a terminal reports.
//
// What is signed is The Update Framework's metadata
// (theupdateframework.github.io/specification/latest), with consistent
// snapshots; a release is a target of it whose custom part is an [About].
// docs/updates.md tells the whole.
package updates

import (
	"encoding/hex"
	"fmt"
)

// Part is the name of the wish and the report among a terminal's desired and reported parts.
const Part = "release"

// Root is where the gateway has metadata and releases, below its address. All are read with GET.
//
//	/updates/N.root.json, timestamp.json, N.snapshot.json, N.targets.json
//	/updates/targets/SHA256.NAME   with ranges
const Root = "/updates/"

// TargetPath is where a release is, below Root.
func TargetPath(sha256, name string) string { return "targets/" + sha256 + "." + name }

// Bounds of the metadata, in bytes.
const (
	MaxRoot      = 256 << 10
	MaxTimestamp = 16 << 10
	MaxSnapshot  = 64 << 10
	MaxTargets   = 1 << 20
)

// About is what a release says of itself. It is signed.
type About struct {
	Version string `json:"version"` // vMAJOR.MINOR.PATCH
	Board   string `json:"board"`
	// ImageSize (bytes) and ImageSHA256 (hexadecimal) are of the slot's file system.
	ImageSize   int64  `json:"image_size"`
	ImageSHA256 string `json:"image_sha256"`
	// Schema is the newest layout of the store that it writes, Reads the oldest
	// that it opens.
	Schema int `json:"schema"`
	Reads  int `json:"reads"`
	// OneWay says that no earlier release opens what it wrote.
	OneWay bool `json:"one_way,omitempty"`
}

// Wish is the part of a terminal's desired state that is about its release.
type Wish struct {
	// Rollout names the wish. A terminal that brought one to its end does not
	// begin it again.
	Rollout string `json:"rollout"`
	Version string `json:"version"`
	Now     bool   `json:"now,omitempty"`     // in opening hours too; never during a sale
	OneWay  bool   `json:"one_way,omitempty"` // a release that allows no way back is wanted all the same
}

// State is how far a terminal is with a wish.
type State string

// The states.
const (
	Idle        State = "idle"
	Downloading State = "downloading"
	Downloaded  State = "downloaded" // waits for a quiet hour, or is being written
	Trying      State = "trying"
)

// Result is how a wish ended.
type Result string

// The results.
const (
	Confirmed  Result = "confirmed"
	RolledBack Result = "rolled-back"
	Refused    Result = "refused"
)

// Report is the part of a terminal's reported state that is about its release.
type Report struct {
	Version string `json:"version"` // that runs
	Board   string `json:"board"`
	Slot    int    `json:"slot,omitempty"` // it runs from; 0: not from a card in slots, and it cannot be updated so
	State   State  `json:"state"`
	Target  string `json:"target,omitempty"`  // the version under way
	Rollout string `json:"rollout,omitempty"` // and the wish
	// Last is the end of the last wish.
	Last *Outcome `json:"last,omitempty"`
}

// Outcome is how a wish ended.
type Outcome struct {
	Rollout string `json:"rollout,omitempty"`
	Version string `json:"version"`
	Result  Result `json:"result"`
	Why     string `json:"why,omitempty"`    // a word
	Reason  string `json:"reason,omitempty"` // a sentence
}

// CheckSum holds the form of a SHA-256 in hexadecimal.
func CheckSum(s string) error {
	if raw, err := hex.DecodeString(s); err != nil || len(raw) != 32 || hex.EncodeToString(raw) != s {
		return fmt.Errorf("%.80q is no SHA-256", s)
	}
	return nil
}
