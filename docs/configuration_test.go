package docs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"till/cmd/tillcmd"
)

// settings is the table of configuration.md.
func settings(t *testing.T) []map[string]string {
	t.Helper()
	rows, err := table(readPage(t, "configuration.md"), "key")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		row["key"] = strings.Trim(row["key"], "`")
		row["example"] = strings.Trim(row["example"], "`")
	}
	return rows
}

// write makes a configuration of the rows' examples, but for the keys changed:
// another value, or none.
func write(rows []map[string]string, changed map[string]string) []byte {
	var b strings.Builder
	for _, row := range rows {
		value, other := changed[row["key"]]
		if !other {
			value = row["example"]
		}
		if value != "" {
			b.WriteString(row["key"] + " = " + value + "\n")
		}
	}
	return []byte(b.String())
}

func TestSettingsAreComplete(t *testing.T) {
	var documented []string
	for _, row := range settings(t) {
		documented = append(documented, row["key"])
		if row["what it is"] == "" {
			t.Errorf("%s: nothing is said of it", row["key"])
		}
	}
	want := tillcmd.SettingKeys()
	for _, key := range want {
		if !slices.Contains(documented, key) {
			t.Errorf("%s is not documented", key)
		}
	}
	for i, key := range documented {
		if !slices.Contains(want, key) {
			t.Errorf("%s is documented, and till knows no such key", key)
		}
		if slices.Contains(documented[:i], key) {
			t.Errorf("%s is documented twice", key)
		}
	}
}

// TestExamplesOfSettings holds that till takes the examples, and the whole file below.
func TestExamplesOfSettings(t *testing.T) {
	rows := settings(t)
	if _, err := tillcmd.ParseConfig(write(rows, nil)); err != nil {
		t.Errorf("the examples of the table:\n%v", err)
	}
	blocks := 0
	for _, block := range fence.FindAllStringSubmatch(readPage(t, "configuration.md"), -1) {
		if block[1] != "toml" {
			continue
		}
		blocks++
		if _, err := tillcmd.ParseConfig([]byte(block[2])); err != nil {
			t.Errorf("the file:\n%v", err)
		}
		for _, row := range rows {
			_, last, dotted := strings.Cut(row["key"], ".")
			if !dotted {
				last = row["key"]
			}
			if !strings.Contains("\n"+block[2], "\n"+last+" = ") {
				t.Errorf("the file does not show %s", row["key"])
			}
		}
	}
	if blocks != 1 {
		t.Errorf("%d files are shown, want 1", blocks)
	}
}

// TestRequiredSettings holds the columns required and default to what till does
// without the key.
func TestRequiredSettings(t *testing.T) {
	rows := settings(t)
	for _, row := range rows {
		key := row["key"]
		without, err := tillcmd.ParseConfig(write(rows, map[string]string{key: ""}))
		switch row["required"] {
		case "yes", "with board `sim`", // the examples are of that board, and have a certificate
			"with `gateway.certificate`", "with `gateway.private_key`", "with `integrator.listen`", "with `integrator.token`",
			"with `integrator.certificate`", "with `integrator.private_key`", "with `sign_on.auto`":
			if err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s is required, says the page; without it till says %v", key, err)
			}
			if row["default"] != "" {
				t.Errorf("%s is required and has a default", key)
			}
			continue
		case "no":
		default:
			t.Errorf("%s: required is %q", key, row["required"])
			continue
		}
		if err != nil {
			t.Errorf("%s is not required, says the page; without it till says %v", key, err)
			continue
		}
		value := strings.Trim(row["default"], "`")
		if strings.HasPrefix(value, "none") {
			continue
		}
		with, err := tillcmd.ParseConfig(write(rows, map[string]string{key: value}))
		if err != nil || !reflect.DeepEqual(with, without) {
			t.Errorf("%s = %s is not what till takes without it: %v", key, value, err)
		}
		if other, _ := tillcmd.ParseConfig(write(rows, nil)); value != row["example"] && reflect.DeepEqual(other, without) {
			t.Errorf("%s: its example makes no difference, so its default is not tested", key)
		}
	}
}

// TestTypesOfSettings holds that till refuses what is of another type.
func TestTypesOfSettings(t *testing.T) {
	rows := settings(t)
	wrong := map[string][]string{
		"text":                  {"true", "7", `["a"]`, `""`},
		"true or false":         {`"true"`, "1", `["a"]`},
		"whole number":          {`"30"`, "true", "1.5", "-1", "[1]"},
		"list of texts":         {`"a"`, "true", "[1]"},
		"list of whole numbers": {"15", "true", `["15"]`, "[0]", "[1.5]"},
	}
	for _, row := range rows {
		values, known := wrong[row["type"]]
		if !known {
			t.Errorf("%s: type %q", row["key"], row["type"])
		}
		for _, value := range values {
			_, err := tillcmd.ParseConfig(write(rows, map[string]string{row["key"]: value}))
			if err == nil || !strings.Contains(err.Error(), row["key"]) {
				t.Errorf("%s is a %s, says the page; of %s till says %v", row["key"], row["type"], value, err)
			}
		}
	}
}
