// Package slots keeps a terminal's two systems and changes from one to the
// other so that no power cut leaves it without one.
//
// [Card] writes a slot and says which one boots. [Step] is the update as a pure
// state machine:
//
//	Step(state, event, now) -> (state, effects)
//
// It reads no clock and does no I/O. Whoever runs it keeps the state's Record
// durable, by [Keep], before it carries the effects out.
//
// An update goes through these phases:
//
//	idle -> fetching -> fetched -> writing -> written -> trying -> idle
//
// In trying, the firmware boots the other slot once (tryboot). The new system
// becomes the one that boots only after it has opened the store, drawn a screen
// and reached the gateway, and has stayed up for a while. Whatever else happens,
// a reset, a power cut, a hang that the watchdog ends, the deadline, leads back
// to the system that was there before.
package slots
