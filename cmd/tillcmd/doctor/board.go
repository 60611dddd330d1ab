package doctor

import (
	"context"
	"strings"
)

func (e *exam) boardChecks() []check {
	all := []check{
		{id: "config.file", run: e.configFile},
		{id: "board.model", run: e.boardModel},
	}
	for _, name := range []string{"bench", "gpio", "spi", "serial", "watchdog"} {
		all = append(all, check{id: "board." + name, run: func(context.Context) (Finding, bool) { return e.boardPart(name) }})
	}
	return all
}

func (e *exam) configFile(context.Context) (Finding, bool) {
	if e.Config == nil {
		return absent("doctor_no_config")
	}
	path, err := e.Config.Read()
	if err != nil {
		return fails(path, "doctor_bad_config", "why", why(err))
	}
	return works(path)
}

func (e *exam) boardModel(context.Context) (Finding, bool) {
	if e.Board == nil {
		return absent("doctor_no_board")
	}
	configured, detected, model := e.Board.Identify()
	found := strings.TrimSpace(strings.Join([]string{detected, model}, " "))
	switch {
	case configured == "sim": // it says nothing of the machine
		return works("sim")
	case configured == "" && detected == "":
		return absent("doctor_unknown_board", "model", orNothing(model))
	case configured != "" && detected == "":
		return fails(model, "doctor_not_that_board", "board", configured, "model", orNothing(model))
	case configured != "" && configured != detected:
		return fails(found, "doctor_other_board", "board", configured, "detected", detected)
	}
	return works(found)
}

// orNothing names a machine that names itself nothing.
func orNothing(model string) string {
	if model == "" {
		return "?"
	}
	return model
}

func (e *exam) boardPart(name string) (Finding, bool) {
	if e.Board == nil {
		return nothing()
	}
	for _, p := range e.Board.Parts() {
		if p.Name != name {
			continue
		}
		switch {
		case p.Err == nil && p.Found != "":
			return works(p.Found)
		case p.Err != nil && p.Wanted:
			return fails(p.Found, LabelKey("no."+name), "why", why(p.Err))
		default:
			return absent("")
		}
	}
	return nothing() // the board has none
}
