package tillcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"

	link "till/sync"
	"till/sync/wire"
)

// executor does one kind of command. Its output is an object of JSON; it may
// take as long as it needs, and no command begins before it has ended.
type executor func(ctx context.Context, t *terminal, args json.RawMessage) (output any, err error)

// executors are all commands that the gateway can give; docs/fleet.md.
var executors = map[wire.CommandOp]executor{
	wire.TellStatus: tellStatus,
	wire.Examine:    executeDoctor,
}

// execute does a command beside the counter, and hands in what came of it.
func (t *terminal) execute(ctx context.Context, c wire.Command) {
	forgot := t.forgot
	t.forgot = false     // this one is written down
	t.remote.Go(func() { // the link, which called this, takes the result
		result := wire.Result{ID: c.ID, Status: wire.ResultRefused}
		switch do, known := executors[c.Op]; {
		case forgot:
			result.Why = "the terminal has lost what it did before, and may have done this: give it again"
		case !known:
			result.Why = fmt.Sprintf("this terminal does not know %.40q", c.Op)
		default:
			result = carryOut(ctx, t, c, do)
		}
		t.log.Info("command", "id", c.ID, "op", c.Op, "status", result.Status, "why", result.Why)
		t.link.Executed(ctx, result)
	})
}

func carryOut(ctx context.Context, t *terminal, c wire.Command, do executor) wire.Result {
	output, err := do(ctx, t, c.Args)
	if err != nil {
		return wire.Result{ID: c.ID, Status: wire.ResultFailed, Why: err.Error()}
	}
	return wire.NewResult(c.ID, wire.ResultDone, output)
}

// whole is the output of the command status.
type whole struct {
	Version string `json:"version"`
	Board   string `json:"board"`
	System  string `json:"system"`
	Boot    string `json:"boot"`
	Seconds int64  `json:"seconds"` // since the start of the firmware
	Queued  uint64 `json:"queued"`  // records that are not acknowledged
	Receipt uint64 `json:"receipt"` // the newest one's number
}

func tellStatus(_ context.Context, t *terminal, _ json.RawMessage) (any, error) {
	p := t.journal.Position()
	return whole{
		Version: Version, Board: t.config.Board.Name, System: runtime.GOOS + "/" + runtime.GOARCH, Boot: t.boot,
		Seconds: int64(t.mono().Seconds()), Queued: p.Last - p.Acked, Receipt: t.journal.LastReceipt(),
	}, nil
}

// report tells the gateway what this terminal is.
func (t *terminal) report() {
	t.tell("terminal", map[string]string{"version": Version, "board": t.config.Board.Name, "system": runtime.GOOS + "/" + runtime.GOARCH})
}

var _ link.Slot = commandFile{}
