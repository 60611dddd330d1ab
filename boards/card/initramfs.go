package card

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// initramfs is what the kernel unpacks as its root: till as /init, the two
// devices without which a Go program ends at once, folders to mount on, the
// kernel's modules.
func (r *Recipe) initramfs() ([]byte, error) {
	entries := append(Nodes(), Entry{Name: "init", Mode: ModeFile | 0o755, Data: r.Till})
	for _, folder := range []string{"boot", "data", "etc", "proc", "run", "sys", "tmp"} {
		entries = append(entries, Entry{Name: folder, Mode: ModeFolder | 0o755})
	}
	if len(r.Roots) > 0 {
		// The first place that crypto/x509 looks at.
		entries = append(entries, Entry{Name: "etc/ssl/certs/ca-certificates.crt", Mode: ModeFile | 0o644, Data: r.Roots})
	}
	if len(r.Trust) > 0 {
		entries = append(entries, Entry{Name: TrustFile, Mode: ModeFile | 0o644, Data: r.Trust})
	}
	modules, err := r.modules()
	if err != nil {
		return nil, err
	}
	radio, err := r.radio()
	if err != nil {
		return nil, err
	}
	entries = withFolders(append(append(entries, modules...), radio...))

	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := WriteArchive(z, entries); err != nil {
		return nil, fmt.Errorf("pack the initramfs: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack the initramfs: %w", err)
	}
	return b.Bytes(), nil
}

const modulesRoot = "kernel/lib/modules"

// modules are those of the board's recipe and what they depend on, and a
// modules.dep that speaks of no others.
func (r *Recipe) modules() ([]Entry, error) {
	if len(r.Board.Image.Modules) == 0 {
		return nil, nil
	}
	releases, err := fs.ReadDir(r.Blobs, modulesRoot)
	if err != nil {
		return nil, fmt.Errorf("list the kernel's modules: %w", err)
	}
	if len(releases) != 1 {
		return nil, fmt.Errorf("%s has %d folders: it should have one, of the kernel's release", modulesRoot, len(releases))
	}
	from, to := path.Join(modulesRoot, releases[0].Name()), path.Join("lib/modules", releases[0].Name())
	raw, err := fs.ReadFile(r.Blobs, path.Join(from, "modules.dep"))
	if err != nil {
		return nil, fmt.Errorf("read what the kernel's modules depend on: %w", err)
	}
	needs := make(map[string][]string) // path below from -> paths
	for line := range strings.Lines(string(raw)) {
		if module, rest, ok := strings.Cut(line, ":"); ok {
			needs[module] = strings.Fields(rest)
		}
	}
	var take func(module string)
	taken := make(map[string]bool)
	take = func(module string) {
		if !taken[module] {
			taken[module] = true
			for _, n := range needs[module] {
				take(n)
			}
		}
	}
	for _, name := range r.Board.Image.Modules {
		found := false
		for module := range needs {
			if path.Base(module) == name {
				take(module)
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("the kernel has no module %s", name)
		}
	}
	var all []Entry
	var dep strings.Builder
	for _, module := range slices.Sorted(maps.Keys(taken)) {
		data, err := fs.ReadFile(r.Blobs, path.Join(from, module))
		if err != nil {
			return nil, err
		}
		all = append(all, Entry{Name: path.Join(to, module), Mode: ModeFile | 0o644, Data: data})
		dep.WriteString(strings.Join(append([]string{module + ":"}, needs[module]...), " ") + "\n")
	}
	return append(all, Entry{Name: path.Join(to, "modules.dep"), Mode: ModeFile | 0o644, Data: []byte(dep.String())}), nil
}

// maxRadio bounds the radio's firmware, in bytes. All of linux-firmware's folder brcm has 30 MB; a board needs one.
const maxRadio = 4 << 20

// radio is the firmware of the board's radio, where the driver looks for it.
func (r *Recipe) radio() ([]Entry, error) {
	if r.Radio == nil {
		return nil, nil
	}
	var all []Entry
	size := 0
	err := fs.WalkDir(r.Radio, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(r.Radio, name)
		if size += len(data); err == nil && size > maxRadio {
			err = fmt.Errorf("more than %d MiB: give only this board's files", maxRadio>>20)
		}
		all = append(all, Entry{Name: path.Join("lib/firmware/brcm", name), Mode: ModeFile | 0o644, Data: data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the radio's firmware: %w", err)
	}
	return all, nil
}

// CheckProgram says what keeps a program from being /init on a card.
func CheckProgram(till []byte) error {
	f, err := elf.NewFile(bytes.NewReader(till))
	if err != nil {
		return fmt.Errorf("the program for the card is no ELF file: %w", err)
	}
	if f.Machine != elf.EM_AARCH64 || f.Class != elf.ELFCLASS64 {
		return fmt.Errorf("the program for the card is built for %v: build it for linux/arm64 (make firmware)", f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("the program for the card needs a dynamic linker, and there is none: build it with CGO_ENABLED=0 (make firmware)")
		}
	}
	return nil
}

// Entry is a file, folder or device of an archive.
type Entry struct {
	Name         string // without a slash in front; folders come before what is in them
	Mode         uint32 // as in stat(2)
	Data         []byte
	Major, Minor uint32 // of a device
}

// Kinds of an entry, in its mode.
const (
	ModeFile   = 0o100000
	ModeFolder = 0o040000
	ModeDevice = 0o020000 // a character device
)

// Nodes are the two devices without which a Go program, as the first one of a
// system, ends at once.
func Nodes() []Entry {
	return []Entry{
		{Name: "dev", Mode: ModeFolder | 0o755},
		{Name: "dev/console", Mode: ModeDevice | 0o600, Major: 5, Minor: 1},
		{Name: "dev/null", Mode: ModeDevice | 0o666, Major: 1, Minor: 3},
	}
}

// withFolders adds the folders that entries lie in, and sorts all by name, so that a folder comes before what is in it.
func withFolders(entries []Entry) []Entry {
	there := make(map[string]bool)
	for _, e := range entries {
		there[e.Name] = true
	}
	for _, e := range slices.Clone(entries) {
		for dir := path.Dir(e.Name); dir != "."; dir = path.Dir(dir) {
			if !there[dir] {
				there[dir] = true
				entries = append(entries, Entry{Name: dir, Mode: ModeFolder | 0o755})
			}
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries
}

// WriteArchive writes a cpio archive in its "newc" form, which is what the
// kernel unpacks. Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
func WriteArchive(w io.Writer, entries []Entry) error {
	at := int64(0)
	write := func(b []byte) error {
		n, err := w.Write(b)
		at += int64(n)
		return err
	}
	pad := func() error { return write(make([]byte, (4-at%4)%4)) }
	for i, e := range append(slices.Clone(entries), Entry{Name: "TRAILER!!!"}) {
		links := 1
		if e.Mode&0o170000 == ModeFolder {
			links = 2
		}
		// inode, mode, uid, gid, links, mtime, size, device's and own major and minor, name's length, no checksum
		header := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
			i+1, e.Mode, 0, 0, links, fixedTime().Unix(), len(e.Data), 0, 0, e.Major, e.Minor, len(e.Name)+1, 0)
		for _, part := range [][]byte{[]byte(header + e.Name + "\x00"), e.Data} {
			if err := write(part); err != nil {
				return err
			}
			if err := pad(); err != nil {
				return err
			}
		}
	}
	return nil
}
