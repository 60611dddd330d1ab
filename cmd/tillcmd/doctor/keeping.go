package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"till/device"
)

func (e *exam) keepingChecks() []check {
	return []check{
		{id: "store.journal", run: e.journal, within: time.Minute},
		{id: "store.disk", run: e.disk},
		{id: "store.speed", run: e.speed, within: speedWithin},
		{id: "machine.temperature", run: e.temperature},
		{id: "machine.power", run: e.power},
	}
}

func (e *exam) journal(ctx context.Context) (Finding, bool) {
	if e.Store == nil {
		return nothing()
	}
	found, damage, err := e.Store.Verify(ctx)
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_no_journal")
	case err != nil:
		return fails(found, "doctor_journal_fails", "why", why(err))
	case damage != "":
		return fails(found, "doctor_journal_damaged", "what", damage)
	}
	return works(found)
}

func (e *exam) disk(context.Context) (Finding, bool) {
	if e.Store == nil {
		return nothing()
	}
	d, err := e.Store.Disk()
	free := fmt.Sprintf("%d MiB", d.Free>>20)
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("")
	case err != nil:
		return fails("", "doctor_disk_fails", "why", why(err))
	case d.ReadOnly:
		return fails(free, "doctor_disk_readonly")
	case d.Free < d.Least:
		return fails(free, "doctor_disk_full", "free", free, "least", fmt.Sprintf("%d MiB", d.Least>>20))
	}
	return works(free)
}

// slowCommit is a commit that a cashier would wait for: a sale has four.
const slowCommit = 250 * time.Millisecond

func (e *exam) speed(ctx context.Context) (Finding, bool) {
	if e.Store == nil || e.failed("store.disk") {
		return nothing()
	}
	took, err := e.Store.Commit(ctx)
	found := fmt.Sprintf("%.2f ms", float64(took)/float64(time.Millisecond))
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("")
	case err != nil:
		return fails("", "doctor_speed_fails", "why", why(err))
	case took > slowCommit:
		return fails(found, "doctor_disk_slow", "took", found)
	}
	return works(found)
}

func (e *exam) temperature(context.Context) (Finding, bool) {
	if e.Machine == nil {
		return nothing()
	}
	h := e.Machine.Health()
	if !h.Warm {
		return absent("")
	}
	found := fmt.Sprintf("%d °C", h.MilliCelsius/1000)
	if slices.Contains(h.Troubles(), device.TroubleHot) {
		return fails(found, "doctor_hot", "temperature", found)
	}
	return works(found)
}

func (e *exam) power(context.Context) (Finding, bool) {
	if e.Machine == nil {
		return nothing()
	}
	switch h := e.Machine.Health(); {
	case h.UnderVoltage:
		return fails("", "doctor_under_voltage")
	case h.Throttled:
		return fails("", "doctor_throttled")
	case h.WasUnder:
		return fails("", "doctor_was_under_voltage")
	case !e.Machine.TellsPower():
		return absent("")
	}
	return works("")
}
