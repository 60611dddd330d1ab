package tillcmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"till/cmd/tillcmd"
)

// TestBoardOfTheCommandLine holds that the file is checked for the board that it is run on.
func TestBoardOfTheCommandLine(t *testing.T) {
	var noBench []string
	for line := range strings.Lines(good) {
		if !strings.HasPrefix(line, "bench =") {
			noBench = append(noBench, line)
		}
	}
	path := filepath.Join(t.TempDir(), "till.toml")
	if err := os.WriteFile(path, []byte(strings.Join(noBench, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	for board, want := range map[string]string{
		"": "bench", "sim": "bench", "pi3b": "", "pi5": "", "pi6": "known: sim",
	} {
		c, err := tillcmd.LoadConfigFor(path, board)
		switch {
		case want == "" && (err != nil || c.Board.Name != board):
			t.Errorf("board %s: %q, %v", board, c.Board.Name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("board %q: %v, want %q", board, err, want)
		}
	}
}
