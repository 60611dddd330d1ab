package tillcmd

import (
	"context"

	"till/device/system"
)

// RunSystem is the system's whole life. It returns only if the machine cannot be
// ended.
func RunSystem(ctx context.Context) error {
	defer keepSmall()()
	s := system.System{
		Root: "/", Version: Version,
		Kernel: system.NewKernel(), Links: system.NewLinks(), Leases: system.NewLeases(), Radio: system.NewRadio(), Time: system.NewTimeServer(),
		Listen: system.ListenSocket, Configure: configureSystem, Terminal: terminalProcess,
	}
	return s.Run(ctx)
}

// terminalProcess is this very program, selling.
func terminalProcess(config string) system.Process {
	return system.Process{
		Path: "/proc/self/exe",
		Args: []string{"till", "run", "-config", config},
		Env:  []string{"PATH=/", "HOME=" + system.TerminalFolder, "TMPDIR=/tmp"},
	}
}
