package wire

import (
	"encoding/json"
	"fmt"
	"time"
)

// MaxOutput bounds a result's output, and a command's arguments, in bytes: the
// rest of the message fits beside it.
const MaxOutput = 56 << 10

// Command has a terminal do something, once. It is sent again until its Result
// came; a terminal that has taken it answers and does nothing more.
type Command struct {
	// ID is the terminal's next number, from 1. A terminal remembers the newest
	// that it took, for ever.
	ID uint64 `json:"id"`
	// Op is what to do. One that a terminal does not know is refused by it.
	Op CommandOp `json:"op"`
	// NotAfter is in the cloud's time; a terminal does not begin later.
	NotAfter time.Time       `json:"not_after"`
	Args     json.RawMessage `json:"args,omitempty"` // an object, by op
}

// CommandOp is what a command has done.
type CommandOp string

const (
	TellStatus CommandOp = "status" // say where you stand
	Examine    CommandOp = "doctor" // try every device and service, and report
)

// Result is what came of a command, and the only thing that ends one.
type Result struct {
	ID     uint64          `json:"id"`
	Status ResultStatus    `json:"status"`
	Why    string          `json:"why,omitempty"`    // for a person, where it is not done
	Output json.RawMessage `json:"output,omitempty"` // an object, by op
}

// ResultStatus is how far a command has come.
type ResultStatus string

const (
	ResultRunning     ResultStatus = "running"     // taken, and under way
	ResultDone        ResultStatus = "done"        // it did what it is for
	ResultFailed      ResultStatus = "failed"      // it did not
	ResultRefused     ResultStatus = "refused"     // not begun: not known, or not now
	ResultExpired     ResultStatus = "expired"     // not begun: it came after its not_after
	ResultInterrupted ResultStatus = "interrupted" // begun, and the terminal was started anew before its end
)

// Final says that nothing more will come of the command.
func (s ResultStatus) Final() bool { return s != "" && s != ResultRunning }

// NewResult is a command's result with its output, which is an object in JSON.
func NewResult(id uint64, status ResultStatus, output any) Result {
	r := Result{ID: id, Status: status}
	raw, err := json.Marshal(output)
	if err == nil && len(raw) > MaxOutput {
		err = fmt.Errorf("%d bytes, at most %d are allowed", len(raw), MaxOutput)
	}
	if err != nil {
		return Result{ID: id, Status: ResultFailed, Why: fmt.Sprintf("its output cannot be sent: %v", err)}
	}
	r.Output = raw
	return r
}

// Desired is how the gateway wants a terminal to be, whole. It is sent until the
// terminal's Position has its revision.
type Desired struct {
	// Revision grows with every change.
	Revision uint64 `json:"revision"`
	// Parts are by the name of what they are for; each is an object of its own form.
	Parts map[string]json.RawMessage `json:"parts,omitempty"`
}

// Reported is how a terminal is, whole; retained.
type Reported struct {
	// Boot and Change order the reports of a terminal: of one boot, the highest.
	Boot   string `json:"boot"`
	Change uint64 `json:"change"`
	// Revision is the newest desired state that these parts took into account.
	Revision uint64                     `json:"revision"`
	Parts    map[string]json.RawMessage `json:"parts,omitempty"`
}
