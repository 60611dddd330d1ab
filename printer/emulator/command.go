package emulator

import "fmt"

// Limits on outside input.
const (
	maxCommand  = 1 << 20  // bytes of one command with its data
	maxBytes    = 8 << 20  // bytes kept of one document
	maxRows     = 24000    // dots of one document, 3 m of paper
	maxFaults   = 100      // faults kept
	maxTabs     = 32       // ESC D
	maxReplies  = 256      // answers waiting for a host that does not read
	maxPictures = 16       // documents kept
	maxKept     = 32 << 20 // dots of the documents kept
	maxFeed     = 8128     // dots of one feed: 1016 mm (Epson ESC/POS reference, ESC d)
)

// Control bytes of ESC/POS (Epson ESC/POS reference).
const (
	nul = 0x00
	ht  = 0x09
	lf  = 0x0A
	ff  = 0x0C
	cr  = 0x0D
	dle = 0x10
	can = 0x18
	esc = 0x1B
	fs  = 0x1C
	gs  = 0x1D
)

// fixed lists the commands of a constant number of argument bytes.
var fixed = map[[2]byte]int{
	{esc, '@'}: 0, {esc, '2'}: 0, {esc, '3'}: 1, {esc, 'a'}: 1, {esc, 'E'}: 1, {esc, 'G'}: 1,
	{esc, '!'}: 1, {esc, '-'}: 1, {esc, 'd'}: 1, {esc, 'J'}: 1, {esc, 't'}: 1, {esc, 'R'}: 1,
	{esc, 'p'}: 3, {esc, ' '}: 1, {esc, 'M'}: 1, {esc, '{'}: 1, {esc, 'V'}: 1, {esc, 'c'}: 2,
	{esc, '='}: 1, {esc, '$'}: 2, {esc, '\\'}: 2,
	{gs, '!'}: 1, {gs, 'B'}: 1, {gs, 'h'}: 1, {gs, 'w'}: 1, {gs, 'H'}: 1, {gs, 'f'}: 1, {gs, 'a'}: 1,
	{gs, 'r'}: 1, {gs, 'L'}: 2, {gs, 'W'}: 2, {gs, 'P'}: 2,
	{fs, '.'}: 0, {fs, '&'}: 0, {fs, 'C'}: 1, {fs, '!'}: 1, {fs, '-'}: 1, {fs, 'S'}: 2,
	{dle, 0x04}: 1, {dle, 0x05}: 1,
}

// measure says how long the command is that cmd begins: 0 means that another
// byte is needed to know. cmd is never empty. An error means that no command
// begins so.
func measure(cmd []byte) (int, error) {
	switch cmd[0] {
	case nul, ht, lf, ff, cr, can:
		return 1, nil
	case dle, esc, fs, gs:
	default:
		if cmd[0] < 0x20 {
			return 0, fmt.Errorf("control byte %02X is no command", cmd[0])
		}
		return 1, nil
	}
	if len(cmd) < 2 {
		return 0, nil
	}
	if n, ok := fixed[[2]byte{cmd[0], cmd[1]}]; ok {
		return 2 + n, nil
	}
	n, err := measureLong(cmd)
	if err == nil && n > maxCommand {
		return 0, fmt.Errorf("command %02X %02X of %d bytes, at most %d are taken", cmd[0], cmd[1], n, maxCommand)
	}
	return n, err
}

func measureLong(cmd []byte) (int, error) {
	word := func(i int) int { return int(cmd[i]) | int(cmd[i+1])<<8 }
	switch [2]byte{cmd[0], cmd[1]} {
	case [2]byte{dle, 0x14}: // real-time requests
		if len(cmd) < 3 {
			return 0, nil
		}
		switch cmd[2] {
		case 1, 2:
			return 5, nil
		case 8:
			return 10, nil
		}
		return 0, fmt.Errorf("DLE DC4 function %d is not known", cmd[2])
	case [2]byte{esc, 'D'}: // tab stops, ended by NUL
		switch {
		case len(cmd) > 2 && cmd[len(cmd)-1] == nul:
			return len(cmd), nil
		case len(cmd) > 2+maxTabs:
			return 0, fmt.Errorf("ESC D with more than %d tab stops", maxTabs)
		}
		return 0, nil
	case [2]byte{esc, '*'}: // column image
		if len(cmd) < 5 {
			return 0, nil
		}
		if cmd[2] >= 32 {
			return 5 + 3*word(3), nil
		}
		return 5 + word(3), nil
	case [2]byte{gs, 'V'}: // cut
		if len(cmd) < 3 {
			return 0, nil
		}
		switch cmd[2] {
		case 0, 1, '0', '1':
			return 3, nil
		case 'A', 'B':
			return 4, nil
		}
		return 0, fmt.Errorf("GS V %d is not a cut", cmd[2])
	case [2]byte{gs, 'v'}: // raster image
		if len(cmd) < 8 {
			return 0, nil
		}
		if cmd[2] != '0' {
			return 0, fmt.Errorf("GS v %02X is not known", cmd[2])
		}
		return 8 + word(4)*word(6), nil
	case [2]byte{gs, '('}: // functions with their own length
		if len(cmd) < 5 {
			return 0, nil
		}
		return 5 + word(3), nil
	case [2]byte{gs, 'k'}: // barcode
		return measureBarcode(cmd)
	}
	return 0, fmt.Errorf("command %02X %02X is not known", cmd[0], cmd[1])
}

func measureBarcode(cmd []byte) (int, error) {
	if len(cmd) < 4 {
		return 0, nil
	}
	switch m := cmd[2]; {
	case m <= 6: // function A, ended by NUL
		if cmd[len(cmd)-1] == nul {
			return len(cmd), nil
		}
		if len(cmd) > 255 {
			return 0, fmt.Errorf("barcode without an end")
		}
		return 0, nil
	case m >= 65 && m <= 79: // function B, with its length
		return 4 + int(cmd[3]), nil
	default:
		return 0, fmt.Errorf("barcode system %d is not known", m)
	}
}
