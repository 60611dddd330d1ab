//go:build !linux

package display

// LinuxEvdev is the event devices of a Linux machine: none here.
func LinuxEvdev() EvdevSystem { return noEvdev{} }

type noEvdev struct{}

// List implements EvdevSystem.
func (noEvdev) List() ([]EvdevNode, error) { return nil, nil }

// Open implements EvdevSystem.
func (noEvdev) Open(string) (EvdevDevice, error) { return nil, errClosed }
