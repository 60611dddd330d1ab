// Package releases is the gateway's side of updates: a repository of signed
// releases, the rollouts that bring them to a share of the fleet, and what they
// came to.
//
// The repository is a folder in the form of The Update Framework, signed by
// go-tuf. Its four roles and who holds their keys:
//
//	root       the operator, off line; names all keys, at a threshold
//	targets    the operator, off line; says which releases there are
//	snapshot   the gateway: which metadata belong together
//	timestamp  the gateway: that this is the newest
//
// So whoever takes the gateway can withhold releases, for as long as a timestamp
// holds, and make none.
package releases

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"golang.org/x/mod/semver"
	"golang.org/x/sys/unix"

	"till/durable"
	"till/sync/wire/updates"
)

// How long signatures hold. Timestamp and snapshot are signed anew by the
// gateway, daily.
const (
	RootLife      = 2 * 365 * 24 * time.Hour
	TargetsLife   = 365 * 24 * time.Hour
	SnapshotLife  = 14 * 24 * time.Hour
	TimestampLife = 7 * 24 * time.Hour
	resignAfter   = 24 * time.Hour
)

// maxRelease bounds a release file, in bytes.
const maxRelease = 1 << 30

// Repository is a folder with signed releases.
//
//	keys/        snapshot.pem, timestamp.pem
//	metadata/    1.root.json …, root.json (the newest), timestamp.json, N.snapshot.json, N.targets.json
//	targets/     SHA256.NAME
type Repository struct {
	dir string
	now func() time.Time
	mu  sync.Mutex
}

// Owners are the keys that the operator keeps off line.
type Owners struct {
	Root      []Key
	Threshold int // of root
	Targets   []Key
}

// Create makes a repository in a folder that has none, with keys of its own for
// snapshot and timestamp.
func Create(dir string, owners Owners, now func() time.Time) (*Repository, error) {
	r := &Repository{dir: dir, now: now}
	if _, err := os.Stat(r.metadataPath("root.json")); err == nil {
		return nil, fmt.Errorf("create a repository: %s holds one", dir)
	}
	if owners.Threshold < 1 || owners.Threshold > len(owners.Root) || len(owners.Targets) == 0 {
		return nil, fmt.Errorf("create a repository: %d of %d root keys and %d targets keys will not do", owners.Threshold, len(owners.Root), len(owners.Targets))
	}
	for _, d := range []string{"keys", "metadata", "targets"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("create a repository: %w", err)
		}
	}
	root := metadata.Root(now().Add(RootLife).UTC())
	root.Signed.Roles[metadata.ROOT].Threshold = owners.Threshold
	for _, role := range []string{metadata.SNAPSHOT, metadata.TIMESTAMP} {
		key, err := NewKey()
		if err != nil {
			return nil, err
		}
		if err := WriteKey(r.keyPath(role), key); err != nil {
			return nil, err
		}
		if err := root.Signed.AddKey(key.public, role); err != nil {
			return nil, fmt.Errorf("create a repository: %w", err)
		}
	}
	if err := addOwners(root, owners); err != nil {
		return nil, err
	}
	if err := sign(root, owners.Root...); err != nil {
		return nil, err
	}
	targets := metadata.Targets(now().Add(TargetsLife).UTC())
	if err := sign(targets, owners.Targets...); err != nil {
		return nil, err
	}
	if err := r.writeRoot(root); err != nil {
		return nil, err
	}
	return r, r.publish(targets)
}

func addOwners(root *metadata.Metadata[metadata.RootType], owners Owners) error {
	for role, keys := range map[string][]Key{metadata.ROOT: owners.Root, metadata.TARGETS: owners.Targets} {
		for _, k := range keys {
			if err := root.Signed.AddKey(k.public, role); err != nil {
				return fmt.Errorf("sign the root: %w", err)
			}
		}
	}
	return nil
}

// At is the repository in a folder, which may not be there yet: then its methods
// fail with ErrNone, and its Handler has nothing.
func At(dir string, now func() time.Time) *Repository { return &Repository{dir: dir, now: now} }

// ErrNone is a folder without a repository.
var ErrNone = errors.New("there are no releases here yet; till-cloud release init begins")

