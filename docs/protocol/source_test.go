package protocol_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// source is what this test wants to know of a package: the constants that are
// declared in it, so that none can be forgotten.
type source struct {
	types   map[string]bool
	strings map[string][]stringConstant // by type
	texts   map[string]string           // by name, of no type
	numbers map[string]int64            // durations in nanoseconds
}

type stringConstant struct{ name, value, comment string }

func parsePackage(t *testing.T, dir string) *source {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	s := &source{types: map[string]bool{}, strings: map[string][]stringConstant{}, texts: map[string]string{}, numbers: map[string]int64{}}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				for _, spec := range d.Specs {
					s.take(t, d.Tok, spec)
				}
			}
		}
	}
	if len(s.types) == 0 {
		t.Fatalf("%s declares no types, so this test would hold nothing", dir)
	}
	return s
}

func (s *source) take(t *testing.T, tok token.Token, spec ast.Spec) {
	t.Helper()
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		s.types[spec.Name.Name] = true
	case *ast.ValueSpec:
		if tok != token.CONST || len(spec.Values) != len(spec.Names) {
			return
		}
		for i, name := range spec.Names {
			if n, ok := number(spec.Values[i]); ok {
				s.numbers[name.Name] = n
			}
			typ, typed := spec.Type.(*ast.Ident)
			lit, literal := spec.Values[i].(*ast.BasicLit)
			if !literal || lit.Kind != token.STRING {
				continue
			}
			value, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !typed {
				s.texts[name.Name] = value
				continue
			}
			s.strings[typ.Name] = append(s.strings[typ.Name], stringConstant{name.Name, value, spec.Comment.Text()})
		}
	}
}

var units = map[string]time.Duration{
	"Nanosecond": time.Nanosecond, "Microsecond": time.Microsecond, "Millisecond": time.Millisecond,
	"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour,
}

// number is the value of a constant expression such as 40 << 10 or 5 * time.Second.
func number(e ast.Expr) (int64, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 0, 64)
		return n, e.Kind == token.INT && err == nil
	case *ast.SelectorExpr:
		unit, ok := units[e.Sel.Name]
		pkg, named := e.X.(*ast.Ident)
		return int64(unit), ok && named && pkg.Name == "time"
	case *ast.BinaryExpr:
		x, okX := number(e.X)
		y, okY := number(e.Y)
		if !okX || !okY {
			return 0, false
		}
		switch e.Op {
		case token.MUL:
			return x * y, true
		case token.SHL:
			return x << y, true
		}
	}
	return 0, false
}
