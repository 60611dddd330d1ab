package mutants

// linkMutants are bugs of the terminal's link.
func linkMutants() []Mutant {
	return []Mutant{
		{
			Name:  "sent-is-acknowledged",
			Bug:   "records count as acknowledged once they are sent",
			Edits: one("sync/session.go", "	m.sent = last\n	m.upload()", "	m.sent, m.acked = last, last\n	m.do(Acknowledged{last})\n	m.upload()"),
			Law:   "law 4, nothing lost",
		},
		{
			Name:  "epoch-ignored",
			Bug:   "an acknowledgement of a journal before this one is taken for this one's",
			Edits: one("sync/session.go", "	if a.Epoch != m.epoch || m.Stopped != \"\" {", "	if m.Stopped != \"\" {"),
			Law:   "convergence",
		},
		{
			Name:  "never-sent-again",
			Bug:   "records that were lost on their way are not sent again",
			Edits: one("sync/session.go", "		m.resendAt = time.Time{}\n		m.sent = m.acked\n", "		m.resendAt = time.Time{}\n"),
			Law:   "convergence",
		},
		{
			Name:  "command-forgotten",
			Bug:   "a power cut makes the terminal forget which command it took",
			Edits: one("sync/command.go", "	s.command, s.result = k.Command, k.Result\n", ""),
			Law:   "commands, once",
		},
		{
			Name:  "command-late",
			Bug:   "a command is done however late it comes",
			Edits: one("sync/command.go", "	case m.now.At.Add(m.offset).After(c.NotAfter):", "	case false:"),
			Law:   "commands, once",
		},
	}
}