// lock keeps this program's other goroutines, and other programs, from signing
// at the same time.
func (r *Repository) lock() (unlock func(), err error) {
	r.mu.Lock()
	f, err := os.OpenFile(filepath.Join(r.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
			err = errors.Join(err, f.Close())
		}
	} else if _, none := os.Stat(r.metadataPath("root.json")); none != nil {
		err = ErrNone
	}
	if err != nil {
		r.mu.Unlock()
		return nil, err
	}
	return func() {
		_ = f.Close() // that unlocks it; nothing was written
		r.mu.Unlock()
	}, nil
}

func (r *Repository) metadataPath(name string) string { return filepath.Join(r.dir, "metadata", name) }
func (r *Repository) keyPath(role string) string      { return filepath.Join(r.dir, "keys", role+".pem") }

// RootFile is the newest root, which terminals are made with.
func (r *Repository) RootFile() ([]byte, error) { return os.ReadFile(r.metadataPath("root.json")) }

func (r *Repository) root() (*metadata.Metadata[metadata.RootType], error) {
	return read[metadata.RootType](r.metadataPath("root.json"), updates.MaxRoot)
}

// read loads metadata of the repository's own, which is not verified here:
// terminals do that.
func read[T metadata.Roles](path string, most int64) (*metadata.Metadata[T], error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (%w)", ErrNone, err)
	}
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are allowed", filepath.Base(path), len(raw), most)
	}
	var m metadata.Metadata[T]
	if _, err := m.FromBytes(raw); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return &m, nil
}

func (r *Repository) writeRoot(root *metadata.Metadata[metadata.RootType]) error {
	raw, err := root.ToBytes(false)
	if err != nil {
		return fmt.Errorf("write the root: %w", err)
	}
	if err := durable.Write(r.metadataPath(fmt.Sprintf("%d.root.json", root.Signed.Version)), raw, 0o600); err != nil {
		return fmt.Errorf("write the root: %w", err)
	}
	return durable.Write(r.metadataPath("root.json"), raw, 0o600)
}

// Rotate exchanges the operator's keys: the new root is signed by the old root
// keys and the new ones, and the list of releases by the new targets keys.
func (r *Repository) Rotate(old []Key, owners Owners) error {
	unlock, err := r.lock()
	if err != nil {
		return fmt.Errorf("exchange the keys: %w", err)
	}
	defer unlock()
	root, err := r.root()
	if err != nil {
		return err
	}
	_, targets, err := r.newest()
	if err != nil {
		return err
	}
	root.Signed.Version++
	root.Signed.Expires = r.now().Add(RootLife).UTC()
	for _, role := range []string{metadata.ROOT, metadata.TARGETS} {
		for _, id := range slices.Clone(root.Signed.Roles[role].KeyIDs) {
			if err := root.Signed.RevokeKey(id, role); err != nil {
				return fmt.Errorf("sign the root: %w", err)
			}
		}
	}
	root.Signed.Roles[metadata.ROOT].Threshold = owners.Threshold
	if err := addOwners(root, owners); err != nil {
		return err
	}
	if err := sign(root, unique(append(slices.Clone(old), owners.Root...))...); err != nil {
		return err
	}
	if err := r.writeRoot(root); err != nil {
		return err
	}
	targets.Signed.Version++
	targets.Signed.Expires = r.now().Add(TargetsLife).UTC()
	if err := sign(targets, owners.Targets...); err != nil {
		return err
	}
	return r.publish(targets)
}

func unique(keys []Key) []Key {
	var all []Key
	for _, k := range keys {
		if !slices.ContainsFunc(all, func(o Key) bool { return o.private.Equal(k.private) }) {
			all = append(all, k)
		}
	}
	return all
}

// Add takes in a release file, signed by targets keys.
func (r *Repository) Add(path string, keys ...Key) (updates.About, error) {
	unlock, err := r.lock()
	if err != nil {
		return updates.About{}, fmt.Errorf("add a release: %w", err)
	}
	defer unlock()
	about, err := r.add(path, keys)
	if err != nil {
		return about, fmt.Errorf("add release %s: %w", path, err)
	}
	return about, nil
}

