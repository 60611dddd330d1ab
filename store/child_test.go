package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"till/store"
)

// childEnv makes the test binary look at the folders named on its standard
// input, and print a line for each: a damaged file that ends the program ends
// the child, and is reported by name.
const childEnv = "TILL_STORE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(strings.ReplaceAll(look(lines.Text()), "\n", "; "))
	}
}

// verdict of a folder: whole (its last hash is printed with it), refused with a
// typed error, or anything else, which is a failure.
const (
	whole   = "whole"
	refused = "refused"
)

func look(dir string) string {
	err := lookAt(dir)
	switch {
	case err == nil:
		return whole
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrNotJournal):
		return refused + " " + err.Error()
	default:
		return "unforeseen " + err.Error()
	}
}

// lookAt uses all of a journal, and says what is wrong with it first.
func lookAt(dir string) (err error) {
	j, err := store.Open(dir, store.Options{Timeout: time.Nanosecond})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	var errs []error
	records, err := j.Read(1, 0, 0)
	errs = append(errs, err)
	for i, r := range records { // what is read is true
		if want := truth(uint64(i + 1)); string(r.Body) != want {
			return fmt.Errorf("record %d is %s, want %s", r.Seq, r.Body, want)
		}
	}
	for n := range damagedSales {
		s, _, err := j.Sale(saleID(n))
		if err == nil && s.ID != "" && s.Total.Amount != 1234 {
			return fmt.Errorf("sale %d is %+v", n, s)
		}
		errs = append(errs, err)
	}
	_, err = j.Recent(100)
	errs = append(errs, err)
	_ = j.Unfinished() // in memory since Open
	check := j.Check()
	errs = append(errs, check)
	if check == nil && errors.Join(errs...) == nil && len(records) != int(j.Position().Last) {
		return fmt.Errorf("%d records of %d pass the check", len(records), j.Position().Last)
	}
	_, err = j.Append(stamp(1000), created(1000))
	errs = append(errs, err)
	return errors.Join(errs...)
}

// looks runs a child over the folders, and another over the rest where one dies.
func looks(t *testing.T, dirs []string) map[string]string {
	t.Helper()
	verdicts := map[string]string{}
	for len(dirs) > 0 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"=1")
		cmd.Stdin = strings.NewReader(strings.Join(dirs, "\n") + "\n")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(out) == 0 {
			lines = nil
		}
		for i, line := range lines {
			verdicts[dirs[i]] = line
		}
		dirs = dirs[len(lines):]
		if err == nil && len(dirs) > 0 {
			t.Fatalf("the child ended early, with %d folders to go", len(dirs))
		}
		if err != nil && len(dirs) > 0 {
			verdicts[dirs[0]] = fmt.Sprintf("the child died: %v: %.600s", err, stderr.String())
			dirs = dirs[1:]
		}
	}
	return verdicts
}
