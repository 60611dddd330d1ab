package protocol_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"till/cmd/tillcmd/integrator"
	"till/payment"
)

// readOpenAPI reads a document, and holds it to what an OpenAPI document has to be.
func readOpenAPI(t *testing.T, raw []byte) (*openapi3.T, error) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	if doc.OpenAPIMajorMinor() == "" { // which Validate lets pass
		return nil, fmt.Errorf("OpenAPI %q", doc.OpenAPI)
	}
	return doc, doc.Validate(t.Context())
}

// TestOpenAPI holds both documents to the rules of OpenAPI, and sees that a breach of
// one is found.
func TestOpenAPI(t *testing.T) {
	for _, file := range []string{integratorFile, enrolmentFile} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readOpenAPI(t, raw); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for name, c := range map[string]struct {
			find *regexp.Regexp
			put  string
		}{
			"a version that is none":            {regexp.MustCompile(`(?m)^openapi: .*$`), "openapi: 9.0.3"},
			"no version of its own":             {regexp.MustCompile(`(?m)^  version: .*\n`), ""},
			"no title":                          {regexp.MustCompile(`(?m)^  title: .*\n`), ""},
			"an answer without a description":   {regexp.MustCompile(`(?m)^          description: [^|\n]*\n`), ""},
			"a parameter that is not declared":  {regexp.MustCompile(`(?m)^  /(.*):$`), "  /$1/{nobody}:"},
			"a reference to nothing":            {regexp.MustCompile(`#/components/schemas/\w+`), "#/components/schemas/Nobody"},
			"a type that is none":               {regexp.MustCompile(`type: string`), "type: text"},
			"an operation's name that is twice": {regexp.MustCompile(`operationId: \w+`), "operationId: same"},
			"a key that OpenAPI does not have":  {regexp.MustCompile(`(?m)^      summary: `), "      headline: "},
		} {
			broken := c.find.ReplaceAll(raw, []byte(c.put))
			if string(broken) == string(raw) {
				t.Errorf("%s: %s: there is nothing to break", file, name)
			} else if _, err := readOpenAPI(t, broken); err == nil {
				t.Errorf("%s: %s passes", file, name)
			}
		}
	}
}

// TestRoutes holds what is served to what is documented, either way.
func TestRoutes(t *testing.T) {
	for _, c := range []struct{ file, served string }{
		{integratorFile, "cmd/tillcmd/integrator"},
		{enrolmentFile, "cloud/enrol"},
	} {
		raw, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := readOpenAPI(t, raw)
		if err != nil {
			t.Fatal(err)
		}
		var documented []string
		for path, item := range doc.Paths.Map() {
			for method := range item.Operations() {
				documented = append(documented, method+" "+path)
			}
		}
		served := routesOf(t, c.served)
		slices.Sort(documented)
		if !slices.Equal(documented, served) || len(served) == 0 {
			t.Errorf("%s has %q, %s serves %q", c.file, documented, c.served, served)
		}
	}
}

var route = regexp.MustCompile(`^(GET|HEAD|PUT|POST|PATCH|DELETE) /`)

// routesOf are the patterns of a mux that stand in a package, each with its method.
func routesOf(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		imports := map[string]string{} // folders of ours, by name
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if ours, ok := strings.CutPrefix(path, "till/"); ok && err == nil {
				imports[filepath.Base(path)] = ours
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch e := n.(type) {
			case *ast.BasicLit, *ast.BinaryExpr:
				text, ok := constant(t, e.(ast.Expr), imports)
				if ok && route.MatchString(text) {
					all = append(all, text)
				}
				return !ok
			}
			return true
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// constant is a text that is known as it stands: a literal, a constant of another
// package of ours, or two of them together.
func constant(t *testing.T, e ast.Expr, imports map[string]string) (string, bool) {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.SelectorExpr:
		pkg, ok := e.X.(*ast.Ident)
		if !ok || imports[pkg.Name] == "" {
			return "", false
		}
		text, ok := parsePackage(t, filepath.Join(root, imports[pkg.Name])).texts[e.Sel.Name]
		return text, ok
	case *ast.BinaryExpr:
		x, okX := constant(t, e.X, imports)
		y, okY := constant(t, e.Y, imports)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}

// TestBounds holds the bounds that the document has to those of the code.
func TestBounds(t *testing.T) {
	raw, err := os.ReadFile(integratorFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := readOpenAPI(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	numbers := parsePackage(t, filepath.Join(root, "cmd/tillcmd/integrator")).numbers
	order, document := doc.Components.Schemas["Order"].Value.Properties, doc.Components.Schemas["Document"].Value.Properties
	keys := 0
	for path, item := range doc.Paths.Map() {
		parameters := slices.Clone(item.Parameters)
		for _, operation := range item.Operations() {
			parameters = append(parameters, operation.Parameters...)
		}
		for _, p := range parameters {
			switch p.Value.In {
			case "path":
				keys++
				bound := p.Value.Schema.Value.Pattern
				if want := fmt.Sprintf("{1,%d}$", integrator.MaxKey); !strings.HasSuffix(bound, want) {
					t.Errorf("%s: %s is %s, want it to end in %s", path, p.Value.Name, bound, want)
				}
			case "query":
				least, most := p.Value.Schema.Value.Min, p.Value.Schema.Value.Max
				if want := float64(numbers["maxWait"]) / float64(time.Second); p.Value.Name != "wait" || least == nil || *least != 0 || most == nil || *most != want {
					t.Errorf("%s: %s is %v to %v, want 0 to %v", path, p.Value.Name, least, most, want)
				}
			}
		}
	}
	if keys == 0 || numbers["maxWait"] == 0 {
		t.Errorf("%d keys, and a wait of %d", keys, numbers["maxWait"])
	}
	if most := order["reference"].Value.MaxLength; most == nil || *most != integrator.MaxText {
		t.Errorf("a reference has %v characters, want %d", most, integrator.MaxText)
	}
	if most := order["amount"].Value.Max; most == nil || *most != payment.MaxEntry {
		t.Errorf("an amount is at most %v, want %d", most, payment.MaxEntry)
	}
	if most := document["lines"].Value.MaxItems; most == nil || *most != integrator.MaxLines || document["lines"].Value.MinItems != 1 {
		t.Errorf("a document has %d to %v lines, want 1 to %d", document["lines"].Value.MinItems, most, integrator.MaxLines)
	}
}