func (r *Repository) add(path string, keys []Key) (updates.About, error) {
	about, size, sum, err := inspect(path)
	if err != nil {
		return about, err
	}
	_, targets, err := r.newest()
	if err != nil {
		return about, err
	}
	name := fmt.Sprintf("till-%s-%s.release", about.Board, about.Version)
	if _, there := targets.Signed.Targets[name]; there {
		return about, fmt.Errorf("%s is there already; a changed release needs a new version", name)
	}
	if err := copyFile(path, filepath.Join(r.dir, filepath.FromSlash(updates.TargetPath(sum, name)))); err != nil {
		return about, err
	}
	custom, err := json.Marshal(about)
	if err != nil {
		return about, err
	}
	raw, err := hex.DecodeString(sum)
	if err != nil {
		return about, err
	}
	targets.Signed.Targets[name] = &metadata.TargetFiles{Length: size, Hashes: metadata.Hashes{"sha256": raw}, Custom: (*json.RawMessage)(&custom)}
	targets.Signed.Version++
	targets.Signed.Expires = r.now().Add(TargetsLife).UTC()
	if err := sign(targets, keys...); err != nil {
		return about, err
	}
	root, err := r.root()
	if err != nil {
		return about, err
	}
	if err := root.VerifyDelegate(metadata.TARGETS, targets); err != nil {
		return about, fmt.Errorf("these keys do not do for this repository: %w", err)
	}
	return about, r.publish(targets)
}

// inspect reads a release file whole, and holds it to what it says of itself.
func inspect(path string) (about updates.About, size int64, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return about, 0, "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	hash := sha256.New()
	all := io.TeeReader(io.LimitReader(f, maxRelease), hash)
	m, image, err := updates.ReadRelease(all)
	if err != nil {
		return about, 0, "", err
	}
	if !semver.IsValid(m.Version) || semver.Canonical(m.Version) != m.Version {
		return about, 0, "", fmt.Errorf("version %.40q has not the form v1.2.3", m.Version)
	}
	if m.Board == "" || strings.ContainsAny(m.Board, `/\ .`) {
		return about, 0, "", fmt.Errorf("board %.40q is no name of a board", m.Board)
	}
	imageSum := sha256.New()
	n, err := io.Copy(imageSum, io.LimitReader(image, m.ImageSize+1))
	if err != nil {
		return about, 0, "", fmt.Errorf("read its image: %w", err)
	}
	if got := hex.EncodeToString(imageSum.Sum(nil)); n != m.ImageSize || got != m.ImageSHA256 {
		return about, 0, "", fmt.Errorf("its image has %d bytes and SHA-256 %s; it says %d and %s", n, got, m.ImageSize, m.ImageSHA256)
	}
	if _, err := io.Copy(io.Discard, all); err != nil {
		return about, 0, "", err
	}
	info, err := f.Stat()
	if err != nil {
		return about, 0, "", err
	}
	return m.About, info.Size(), hex.EncodeToString(hash.Sum(nil)), nil
}

// newest reads the snapshot and targets in force.
func (r *Repository) newest() (*metadata.Metadata[metadata.SnapshotType], *metadata.Metadata[metadata.TargetsType], error) {
	timestamp, err := read[metadata.TimestampType](r.metadataPath("timestamp.json"), updates.MaxTimestamp)
	if err != nil {
		return nil, nil, err
	}
	file := timestamp.Signed.Meta["snapshot.json"]
	if file == nil {
		return nil, nil, errors.New("timestamp.json names no snapshot")
	}
	snapshot, err := read[metadata.SnapshotType](r.metadataPath(fmt.Sprintf("%d.snapshot.json", file.Version)), updates.MaxSnapshot)
	if err != nil {
		return nil, nil, err
	}
	if file = snapshot.Signed.Meta["targets.json"]; file == nil {
		return nil, nil, errors.New("snapshot.json names no targets")
	}
	targets, err := read[metadata.TargetsType](r.metadataPath(fmt.Sprintf("%d.targets.json", file.Version)), updates.MaxTargets)
	return snapshot, targets, err
}

// publish writes targets, then a snapshot, then the timestamp that makes them the newest.
func (r *Repository) publish(targets *metadata.Metadata[metadata.TargetsType]) error {
	raw, err := targets.ToBytes(false)
	if err != nil {
		return fmt.Errorf("write the list of releases: %w", err)
	}
	if len(raw) > updates.MaxTargets {
		return fmt.Errorf("write the list of releases: %d bytes, at most %d are allowed: remove old ones", len(raw), updates.MaxTargets)
	}
	if err := durable.Write(r.metadataPath(fmt.Sprintf("%d.targets.json", targets.Signed.Version)), raw, 0o600); err != nil {
		return fmt.Errorf("write the list of releases: %w", err)
	}
	return r.attest(targets.Signed.Version, raw)
}

