// Package hotplug pulls out and plugs in the peripherals of a terminal that
// sells. The terminal is the real one in this process, from its drivers to its
// journal; fakes stand where the operating system would be, and a gateway in a
// process of its own takes the money.
package hotplug
