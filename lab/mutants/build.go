package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"till/lab/sim"
)

// build compiles the mutant's simulation into dir, and returns its path. The
// compiler reads the mutated files in the place of the tree's, which it leaves alone.
func (m Mutant) build(ctx context.Context, root, dir string) (program string, err error) {
	files, err := m.apply(root)
	if err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	n := 0
	for file, text := range files {
		n++
		mutated := filepath.Join(dir, fmt.Sprintf("%s-%d.go", m.Name, n))
		if err := os.WriteFile(mutated, []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write mutant %s: %w", m.Name, err)
		}
		overlay.Replace[filepath.Join(root, filepath.FromSlash(file))] = mutated
	}
	raw, err := json.Marshal(overlay)
	if err != nil {
		return "", fmt.Errorf("overlay of mutant %s: %w", m.Name, err)
	}
	list := filepath.Join(dir, m.Name+".json")
	if err := os.WriteFile(list, raw, 0o600); err != nil {
		return "", fmt.Errorf("write the overlay of mutant %s: %w", m.Name, err)
	}
	program = filepath.Join(dir, m.Name)
	// Without symbols the linker takes half the time.
	cmd := exec.CommandContext(ctx, "go", "build", "-p", "1", "-ldflags", "-s -w", "-overlay", list, "-o", program, "./lab/simulate")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mutant %s does not compile: %w\n%s", m.Name, err, out)
	}
	return program, nil
}

// run gives a simulation its seeds, one after the other until a law is broken,
// and returns the last one's result and the processor time of all.
func run(ctx context.Context, program string, from, seeds uint64) (last sim.Result, took time.Duration, err error) {
	// As one of its own processes, it writes each seed's result as a line of JSON.
	cmd := exec.CommandContext(ctx, program, "-shard", "0", "-shards", "1",
		"-from", fmt.Sprint(from), "-seeds", fmt.Sprint(seeds))
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return last, 0, fmt.Errorf("run %s: %w", program, err)
	}
	if err := cmd.Start(); err != nil {
		return last, 0, fmt.Errorf("run %s: %w", program, err)
	}
	lines := json.NewDecoder(out)
	for lines.More() {
		last = sim.Result{}
		if err := lines.Decode(&last); err != nil {
			return last, 0, errors.Join(fmt.Errorf("read a result of %s: %w", program, err), cmd.Wait())
		}
	}
	if err := cmd.Wait(); err != nil {
		return last, 0, fmt.Errorf("run %s: %w: %s", program, err, complaint.Bytes())
	}
	if last.Seed == 0 {
		return last, 0, fmt.Errorf("%s ran no seed", program)
	}
	return last, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
