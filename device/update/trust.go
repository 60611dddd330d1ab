package update

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"till/device/slots"
	"till/durable"
	"till/sync/wire/updates"
)

// Trust is what this terminal knows to be signed: it follows the client workflow
// of The Update Framework (specification 5), with go-tuf's verification and the
// newest metadata seen kept in a folder, so that older ones are known as such.
//
// go-tuf's own updater is not used: it takes the machine's clock for the time,
// writes files without syncing them, and holds whole targets in memory.
type Trust struct {
	dir  string
	root []byte // that the terminal was made with
}

// NewTrust trusts root, and what follows from it, and keeps the metadata in dir.
func NewTrust(dir string, root []byte) *Trust { return &Trust{dir, root} }

// maxRoots is how many new roots are followed at once.
const maxRoots = 64

// Refresh reads the newest list of releases. now is a time that can be trusted.
// The error is a *slots.Refusal where what came must not be trusted, and another
// where nothing came.
func (t *Trust) Refresh(ctx context.Context, source Source, now time.Time) ([]slots.Release, error) {
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return nil, fmt.Errorf("read the releases: %w", err)
	}
	trusted, err := t.followRoots(ctx, source, now)
	if err != nil {
		return nil, judge("root", err)
	}
	if err := t.timestamp(ctx, source, trusted); err != nil {
		return nil, judge("timestamp", err)
	}
	file := trusted.Timestamp.Signed.Meta["snapshot.json"]
	if file == nil {
		return nil, &slots.Refusal{Why: slots.WhyMetadata, Reason: "the timestamp names no snapshot"}
	}
	err = t.part(ctx, source, "snapshot", file, updates.MaxSnapshot, func(raw []byte, kept bool) error {
		_, err := trusted.UpdateSnapshot(raw, kept)
		return err
	})
	if err != nil {
		return nil, judge("snapshot", err)
	}
	if file = trusted.Snapshot.Signed.Meta["targets.json"]; file == nil {
		return nil, &slots.Refusal{Why: slots.WhyMetadata, Reason: "the snapshot names no list of releases"}
	}
	err = t.part(ctx, source, "targets", file, updates.MaxTargets, func(raw []byte, _ bool) error {
		_, err := trusted.UpdateTargets(raw)
		return err
	})
	if err != nil {
		return nil, judge("list of releases", err)
	}
	return releases(trusted.Targets[metadata.TARGETS])
}

// followRoots begins with the newest root kept, or the one the terminal was made
// with, and follows each to the next.
func (t *Trust) followRoots(ctx context.Context, source Source, now time.Time) (*trustedmetadata.TrustedMetadata, error) {
	trusted, err := t.begin()
	if err != nil {
		return nil, err
	}
	trusted.RefTime = now
	before := online(trusted)
	for range maxRoots {
		raw, err := fetch(ctx, source, fmt.Sprintf("%d.root.json", trusted.Root.Signed.Version+1), updates.MaxRoot)
		if errors.Is(err, ErrNone) {
			break
		}
		if err != nil {
			return nil, err
		}
		if _, err := trusted.UpdateRoot(raw); err != nil {
			return nil, err
		}
		// Whoever had the gateway's keys may have counted its versions up as far
		// as they go: with new keys the count begins anew (specification 5.3.11).
		if now := online(trusted); !slices.Equal(now, before) {
			for _, name := range []string{"timestamp", "snapshot", "targets"} {
				if err := os.Remove(t.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
					return nil, err
				}
			}
			before = now
		}
		if err := durable.Write(t.path("root"), raw, 0o600); err != nil {
			return nil, err
		}
	}
	return trusted, nil
}

func (t *Trust) begin() (*trustedmetadata.TrustedMetadata, error) {
	made, err := trustedmetadata.New(t.root)
	if err != nil {
		return nil, fmt.Errorf("the root that this terminal was made with: %w", err)
	}
	raw, err := readKept(t.path("root"), updates.MaxRoot)
	if err != nil {
		return made, nil // it has seen no newer one yet
	}
	kept, err := trustedmetadata.New(raw)
	if err != nil || kept.Root.Signed.Version < made.Root.Signed.Version {
		return made, nil
	}
	return kept, nil
}

// online are the keys that the gateway holds.
func online(t *trustedmetadata.TrustedMetadata) []string {
	var ids []string
	for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT} {
		if r := t.Root.Signed.Roles[role]; r != nil {
			ids = append(ids, r.KeyIDs...)
		}
	}
	slices.Sort(ids)
	return ids
}

func (t *Trust) path(role string) string { return filepath.Join(t.dir, role+".json") }

