package tillcmd

import (
	"errors"
	"fmt"

	"till/cmd/tillcmd/doctor"
	"till/device/identity"
)

// load reads the configuration as till run does, and changes nothing.
func (p *patient) load(board string) {
	var file configFile
	if p.path != "" {
		var err error
		if file, err = loadFile(p.path); err != nil {
			p.fault = err
			return
		}
	}
	file = file.on(board)
	if !file.enrols() {
		p.config, p.fault = file.config()
		if p.fault != nil {
			p.config = Config{} // half of one would be examined as if it were meant
		}
		return
	}
	file, base, err := file.base()
	if err != nil {
		if p.path != "" {
			p.fault = err
		}
		return
	}
	p.config, p.enrols = base, true
	me, err := lookAtIdentity(base.Data)
	if err != nil {
		p.unenrolled = err
		return
	}
	grant, ok := me.Enrolled()
	if !ok {
		p.unenrolled = doctor.ErrAbsent
		return
	}
	config, err := file.as(grant)
	if err != nil {
		p.unenrolled = fmt.Errorf("the settings of terminal %s: %w", grant.Terminal, err)
		return
	}
	config.Identity = me
	p.config = config
}

// lookAtIdentity opens what a terminal was enrolled as, and writes nothing.
func lookAtIdentity(data string) (*identity.Identity, error) {
	if !isFolder(identityFolder(data)) {
		return nil, doctor.ErrAbsent
	}
	disk, err := identity.OpenFolder(identityFolder(data))
	if err != nil {
		return nil, err
	}
	me, err := identity.Open(readOnly{disk}, nil)
	if err != nil {
		return nil, err
	}
	return me, nil
}

// readOnly keeps a folder as it is: what is written to it is dropped.
type readOnly struct{ identity.Disk }

func (readOnly) Write(string, []byte) error  { return nil }
func (readOnly) Sync(string) error           { return nil }
func (readOnly) Rename(string, string) error { return nil }
func (readOnly) Remove(string) error         { return nil }
func (readOnly) SyncNames() error            { return nil }

// Enrolled implements doctor.Enrolment.
func (p *patient) Enrolled() (string, error) {
	if p.unenrolled != nil && !errors.Is(p.unenrolled, doctor.ErrAbsent) {
		return "", p.unenrolled
	}
	if p.config.Identity == nil {
		return "", doctor.ErrAbsent
	}
	return p.config.Terminal + ", " + p.config.Identity.Gateway(), nil
}
