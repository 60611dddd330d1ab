package boards

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Files of a device tree that name the board, in /proc. Their texts end in a
// zero byte.
const (
	modelFile      = "/proc/device-tree/model"
	compatibleFile = "/proc/device-tree/compatible"
)

// maxTreeText bounds what is taken of such a file, in bytes.
const maxTreeText = 4 << 10

// Detect finds out which board this is, by its device tree. readFile is
// os.ReadFile, or a test's own.
func Detect(readFile func(string) ([]byte, error)) (Board, error) {
	compatible, err := readFile(compatibleFile)
	if err != nil {
		return Board{}, fmt.Errorf("find out the board: %w; name it with -board, known: %s", err, strings.Join(names(All()), ", "))
	}
	for _, text := range treeTexts(compatible) {
		for _, b := range All() {
			if slices.Contains(b.Tree.Compatible, text) {
				return b, nil
			}
		}
	}
	model, err := readFile(modelFile)
	if err != nil {
		return Board{}, fmt.Errorf("find out the board: %w; name it with -board", err)
	}
	name := strings.Join(treeTexts(model), " ")
	var found Board
	longest := 0 // "Raspberry Pi 5 Model B" is told from a longer name that begins likewise
	for _, b := range All() {
		for _, m := range b.Tree.Models {
			if len(m) > longest && (name == m || strings.HasPrefix(name, m+" ")) {
				found, longest = b, len(m)
			}
		}
	}
	if longest == 0 {
		return Board{}, fmt.Errorf("this machine is a %.80q, which till does not know; the one nearest to it can be named with -board, known: %s",
			name, strings.Join(names(All()), ", "))
	}
	return found, nil
}

// treeTexts takes a device tree's list of texts apart.
func treeTexts(raw []byte) []string {
	raw = raw[:min(len(raw), maxTreeText)]
	var all []string
	for text := range bytes.SplitSeq(raw, []byte{0}) {
		if len(text) > 0 {
			all = append(all, string(text))
		}
	}
	return all
}
