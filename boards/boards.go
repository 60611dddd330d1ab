// Package boards says what each board is, as data: its peripherals, pins and
// buses. A new board is a copy with a small diff.
package boards

import (
	"fmt"
	"slices"
	"strings"
)

// Board is a machine that till runs on.
type Board struct {
	Name  string
	About string
	// Bench is set where the peripherals are clients of the bench protocol on a
	// Unix socket, and not soldered on.
	Bench bool
	Panel Panel
}

// Panel is the display's size, in pixels.
type Panel struct{ Width, Height int }

// Sim is a board without hardware: the world is at the other end of a socket.
var Sim = Board{
	Name:  "sim",
	About: "no hardware: the peripherals are the bench's, on a Unix socket",
	Bench: true,
	Panel: Panel{Width: 800, Height: 480},
}

// All lists the boards that till knows.
func All() []Board { return []Board{Sim} }

// ByName finds a board; the error lists the names there are.
func ByName(name string) (Board, error) {
	all := All()
	i := slices.IndexFunc(all, func(b Board) bool { return b.Name == name })
	if i < 0 {
		var names []string
		for _, b := range all {
			names = append(names, b.Name)
		}
		return Board{}, fmt.Errorf("board %.40q is unknown; known: %s", name, strings.Join(names, ", "))
	}
	return all[i], nil
}