// attest signs snapshot and timestamp anew, for targets of this version and bytes.
func (r *Repository) attest(version int64, targets []byte) error {
	next := int64(1)
	stamp := int64(1)
	if old, err := read[metadata.TimestampType](r.metadataPath("timestamp.json"), updates.MaxTimestamp); err == nil {
		stamp = old.Signed.Version + 1
		if file := old.Signed.Meta["snapshot.json"]; file != nil {
			next = file.Version + 1
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	snapshotKey, err := ReadKey(r.keyPath(metadata.SNAPSHOT))
	if err != nil {
		return err
	}
	timestampKey, err := ReadKey(r.keyPath(metadata.TIMESTAMP))
	if err != nil {
		return err
	}
	snapshot := metadata.Snapshot(r.now().Add(SnapshotLife).UTC())
	snapshot.Signed.Version = next
	snapshot.Signed.Meta["targets.json"] = fileOf(version, targets)
	if err := sign(snapshot, snapshotKey); err != nil {
		return err
	}
	raw, err := snapshot.ToBytes(false)
	if err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	if err := durable.Write(r.metadataPath(fmt.Sprintf("%d.snapshot.json", next)), raw, 0o600); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	timestamp := metadata.Timestamp(r.now().Add(TimestampLife).UTC())
	timestamp.Signed.Version = stamp
	timestamp.Signed.Meta["snapshot.json"] = fileOf(next, raw)
	if err := sign(timestamp, timestampKey); err != nil {
		return err
	}
	if raw, err = timestamp.ToBytes(false); err != nil {
		return fmt.Errorf("write the timestamp: %w", err)
	}
	return durable.Write(r.metadataPath("timestamp.json"), raw, 0o600)
}

func fileOf(version int64, raw []byte) *metadata.MetaFiles {
	sum := sha256.Sum256(raw)
	return &metadata.MetaFiles{Version: version, Length: int64(len(raw)), Hashes: metadata.Hashes{"sha256": sum[:]}}
}

// Refresh signs snapshot and timestamp anew where the last time was a day ago.
// With now set, always.
func (r *Repository) Refresh(now bool) error {
	unlock, err := r.lock()
	if err != nil {
		return fmt.Errorf("sign the releases anew: %w", err)
	}
	defer unlock()
	timestamp, err := read[metadata.TimestampType](r.metadataPath("timestamp.json"), updates.MaxTimestamp)
	if err != nil {
		return fmt.Errorf("sign the releases anew: %w", err)
	}
	if signed := timestamp.Signed.Expires.Add(-TimestampLife); !now && r.now().Before(signed.Add(resignAfter)) {
		return nil
	}
	_, targets, err := r.newest()
	if err != nil {
		return fmt.Errorf("sign the releases anew: %w", err)
	}
	raw, err := os.ReadFile(r.metadataPath(fmt.Sprintf("%d.targets.json", targets.Signed.Version)))
	if err != nil {
		return fmt.Errorf("sign the releases anew: %w", err)
	}
	if err := r.attest(targets.Signed.Version, raw); err != nil {
		return fmt.Errorf("sign the releases anew: %w", err)
	}
	return nil
}

// Release is one that the repository holds.
type Release struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	updates.About
}

// Releases lists what is there, the newest first.
func (r *Repository) Releases() ([]Release, error) {
	unlock, err := r.lock()
	if err != nil {
		return nil, fmt.Errorf("list the releases: %w", err)
	}
	defer unlock()
	_, targets, err := r.newest()
	if err != nil {
		return nil, fmt.Errorf("list the releases: %w", err)
	}
	var all []Release
	for name, t := range targets.Signed.Targets {
		one := Release{Name: name, Size: t.Length, SHA256: hex.EncodeToString(t.Hashes["sha256"])}
		if t.Custom != nil {
			if err := json.Unmarshal(*t.Custom, &one.About); err != nil {
				return nil, fmt.Errorf("list the releases: %s: %w", name, err)
			}
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Release) int {
		if c := semver.Compare(b.Version, a.Version); c != 0 {
			return c
		}
		return strings.Compare(a.Board, b.Board)
	})
	return all, nil
}

func copyFile(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return durable.WriteFrom(to, f, 0o600)
}
