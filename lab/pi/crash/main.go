// Command crash is a release that dies as soon as it is booted: the kernel
// panics, and restarts.
package main

import (
	"os"

	"till/cmd/tillcmd"
)

func main() {
	_, _ = os.Stderr.WriteString("this release dies: " + tillcmd.Version + "\n") // nobody is left to tell
	os.Exit(1)
}
