package tillcmd

import (
	"os"

	"till/boards/flash"
)

func removableDisks() ([]flash.Device, error) { return flash.List(os.DirFS("/")) }

func refuseDisk(name string, force bool) error {
	d, err := flash.Find(os.DirFS("/"), name)
	if err != nil {
		return err
	}
	return d.Refuse(force)
}
