package card

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime/debug"
	"slices"
	"strings"
)

// The parts of CycloneDX 1.6 that are needed here (https://cyclonedx.org/docs/1.6/json/).
type (
	bom struct {
		Schema       string          `json:"$schema"`
		Format       string          `json:"bomFormat"`
		SpecVersion  string          `json:"specVersion"`
		Serial       string          `json:"serialNumber"`
		Version      int             `json:"version"`
		Metadata     bomMetadata     `json:"metadata"`
		Components   []bomComponent  `json:"components"`
		Dependencies []bomDependency `json:"dependencies"`
	}
	bomMetadata struct {
		Component bomComponent `json:"component"`
	}
	bomComponent struct {
		Ref         string         `json:"bom-ref"`
		Type        string         `json:"type"`
		Name        string         `json:"name"`
		Version     string         `json:"version,omitempty"`
		Description string         `json:"description,omitempty"`
		Hashes      []bomHash      `json:"hashes,omitempty"`
		Licenses    []bomLicence   `json:"licenses,omitempty"`
		PackageURL  string         `json:"purl,omitempty"`
		Components  []bomComponent `json:"components,omitempty"`
	}
	bomHash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	bomLicence struct {
		License struct {
			ID   string `json:"id,omitempty"` // of SPDX
			Name string `json:"name,omitempty"`
		} `json:"license"`
	}
	bomDependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn"`
	}
)

// SBOM is the list of what an image is made of, as CycloneDX 1.6 in JSON: till
// and every Go module in it, by what the program says of itself; the kernel and
// the firmware, by the versions that the blobs were fetched at. The same for
// the same image.
func (r *Recipe) SBOM() ([]byte, error) {
	image := bomComponent{
		Ref: "image", Type: "firmware", Name: "till-" + r.Board.Name, Version: r.Version,
		Description: "memory card of a payment terminal: " + r.Board.About,
	}
	till, modules, err := r.programComponents()
	if err != nil {
		return nil, fmt.Errorf("list what the image is made of: %w", err)
	}
	blobs, err := r.blobComponents()
	if err != nil {
		return nil, fmt.Errorf("list what the image is made of: %w", err)
	}
	parts := append([]bomComponent{till}, blobs...)
	b := bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata:   bomMetadata{image},
		Components: append(parts, modules...),
		Dependencies: []bomDependency{
			{image.Ref, refs(parts)},
			{till.Ref, refs(modules)},
		},
	}
	if b.Serial, err = serial(b); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

func refs(all []bomComponent) []string {
	on := []string{}
	for _, c := range all {
		on = append(on, c.Ref)
	}
	return on
}

// serial is an UUID made of the list itself: there is no other list with this one.
func serial(b bom) (string, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	u := sha256.Sum256(text)
	u[6] = u[6]&0x0f | 0x80 // RFC 9562, version 8
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16]), nil
}

// programComponents are till, and the modules that are compiled into it.
func (r *Recipe) programComponents() (till bomComponent, modules []bomComponent, err error) {
	till = bomComponent{
		Ref: "till", Type: "application", Name: "till", Version: r.Version,
		Hashes: []bomHash{sha256Of(r.Till)}, Licenses: []bomLicence{spdx("Apache-2.0")},
	}
	info, err := buildinfo.Read(bytes.NewReader(r.Till))
	if err != nil {
		return till, nil, fmt.Errorf("ask the program for its modules: %w", err)
	}
	version := strings.TrimPrefix(strings.Fields(info.GoVersion + " ")[0], "go")
	modules = append(modules, bomComponent{
		Ref: "pkg:golang/std@" + version, Type: "library", Name: "std", Version: version,
		PackageURL: "pkg:golang/std@" + version, Licenses: []bomLicence{spdx("BSD-3-Clause")},
	})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		modules = append(modules, module(m))
	}
	return till, modules, nil
}

// module is a Go module, named as package-url/purl-spec says of golang.
func module(m *debug.Module) bomComponent {
	url := "pkg:golang/" + m.Path + "@" + strings.ReplaceAll(m.Version, "+", "%2B")
	return bomComponent{Ref: url, Type: "library", Name: m.Path, Version: m.Version, PackageURL: url}
}

// blobComponents are the kernel and, where the card holds it, the firmware.
func (r *Recipe) blobComponents() ([]bomComponent, error) {
	versions, err := fs.ReadFile(r.Blobs, "versions")
	if err != nil {
		return nil, fmt.Errorf("%w: fill the folder with scripts/fetch-blobs", err)
	}
	kernel, err := r.blobComponent("github.com/gokrazy/kernel.rpi", versions, "kernel", append([]string{kernelFile}, r.Board.Tree.Blobs...))
	if err != nil {
		return nil, err
	}
	kernel.Ref, kernel.Type, kernel.Licenses = "linux", "operating-system", []bomLicence{spdx("GPL-2.0-only")}
	kernel.Description = "the Linux kernel of raspberrypi/linux, its device trees, overlays and modules"
	if releases, err := fs.ReadDir(r.Blobs, modulesRoot); err == nil && len(releases) == 1 {
		kernel.Description += ", release " + releases[0].Name()
	}
	files := slices.Concat(r.Board.Image.First, r.Board.Image.Slot)
	if len(files) == 0 {
		return []bomComponent{kernel}, nil
	}
	firmware, err := r.blobComponent("github.com/gokrazy/firmware", versions, "firmware", files)
	if err != nil {
		return nil, err
	}
	firmware.Ref, firmware.Type = "firmware", "firmware"
	firmware.Description = "the boot firmware of raspberrypi/firmware"
	var licence bomLicence
	licence.License.Name = "Broadcom Corporation and Raspberry Pi (Trading) Ltd, redistributable (LICENCE.broadcom)"
	firmware.Licenses = []bomLicence{licence}
	return []bomComponent{kernel, firmware}, nil
}

// blobComponent is a module of blobs and the files taken out of it, which are in folder.
func (r *Recipe) blobComponent(name string, versions []byte, folder string, files []string) (bomComponent, error) {
	version, err := requiredVersion(versions, name)
	if err != nil {
		return bomComponent{}, err
	}
	c := module(&debug.Module{Path: name, Version: version})
	for _, file := range files {
		data, err := fs.ReadFile(r.Blobs, path.Join(folder, file))
		if err != nil {
			return c, err
		}
		c.Components = append(c.Components, bomComponent{
			Ref: path.Join(folder, file), Type: "file", Name: file, Hashes: []bomHash{sha256Of(data)},
		})
	}
	return c, nil
}

func sha256Of(data []byte) bomHash {
	sum := sha256.Sum256(data)
	return bomHash{"SHA-256", hex.EncodeToString(sum[:])}
}

// requiredVersion reads a go.mod's require line of a module.
func requiredVersion(mod []byte, name string) (string, error) {
	for line := range strings.Lines(string(mod)) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(f) >= 2 && f[0] == name {
			return f[1], nil
		}
	}
	return "", errors.New("the blobs' versions do not name " + name + ": fetch them anew with scripts/fetch-blobs")
}

func spdx(id string) (l bomLicence) {
	l.License.ID = id
	return l
}
