package device

import (
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// PowerOff switches the machine off, once everything of the terminal's is
// closed. As the system's first process it does so itself, elsewhere the
// system's own command does.
func PowerOff() error {
	if os.Getpid() == 1 {
		unix.Sync()
		if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
			return fmt.Errorf("switch off: %w", err)
		}
		return nil
	}
	if out, err := exec.Command("poweroff").CombinedOutput(); err != nil {
		return fmt.Errorf("switch off (poweroff): %w: %.200s", err, out)
	}
	return nil
}
