package card_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestSBOM(t *testing.T) {
	for _, name := range cards {
		t.Run(name, func(t *testing.T) {
			r := recipe(t, name)
			text, err := r.SBOM()
			if err != nil {
				t.Fatal(err)
			}
			checkSchema(t, text)
			if again, err := recipe(t, name).SBOM(); err != nil || !bytes.Equal(again, text) {
				t.Errorf("the same recipe gives another list: %v", err)
			}
			var b cyclonedx.BOM
			if err := cyclonedx.NewBOMDecoder(bytes.NewReader(text), cyclonedx.BOMFileFormatJSON).Decode(&b); err != nil {
				t.Fatal(err)
			}
			if c := b.Metadata.Component; c.Name != "till-"+name || c.Version != "v1.2.3" || c.Type != cyclonedx.ComponentTypeFirmware {
				t.Errorf("it is of %+v", c)
			}
			want := []string{
				"till v1.2.3",
				"github.com/gokrazy/kernel.rpi v0.0.0-20260203040506-abcdef012345 pkg:golang/github.com/gokrazy/kernel.rpi@v0.0.0-20260203040506-abcdef012345",
				"github.com/gokrazy/firmware v0.0.0-20260102030405-0123456789ab pkg:golang/github.com/gokrazy/firmware@v0.0.0-20260102030405-0123456789ab",
				"std 1.26.0 pkg:golang/std@1.26.0",
				"example.org/a v1.2.3 pkg:golang/example.org/a@v1.2.3",
				"example.org/b v0.1.0+incompatible pkg:golang/example.org/b@v0.1.0%2Bincompatible",
			}
			if name == "pi5" { // its firmware is not on the card
				want = slices.Delete(want, 2, 3)
			}
			var got []string
			for _, c := range *b.Components {
				got = append(got, strings.TrimSpace(c.Name+" "+c.Version+" "+c.PackageURL))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q\nwant %q", got, want)
			}
		})
	}
}

func TestSBOMRefuses(t *testing.T) {
	r := recipe(t, "pi3b")
	r.Till = r.Till[:128]
	if _, err := r.SBOM(); err == nil {
		t.Error("a program that says nothing of its modules was listed")
	}
	blobs := fakeBlobs()
	blobs["versions"].Data = []byte("module test\n")
	r = recipe(t, "pi3b")
	r.Blobs = blobs
	if _, err := r.SBOM(); err == nil || !strings.Contains(err.Error(), "scripts/fetch-blobs") {
		t.Errorf("without versions: %v", err)
	}
}

// checkSchema holds a list to CycloneDX's own schema, which comes with its library.
func checkSchema(t *testing.T, text []byte) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	for id, file := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err == nil {
			err = c.AddResource("http://cyclonedx.org/schema/"+id, doc)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}
