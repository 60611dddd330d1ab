package system

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"till/durable"
)

// Facts are what the terminal may ask of the system that started it: FactsFile.
type Facts struct {
	Version string `json:"version"`
	Disk    string `json:"disk"` // of the card, as /dev/mmcblk0; "" without one
	Slot    int    `json:"slot"` // partition that was booted, 2 or 3; 0: nobody said
	Tryboot bool   `json:"tryboot"`
	Data    string `json:"data"` // device of the data partition
}

// ReadFacts reads FactsFile. It is not there where till is an ordinary program.
func ReadFacts(path string) (Facts, error) {
	raw, err := readSmall(path)
	if err != nil {
		return Facts{}, err
	}
	var f Facts
	if err := json.Unmarshal(raw, &f); err != nil {
		return Facts{}, fmt.Errorf("read %s: %w", path, err)
	}
	return f, nil
}

func (s *System) writeFacts(context.Context) error {
	s.facts = Facts{Version: s.Version, Disk: s.card.Disk, Slot: s.card.Slot, Tryboot: s.card.Tryboot, Data: s.card.Data}
	raw, err := json.Marshal(s.facts)
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(FactsFile), append(raw, '\n'), 0o644)
}

const (
	idFile     = ownFolder + "/terminal"
	serialFile = "/proc/device-tree/serial-number"
)

// terminalID names the terminal where the site's settings do not. It stays with
// the data: the journal in it belongs to one terminal, whatever board the card
// is put in.
func (s *System) terminalID() (string, error) {
	if raw, err := readSmall(s.path(idFile)); err == nil {
		if id := strings.TrimSpace(string(raw)); id != "" {
			return id, nil
		}
	}
	var id string
	if raw, err := readSmall(s.path(serialFile)); err == nil {
		id = idOfSerial(raw)
	}
	if id == "" {
		random := make([]byte, 4)
		_, _ = rand.Read(random) // crypto/rand never fails: it ends the program instead
		id = "till-" + hex.EncodeToString(random)
	}
	if err := durable.Write(s.path(idFile), []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the terminal's id: %w", err)
	}
	return id, nil
}

// idOfSerial takes the last eight digits of a board's serial number, which are
// those that differ; "" if there are not so many.
func idOfSerial(raw []byte) string {
	digits := strings.ToLower(strings.TrimRight(string(raw), "\x00\n"))
	if len(digits) < 8 || strings.Trim(digits, "0123456789abcdef") != "" || strings.Trim(digits, "0") == "" {
		return ""
	}
	return "till-" + digits[len(digits)-8:]
}

// configure has the terminal's configuration made and leaves it where the
// terminal reads it: in memory, since the site's settings may hold secrets.
func (s *System) configure(context.Context) error {
	id, err := s.terminalID()
	if err != nil {
		s.log.Error("terminal's id", "err", err)
	}
	s.machine.Terminal, s.machine.Data, s.machine.Watchdog = id, TerminalFolder, s.parameters.Watchdog
	s.settings, err = s.Configure(s.machine)
	if err != nil { // what could be made of it counts
		s.log.Error("the site's settings", "file", SiteFile, "err", err)
	}
	if err := os.WriteFile(s.path(ConfigFile), s.settings.Config, 0o600); err != nil {
		return fmt.Errorf("write the terminal's configuration: %w", err)
	}
	return nil
}

func (s *System) setHostname(context.Context) error {
	if s.settings.Hostname == "" {
		return nil
	}
	return s.Kernel.SetHostname(s.settings.Hostname)
}

func (s *System) setLoopback(context.Context) error {
	if err := s.Links.SetUp("lo"); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}
