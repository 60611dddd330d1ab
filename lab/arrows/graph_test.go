package arrows

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// graph is who imports whom, by import path, tests left out.
type graph map[string][]string

// architectures are those the programs are built for; a file may be there for one of them only.
var architectures = []string{"amd64", "arm64", "arm"}

// load reads the graph of the whole module and all it imports, and the name each package of ours gives itself.
func load() (graph, map[string]string, error) {
	g, names := graph{}, map[string]string{}
	for _, arch := range architectures {
		list := exec.Command("go", "list", "-deps", "-json=ImportPath,Name,Imports", module+"/...")
		list.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				err = fmt.Errorf("%w\n%s", err, exit.Stderr)
			}
			return nil, nil, fmt.Errorf("go list for %s: %w", arch, err)
		}
		for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
			var p struct {
				ImportPath, Name string
				Imports          []string
			}
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, nil, fmt.Errorf("read what go list says for %s: %w", arch, err)
			}
			for _, to := range p.Imports {
				if !slices.Contains(g[p.ImportPath], to) {
					g[p.ImportPath] = append(g[p.ImportPath], to)
				}
			}
			if _, ok := g[p.ImportPath]; !ok {
				g[p.ImportPath] = nil
			}
			if ours(p.ImportPath) {
				names[p.ImportPath] = p.Name
			}
		}
	}
	return g, names, nil
}

// chain is a shortest way from a package to one that pattern matches, both ends included, or nil if there is none.
func (g graph) chain(from, pattern string) []string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && matches(pattern, at) {
			var way []string
			for ; at != ""; at = before[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, to := range g[at] {
			if _, seen := before[to]; !seen {
				before[to] = at
				queue = append(queue, to)
			}
		}
	}
	return nil
}

// imported is one import line of one file.
type imported struct {
	file        string // below root
	path, alias string // alias is "" if the line gives none
}

// String is the line as it stands in the file.
func (i imported) String() string { return strings.TrimSpace(fmt.Sprintf("%s %q", i.alias, i.path)) }

// imports reads the import lines of every Go file of the module at root, tests included.
func imports(root string) ([]imported, error) {
	var all []imported
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root:
			_, module := os.Stat(filepath.Join(name, "go.mod"))
			if module == nil || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			line := imported{file: below}
			if line.path, err = strconv.Unquote(spec.Path.Value); err != nil {
				return fmt.Errorf("%s: %w", below, err)
			}
			if spec.Name != nil {
				line.alias = spec.Name.Name
			}
			all = append(all, line)
		}
		return nil
	})
	return all, err
}
