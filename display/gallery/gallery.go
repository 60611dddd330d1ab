// Package gallery has the views of every screen, for tests and for the pictures of the
// documentation. The counter makes them, at work: go test ./cmd/tillcmd -run Gallery
// -update writes them down.
package gallery

import (
	_ "embed"
	"encoding/json"

	"till/display"
)

// Named is a view, called language/screen, as a file is.
type Named struct {
	Name string
	View display.View
}

// Customer is a view of the customer's own display.
type Customer struct {
	Name string
	View display.CustomerView
}

//go:embed views.json
var views []byte

//go:embed customers.json
var customers []byte

// Views are those of the terminal's display.
func Views() []Named { return read[Named](views) }

// Customers are those of the customer's.
func Customers() []Customer { return read[Customer](customers) }

// View is the one of a name.
func View(name string) (display.View, bool) {
	for _, v := range Views() {
		if v.Name == name {
			return v.View, true
		}
	}
	return display.View{}, false
}

// read panics on a file that is none: it is part of the program.
func read[T any](raw []byte) []T {
	var all []T
	if err := json.Unmarshal(raw, &all); err != nil {
		panic("the gallery of screens: " + err.Error())
	}
	return all
}
