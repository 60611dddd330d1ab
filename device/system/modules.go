package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// maxDependencies bounds modules.dep, in bytes; a full kernel's is 1 MB.
const maxDependencies = 4 << 20

// loadModules loads every module that the initramfs holds, each after those it
// needs: whoever builds the image puts in what the board needs and no more.
func (s *System) loadModules(context.Context) error {
	release, err := readSmall(s.path("/proc/sys/kernel/osrelease"))
	if err != nil {
		return fmt.Errorf("ask for the kernel's version: %w", err)
	}
	folder := path.Join("/lib/modules", strings.TrimSpace(string(release)))
	raw, err := readUpTo(s.path(path.Join(folder, "modules.dep")), maxDependencies)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // none are needed
	} else if err != nil {
		return err
	}
	there := func(module string) bool {
		_, err := os.Stat(s.path(path.Join(folder, module)))
		return err == nil
	}
	var faults []error
	for _, module := range LoadOrder(ParseDependencies(raw), there) {
		if err := s.Kernel.LoadModule(s.path(path.Join(folder, module))); err != nil {
			faults = append(faults, fmt.Errorf("load %s: %w", path.Base(module), err))
			continue
		}
		s.log.Info("loaded", "module", path.Base(module))
	}
	return errors.Join(faults...)
}

// Dependencies is a line of modules.dep: a module and what it needs, the
// nearest first. Paths are below the folder of modules.dep.
type Dependencies struct {
	Module string
	Needs  []string
}

// ParseDependencies reads modules.dep (modules.dep(5)). Lines that are none are
// passed over, and so are paths that lead out of the folder.
func ParseDependencies(raw []byte) []Dependencies {
	var all []Dependencies
	for line := range bytes.Lines(raw) {
		module, needs, ok := strings.Cut(strings.TrimSpace(string(line)), ":")
		if !ok || !local(module) {
			continue
		}
		d := Dependencies{Module: module}
		for _, n := range strings.Fields(needs) {
			if local(n) {
				d.Needs = append(d.Needs, n)
			}
		}
		all = append(all, d)
	}
	return all
}

func local(module string) bool {
	return fs.ValidPath(module) && strings.HasSuffix(module, ".ko")
}

// LoadOrder is the modules that are there, each once and after what it needs.
func LoadOrder(all []Dependencies, there func(module string) bool) []string {
	var order []string
	done := map[string]bool{}
	add := func(module string) {
		if !done[module] && there(module) {
			done[module] = true
			order = append(order, module)
		}
	}
	for _, d := range all {
		if !there(d.Module) {
			continue
		}
		for _, n := range slices.Backward(d.Needs) { // the farthest need comes last
			add(n)
		}
		add(d.Module)
	}
	return order
}
