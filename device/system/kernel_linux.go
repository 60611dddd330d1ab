package system

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// NewKernel is this machine's kernel.
func NewKernel() Kernel { return linux{} }

type linux struct{}

var _ Kernel = linux{}

// Adopt implements Kernel. Orphans are the first process's without its asking.
func (linux) Adopt() {
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF) // it fails where we are not root, and then nothing else works either
}

func mountFlags(f MountFlags) uintptr {
	var flags uintptr
	for _, m := range []struct {
		ours  MountFlags
		linux uintptr
	}{{ReadOnly, unix.MS_RDONLY}, {NoSuid, unix.MS_NOSUID}, {NoExec, unix.MS_NOEXEC}, {NoDev, unix.MS_NODEV}, {NoAtime, unix.MS_NOATIME}} {
		if f&m.ours != 0 {
			flags |= m.linux
		}
	}
	return flags
}

// Mount implements Kernel. What is mounted already by the kernel, as devtmpfs
// may be, is as good.
func (linux) Mount(source, target, fstype string, flags MountFlags, options string) error {
	err := unix.Mount(source, target, fstype, mountFlags(flags), options)
	if errors.Is(err, unix.EBUSY) {
		return nil
	}
	return err
}

// Unmount implements Kernel.
func (linux) Unmount(target string) error { return unix.Unmount(target, 0) }

// RemountReadOnly implements Kernel.
func (linux) RemountReadOnly(target string) error {
	return unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

// LoadModule implements Kernel.
func (linux) LoadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	err = unix.FinitModule(int(f.Fd()), "", 0)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

// SetHostname implements Kernel.
func (linux) SetHostname(name string) error { return unix.Sethostname([]byte(name)) }

// SetClock implements Kernel. The monotonic clock goes on as it was.
func (linux) SetClock(t time.Time) error {
	ts, err := unix.TimeToTimespec(t)
	if err != nil {
		return err
	}
	return unix.ClockSettime(unix.CLOCK_REALTIME, &ts)
}

// blkpg is linux/blkpg.h's BLKPG, and blkpgPartition its struct blkpg_partition.
const blkpg = 0x1269

type blkpgPartition struct {
	start, length int64 // bytes
	number        int32
	device        [64]byte
	volume        [64]byte
	_             [4]byte
}

// ResizePartition implements Kernel.
func (linux) ResizePartition(disk string, number int, start, length int64) error {
	f, err := os.Open(disk)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only asked
	p := &blkpgPartition{start: start, length: length, number: int32(number)}
	arg := &unix.BlkpgIoctlArg{Op: unix.BLKPG_RESIZE_PARTITION, Datalen: int32(unsafe.Sizeof(*p)), Data: (*byte)(unsafe.Pointer(p))}
	err = ioctl(f, blkpg, unsafe.Pointer(arg))
	runtime.KeepAlive(p)
	return err
}

// ext4Resize is fs/ext4/ext4.h's EXT4_IOC_RESIZE_FS: _IOW('f', 16, __u64).
const ext4Resize = 0x40086610

// GrowFileSystem implements Kernel.
func (linux) GrowFileSystem(target string, blocks uint64) error {
	f, err := os.Open(target)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only asked
	return ioctl(f, ext4Resize, unsafe.Pointer(&blocks))
}

func ioctl(f *os.File, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}

// Start implements Kernel. The child is in a session of its own, so that a key
// on the console is no signal for it.
func (linux) Start(p Process) (pid int, written <-chan struct{}, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, nil, fmt.Errorf("make a pipe: %w", err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, nil, errors.Join(err, r.Close(), w.Close())
	}
	pid, err = syscall.ForkExec(p.Path, p.Args, &syscall.ProcAttr{
		Env: p.Env, Files: []uintptr{null.Fd(), w.Fd(), w.Fd()}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	failed := errors.Join(null.Close(), w.Close())
	if err != nil {
		return 0, nil, errors.Join(fmt.Errorf("start %s: %w", p.Path, err), r.Close())
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(p.Output, r) // it ends with the process; a fault of ours would be one of memory
		_ = r.Close()               // it was only read
	}()
	return pid, done, failed
}

// Signal implements Kernel.
func (linux) Signal(pid int, s Signal) error {
	signal := unix.SIGTERM
	if s == Kill {
		signal = unix.SIGKILL
	}
	return unix.Kill(pid, signal)
}

// Wait implements Kernel.
func (linux) Wait() (Exit, error) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD):
			return Exit{}, ErrNoChild
		case err != nil:
			return Exit{}, err
		}
		e := Exit{PID: pid, Status: status.ExitStatus()} // -1 with a signal
		if status.Signaled() {
			e.Signal = unix.SignalName(status.Signal())
		}
		return e, nil
	}
}

// Sync implements Kernel.
func (linux) Sync() { unix.Sync() }

// End implements Kernel. It does not return if it succeeds.
func (linux) End(e Ending) error {
	switch e {
	case PowerOff:
		return unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	case Tryboot:
		return restartWith(trybootArgument)
	default:
		return unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
}

// restartWith is reboot(2) with an argument for the firmware.
func restartWith(argument string) error {
	arg, err := unix.BytePtrFromString(argument)
	if err != nil {
		return err
	}
	_, _, errno := unix.Syscall6(unix.SYS_REBOOT, unix.LINUX_REBOOT_MAGIC1, unix.LINUX_REBOOT_MAGIC2,
		unix.LINUX_REBOOT_CMD_RESTART2, uintptr(unsafe.Pointer(arg)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
