package device

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"till/device/system"
)

// PowerOff switches the machine off, once everything of the terminal's is
// closed: by the system that started till, be it till itself or a distribution's.
func PowerOff() error {
	err := system.AskToEnd(context.Background(), system.ControlSocket, system.PowerOff)
	if !errors.Is(err, system.ErrNoSystem) {
		return err
	}
	if out, err := exec.Command("poweroff").CombinedOutput(); err != nil {
		return fmt.Errorf("switch off (poweroff): %w: %.200s", err, out)
	}
	return nil
}
