//go:build !linux

package printer

import (
	"context"
	"errors"
	"io/fs"
)

// NewSystem finds printers of the network only: the cables are opened on Linux.
func NewSystem(string) System { return noSystem{} }

type noSystem struct{}

func (noSystem) Ports() ([]Port, error)                  { return nil, nil }
func (noSystem) Find(string) (Port, error)               { return Port{}, fs.ErrNotExist }
func (noSystem) Open(string, Options) (Transport, error) { return nil, errors.ErrUnsupported }
func (noSystem) Dial(ctx context.Context, address string) (Transport, error) {
	return dialTCP(ctx, address)
}