func (t *Trust) timestamp(ctx context.Context, source Source, trusted *trustedmetadata.TrustedMetadata) error {
	if raw, err := readKept(t.path("timestamp"), updates.MaxTimestamp); err == nil {
		// It serves to tell an older one; it may have expired, or be of old keys.
		_, _ = trusted.UpdateTimestamp(raw)
	}
	raw, err := fetch(ctx, source, "timestamp.json", updates.MaxTimestamp)
	if err != nil {
		return err
	}
	_, err = trusted.UpdateTimestamp(raw)
	var equal *metadata.ErrEqualVersionNumber
	if errors.As(err, &equal) {
		if trusted.Timestamp.Signed.IsExpired(trusted.RefTime) {
			return &metadata.ErrExpiredMetadata{Msg: "timestamp.json is expired"}
		}
		return nil
	}
	if err != nil {
		return err
	}
	return durable.Write(t.path("timestamp"), raw, 0o600)
}

// part takes what was kept where it is the version asked for, or else fetches that.
func (t *Trust) part(ctx context.Context, source Source, role string, file *metadata.MetaFiles, most int64, take func(raw []byte, kept bool) error) error {
	if raw, err := readKept(t.path(role), most); err == nil {
		if err := take(raw, true); err == nil {
			return nil
		}
	}
	raw, err := fetch(ctx, source, fmt.Sprintf("%d.%s.json", file.Version, role), most)
	if err != nil {
		return err
	}
	if err := take(raw, false); err != nil {
		return err
	}
	return durable.Write(t.path(role), raw, 0o600)
}

func readKept(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return readAll(f, most)
}

func fetch(ctx context.Context, source Source, path string, most int64) ([]byte, error) {
	r, _, err := source.Open(ctx, path, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	raw, err := readAll(r, most)
	if err != nil {
		return nil, fmt.Errorf("download %s: %w", path, err)
	}
	return raw, nil
}

func readAll(r io.Reader, most int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(raw)) > most {
		return nil, &slots.Refusal{Why: slots.WhyMetadata, Reason: fmt.Sprintf("it has more than %d bytes", most)}
	}
	return raw, err
}

// judge tells what must not be trusted from what did not come.
func judge(what string, err error) error {
	var refusal *slots.Refusal
	if errors.As(err, &refusal) {
		return &slots.Refusal{Why: refusal.Why, Reason: fmt.Sprintf("the gateway's %s: %s", what, refusal.Reason)}
	}
	refuse := func(why, form string, args ...any) error {
		return &slots.Refusal{Why: why, Reason: fmt.Sprintf("the gateway's "+what+" "+form, args...)}
	}
	var (
		unsigned *metadata.ErrUnsignedMetadata
		version  *metadata.ErrBadVersionNumber
		expired  *metadata.ErrExpiredMetadata
		sum      *metadata.ErrLengthOrHashMismatch
		form     *metadata.ErrRepository
		value    *metadata.ErrValue
		syntax   *json.SyntaxError
		kind     *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &expired):
		return refuse(slots.WhyExpired, "holds no longer: %s", expired.Msg)
	case errors.As(err, &unsigned):
		return refuse(slots.WhySignature, "is not signed by those who may: %s", unsigned.Msg)
	case errors.As(err, &version):
		return refuse(slots.WhyReplayed, "is older than one seen before: %s", version.Msg)
	case errors.As(err, &sum):
		return refuse(slots.WhyDamaged, "is not the one that was signed")
	case errors.As(err, &form), errors.As(err, &value), errors.As(err, &syntax), errors.As(err, &kind):
		return refuse(slots.WhyMetadata, "cannot be read: %v", err)
	}
	return fmt.Errorf("read the gateway's %s: %w", what, err)
}

// releases are what the signed list holds. One whose custom part cannot be read
// is of a later time, and not for this terminal.
func releases(targets *metadata.Metadata[metadata.TargetsType]) ([]slots.Release, error) {
	var all []slots.Release
	for name, target := range targets.Signed.Targets {
		r := slots.Release{Name: name, Size: target.Length, SHA256: hex.EncodeToString(target.Hashes["sha256"])}
		if target.Custom == nil || json.Unmarshal(*target.Custom, &r.About) != nil {
			continue
		}
		all = append(all, r)
	}
	return all, nil
}

// Find finds the release of a version for a board.
func Find(all []slots.Release, version, board string) (slots.Release, error) {
	other := ""
	for _, r := range all {
		if r.Version != version {
			continue
		}
		if r.Board == board {
			return r, nil
		}
		other = r.Board
	}
	if other != "" {
		return slots.Release{}, &slots.Refusal{Why: slots.WhyBoard, Reason: fmt.Sprintf("release %s is there for board %s and not for %s", version, other, board)}
	}
	return slots.Release{}, &slots.Refusal{Why: slots.WhyMetadata, Reason: fmt.Sprintf("release %s is not in the signed list", version)}
}
