package broker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"till/cloud/broker"
	"till/sync/wire"
)

// A terminal's subscription costs no file, and no time when the broker ends.
func TestFleetLeavesNothing(t *testing.T) {
	const terminals = 200
	dir := t.TempDir()
	b, address, err := broker.Start("127.0.0.1:0", dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for n := range terminals {
		id := fmt.Sprintf("museum-%d", n)
		conn, _ := dial(t, address, id, wire.DownFilter(id))
		defer conn.Close()
	}
	folders := 0
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && filepath.Base(filepath.Dir(path)) == "obs" {
			folders++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if folders >= terminals {
		t.Errorf("%d terminals cost %d folders", terminals, folders)
	}
	begun := time.Now()
	b.Stop()
	if took := time.Since(begun); took > time.Second {
		t.Errorf("with %d terminals it took %v to end", terminals, took)
	}
}
