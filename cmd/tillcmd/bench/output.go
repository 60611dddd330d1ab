package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
)

func (r Report) writeJSON(w io.Writer) error {
	results := r.Results
	if results == nil {
		results = []Result{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(results); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}

func (r Report) writeText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "name\tvalue\tunit\tratio\treference") // Flush tells of errors
	for _, x := range r.Results {
		ratio := "-"
		if x.Ratio != nil {
			ratio = strconv.FormatFloat(*x.Ratio, 'f', 2, 64)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", x.Name, number(x.Value), x.Unit, ratio, x.Reference)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	for i, note := range r.Notes {
		if i == 0 {
			note = "\n" + note
		}
		if _, err := fmt.Fprintln(w, note); err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	return nil
}

// number has three digits, or all before the point.
func number(x float64) string {
	digits := 0
	if a := math.Abs(x); a > 0 && a < 100 && a != math.Trunc(a) {
		digits = min(6, 2-int(math.Floor(math.Log10(a))))
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}
