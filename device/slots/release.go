package slots

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"till/sync/wire/updates"
)

// Release is a system to put into a slot, as its signed metadata tells it.
type Release struct {
	updates.About
	// Name, Size (bytes) and SHA256 (hexadecimal) are of the file that is downloaded.
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Self is the system that runs.
type Self struct {
	Version string
	Board   string
	Schema  int // of the store, as it writes it
}

// Refusal is why a release is not installed: a word for machines, a sentence for people.
type Refusal struct {
	Why    string
	Reason string
}

func (r *Refusal) Error() string { return r.Reason }

// The words of a Refusal, and of how an update ended.
const (
	WhyOlder     = "older-version"
	WhyBoard     = "wrong-board"
	WhySchema    = "schema"
	WhyOneWay    = "one-way"
	WhyDamaged   = "damaged"   // its bytes are not the ones that were signed
	WhySignature = "signature" // nobody we trust signed it
	WhyExpired   = "expired"   // what was signed holds no longer
	WhyReplayed  = "replayed"  // what was signed is older than what was seen before
	WhyTruncated = "truncated"
	WhyTooLarge  = "too-large"
	WhySpace     = "no-space"
	WhyMetadata  = "metadata" // it is not what a release says of itself
	WhyStore     = "store"    // a tried system did not open the store
	WhyScreen    = "screen"   // nor draw a screen
	WhyGateway   = "gateway"  // nor reach the gateway
	WhyStopped   = "stopped"  // it did all that, and did not stay up
	WhyCard      = "card"     // the card does not take it
)

const maxNameBytes = 128

// Check holds what a release says of itself to its form.
func (r Release) Check() error {
	bad := func(form string, args ...any) error {
		return &Refusal{WhyMetadata, fmt.Sprintf("release %.40q: ", r.Version) + fmt.Sprintf(form, args...)}
	}
	switch {
	case !semver.IsValid(r.Version) || semver.Canonical(r.Version) != r.Version:
		return bad("its version has not the form v1.2.3")
	case r.Board == "":
		return bad("it names no board")
	case r.Name == "" || len(r.Name) > maxNameBytes || strings.ContainsAny(r.Name, "/\\") || strings.HasPrefix(r.Name, "."):
		return bad("%.40q is no file's name", r.Name)
	case r.Size <= 0 || r.ImageSize <= 0 || r.ImageSize%512 != 0:
		return bad("%d and %d bytes are no sizes", r.Size, r.ImageSize)
	case updates.CheckSum(r.SHA256) != nil || updates.CheckSum(r.ImageSHA256) != nil:
		return bad("its sums are no SHA-256")
	case r.Schema < 1 || r.Reads < 1 || r.Reads > r.Schema:
		return bad("it writes schema %d and reads from %d on", r.Schema, r.Reads)
	}
	return nil
}

// Refuse says why a release must not be put over self, or is nil. floor is the
// newest version ever confirmed here, oneWay that the operator allows no way back.
func (r Release) Refuse(self Self, floor string, slotSize int64, oneWay bool) error {
	if err := r.Check(); err != nil {
		return err
	}
	newest := self.Version
	if !semver.IsValid(newest) || semver.IsValid(floor) && semver.Compare(floor, newest) > 0 {
		newest = floor
	}
	switch {
	case r.Board != self.Board:
		return &Refusal{WhyBoard, fmt.Sprintf("release %s is for board %s; this is %s", r.Version, r.Board, self.Board)}
	case semver.IsValid(newest) && semver.Compare(r.Version, newest) <= 0:
		return &Refusal{WhyOlder, fmt.Sprintf("release %s is not newer than %s, which ran here", r.Version, newest)}
	case r.ImageSize > slotSize:
		return &Refusal{WhyTooLarge, fmt.Sprintf("release %s takes %d bytes; a slot of this card has %d", r.Version, r.ImageSize, slotSize)}
	case r.Reads > self.Schema:
		return &Refusal{WhySchema, fmt.Sprintf("release %s reads stores from schema %d on; this one has %d: install a release between them first", r.Version, r.Reads, self.Schema)}
	case r.Schema > self.Schema && !r.OneWay:
		return &Refusal{WhySchema, fmt.Sprintf("release %s writes schema %d, which %s does not read, and does not say that it is one-way", r.Version, r.Schema, self.Version)}
	case r.OneWay && !oneWay:
		return &Refusal{WhyOneWay, fmt.Sprintf("release %s is one-way: it was not staged as such", r.Version)}
	}
	return nil
}
