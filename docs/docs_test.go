// Package docs_test holds the pages to the tree and the code: links, paths and
// names lead somewhere, and the table of settings is complete.
package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is where the module lies, seen from this folder.
const root = ".."

// pages are the Markdown files at the root and below docs.
func pages(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".md" {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Fatalf("only the pages %v were found", all)
	}
	return all
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exists says whether a path, seen from a folder, is there.
func exists(folder, path string) bool {
	_, err := os.Stat(filepath.Join(folder, path))
	return err == nil
}

var (
	link    = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)[^)]*\)`)
	image   = regexp.MustCompile(`<img[^>]*\ssrc="([^"]+)"`)
	span    = regexp.MustCompile("`([^`\n]+)`")
	heading = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
	fence   = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```")
	name    = regexp.MustCompile(`^([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?$`)
	path    = regexp.MustCompile(`^[\w.-]+(?:/[\w.-]+)*/?$`)
)

// TestLinks holds that every link to a file leads to one, and every anchor to a heading.
func TestLinks(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		text := fence.ReplaceAllString(readPage(t, page), "")
		for _, m := range append(link.FindAllStringSubmatch(text, -1), image.FindAllStringSubmatch(text, -1)...) {
			target, anchor, anchored := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") {
				continue // of the web, which is not asked in a test
			}
			found++
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target)
			}
			if !exists(".", file) {
				t.Errorf("%s: link to %s leads nowhere", page, m[1])
				continue
			}
			if anchored && !slices.Contains(anchors(readPage(t, file)), anchor) {
				t.Errorf("%s: link to %s: there is no such heading", page, m[1])
			}
		}
	}
	if found < 3 {
		t.Errorf("only %d links were found", found)
	}
}

// anchors are the headings of a page as links name them.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		title := strings.ToLower(strings.NewReplacer("`", "", "*", "").Replace(m[1]))
		title = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(title, "")
		all = append(all, strings.ReplaceAll(title, " ", "-"))
	}
	return all
}

// TestPaths holds that every path of this repository that a page names is there,
// and that every package.Name it names is declared.
func TestPaths(t *testing.T) {
	top := folders(t)
	declared := declarations(t)
	paths, names := 0, 0
	for _, page := range pages(t) {
		text := fence.ReplaceAllString(readPage(t, page), "")
		for _, m := range span.FindAllStringSubmatch(text, -1) {
			for word := range strings.FieldsSeq(m[1]) {
				if n := name.FindStringSubmatch(word); n != nil && declared[n[1]] != nil {
					names++
					if !declared[n[1]][n[2]] || n[3] != "" && !declared[n[1]][n[2]+"."+n[3]] {
						t.Errorf("%s: %s is not declared", page, word)
					}
					continue
				}
				if p, ok := ofTree(word, top); ok {
					paths++
					if !exists(root, p) {
						t.Errorf("%s: there is no %s", page, word)
					}
				}
			}
		}
		for _, block := range fence.FindAllStringSubmatch(readPage(t, page), -1) {
			for word := range strings.FieldsSeq(block[2]) {
				if !strings.HasPrefix(word, "./") {
					continue
				}
				if p, ok := ofTree(word, top); ok && !exists(root, p) {
					t.Errorf("%s: there is no %s", page, word)
				}
			}
		}
	}
	if paths < 30 || names < 10 {
		t.Errorf("only %d paths and %d names were found", paths, names)
	}
}

// folders are those at the root that the repository holds; what is built is not.
func folders(t *testing.T) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	ignored := strings.Fields(readPage(t, filepath.Join(root, ".gitignore")))
	all := map[string]bool{}
	for _, e := range entries {
		if e.IsDir() && e.Name() != ".git" && !slices.Contains(ignored, "/"+e.Name()+"/") {
			all[e.Name()] = true
		}
	}
	return all
}

// ofTree says whether a word is a path below one of the folders at the root.
func ofTree(word string, top map[string]bool) (string, bool) {
	p := strings.TrimSuffix(strings.TrimPrefix(word, "./"), "/...")
	first, _, deeper := strings.Cut(p, "/")
	return p, path.MatchString(p) && top[first] && (deeper || p != word)
}

// TestFencesClose holds that no page ends within a block of code.
func TestFencesClose(t *testing.T) {
	for _, page := range pages(t) {
		if n := strings.Count("\n"+readPage(t, page), "\n```"); n%2 != 0 {
			t.Errorf("%s: %d fences do not pair", page, n)
		}
	}
}

// TestTables holds that every row of a table has as many cells as its head.
func TestTables(t *testing.T) {
	for _, page := range pages(t) {
		head := 0
		for i, line := range strings.Split(fence.ReplaceAllStringFunc(readPage(t, page), blank), "\n") {
			if !strings.HasPrefix(line, "|") {
				head = 0
				continue
			}
			n := len(cells(line))
			if head == 0 {
				head = n
			}
			if n != head {
				t.Errorf("%s:%d: %d cells, the head has %d", page, i+1, n, head)
			}
		}
	}
}

func blank(block string) string { return strings.Repeat("\n", strings.Count(block, "\n")) }

// cells takes a table's row apart. A bar within a cell is written \|.
func cells(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(line, `\|`, bar)
	var all []string
	for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
		all = append(all, strings.ReplaceAll(strings.TrimSpace(cell), bar, "|"))
	}
	return all
}

// table finds the table of a page by its first column's title, as rows of cells
// by column.
func table(text, first string) ([]map[string]string, error) {
	var head []string
	var rows []map[string]string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			if len(rows) > 0 {
				break
			}
			head = nil
			continue
		}
		c := cells(line)
		switch {
		case head == nil && c[0] == first:
			head = c
		case head == nil || strings.HasPrefix(c[0], "---"):
		case len(c) != len(head):
			return nil, fmt.Errorf("row %q has %d cells, the head has %d", line, len(c), len(head))
		default:
			row := map[string]string{}
			for i, title := range head {
				row[title] = c[i]
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("there is no table whose first column is %q", first)
	}
	return rows, nil
}
