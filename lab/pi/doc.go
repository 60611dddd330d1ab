// Package pi runs an emulated Raspberry Pi 3B with the kernel that cards carry,
// and stands around it as a counter does: it sees the screen's pixels, types,
// touches, pulls the cable, watches the pins and is the printer's other end.
// The machine is QEMU's (-M raspi3b); nothing in here knows what runs on it.
//
// QEMU does not run the Pi's firmware: whoever starts a Machine hands it the
// kernel, the initramfs, the device tree and the command line that the firmware
// would have loaded.
package pi
