package system

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// mount is one file system of the kernel's own.
type mount struct {
	fstype, target string
	flags          MountFlags
	options        string
}

// kernelMounts are mounted in this order; devtmpfs first, since all that is
// logged before it can only be kept.
var kernelMounts = []mount{
	{"devtmpfs", "/dev", NoSuid, "mode=0755"},
	{"proc", "/proc", NoSuid | NoExec | NoDev, ""},
	{"sysfs", "/sys", NoSuid | NoExec | NoDev, ""},
	{"devpts", "/dev/pts", NoSuid | NoExec, "mode=0620,ptmxmode=0666"},
	{"tmpfs", "/run", NoSuid | NoDev, "mode=0755,size=16m"},
	{"tmpfs", "/tmp", NoSuid | NoDev, "mode=1777,size=64m"},
}

func (s *System) mountKernel(context.Context) error {
	for _, m := range kernelMounts {
		if err := s.mount(m); err != nil {
			return err
		}
	}
	return s.makeFolder(s.path("/run/till"))
}

func (s *System) mount(m mount) error {
	target := s.path(m.target)
	if err := s.makeFolder(target); err != nil {
		return err
	}
	if err := s.Kernel.Mount(m.fstype, target, m.fstype, m.flags, m.options); err != nil {
		return fmt.Errorf("mount %s: %w", m.target, err)
	}
	return nil
}

func (s *System) makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	return nil
}

func (s *System) openKernelLog(context.Context) error {
	// The kernel limits each writer to 10 lines in 5 s otherwise
	// (Documentation/admin-guide/kernel-parameters.txt: printk.devkmsg); the ring has a limit of its own.
	limit := writeExisting(s.path("/proc/sys/kernel/printk_devkmsg"), []byte("on\n"))
	f, err := os.OpenFile(s.path("/dev/kmsg"), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open the kernel's log: %w", err)
	}
	s.Ring.CopyTo(f)
	if limit != nil {
		return fmt.Errorf("lift the kernel log's limit: %w", limit)
	}
	return nil
}

func (s *System) mountPstore(context.Context) error {
	// The folder is the kernel's: without pstore it is not there and cannot be made.
	return s.mount(mount{"pstore", pstoreFolder, NoSuid | NoExec | NoDev, ""})
}

// writeExisting writes to a file of the kernel's in one write.
func writeExisting(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
