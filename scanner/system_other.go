//go:build !linux

package scanner

import (
	"errors"
	"io/fs"
)

// NewSystem finds nothing: scanners are read on Linux only.
func NewSystem(string) System { return noSystem{} }

type noSystem struct{}

func (noSystem) Nodes() ([]Node, error)                     { return nil, nil }
func (noSystem) Find(string) (Node, error)                  { return Node{}, fs.ErrNotExist }
func (noSystem) OpenKeys(string) (KeysPort, error)          { return nil, errors.ErrUnsupported }
func (noSystem) OpenSerial(string, int) (SerialPort, error) { return nil, errors.ErrUnsupported }
