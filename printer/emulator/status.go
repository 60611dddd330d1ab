package emulator

// Bits of the answers (Epson ESC/POS reference, DLE EOT, GS r, GS a).
const (
	statusFixed   = 0x12 // bits 1 and 4 are always set in an answer to DLE EOT
	statusOffline = 0x08 // n = 1
	statusCover   = 0x04 // n = 2
	statusStopped = 0x20 // n = 2: no paper
	statusNearEnd = 0x0C // n = 4
	statusEnd     = 0x60 // n = 4
)

func (p *Printer) offline() bool { return p.noPaper || p.cover }

// status is the answer to DLE EOT n; mu is held.
func (p *Printer) status(n byte) byte {
	b := byte(statusFixed)
	switch n {
	case 1:
		if p.offline() {
			b |= statusOffline
		}
	case 2:
		if p.cover {
			b |= statusCover
		}
		if p.noPaper {
			b |= statusStopped
		}
	case 4:
		switch {
		case p.noPaper:
			b |= statusEnd
		case p.nearEnd:
			b |= statusNearEnd
		}
	}
	return b
}

// sensor is the answer to GS r n: the paper (1, 49), else the drawer; mu is held.
func (p *Printer) sensor(n byte) []byte {
	if (n == 1 || n == '1') && p.nearEnd {
		return []byte{0x03}
	}
	return []byte{0x00}
}

// automatic is the status sent by itself (GS a), four bytes; mu is held.
func (p *Printer) automatic() []byte {
	b := []byte{0x10, 0, 0, 0}
	if p.offline() {
		b[0] |= 0x08
	}
	if p.cover {
		b[0] |= 0x20
	}
	if p.nearEnd {
		b[2] |= 0x03
	}
	if p.noPaper {
		b[2] |= 0x0C
	}
	return b
}

// changed notes a new state, and sends the automatic status if the host asked for it; mu is held.
func (p *Printer) changed() {
	p.news = true
	const onlineErrorPaper = 0x0E
	if p.asb&onlineErrorPaper != 0 && !p.off {
		p.answer(p.automatic())
	}
}
