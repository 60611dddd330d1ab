package tillcmd

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	link "till/sync"
	"till/sync/wire"
)

func TestCommandFile(t *testing.T) {
	f := commandFile{t.TempDir()}
	if k, err := f.load(); err != nil || k.Command != 0 {
		t.Errorf("without a file: %+v, %v", k, err)
	}
	result := wire.NewResult(7, wire.ResultDone, map[string]string{"a": "b"})
	for _, want := range []link.Kept{{Command: 7}, {Command: 7, Result: &result}, {Command: 8}} {
		if err := f.Keep(want); err != nil {
			t.Fatal(err)
		}
		if got, err := f.load(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("kept %+v, read %+v, %v", want, got, err)
		}
	}
	names, err := os.ReadDir(f.dir)
	if err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

func TestCommandFileThatCannotBeUsed(t *testing.T) {
	for name, text := range map[string]string{"cut": `{"command":`, "empty": "", "long": `{"command":1}` + strings.Repeat(" ", 70<<10)} {
		f := commandFile{t.TempDir()}
		path := filepath.Join(f.dir, commandFileName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := f.load(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %+v, %v", name, k, err)
		}
	}
	gone := commandFile{filepath.Join(t.TempDir(), "nowhere")}
	if err := gone.Keep(link.Kept{Command: 1}); err == nil {
		t.Error("it was kept nowhere")
	}
}

func FuzzCommandFile(f *testing.F) {
	f.Add([]byte(`{"command":7,"result":{"id":7,"status":"done","output":{}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file := commandFile{t.TempDir()}
		if err := os.WriteFile(filepath.Join(file.dir, commandFileName), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := file.load()
		if err == nil {
			link.NewSession("b", "v", 1, 0, 0).Resume(k)
		}
	})
}
