package printer

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// Identity is what a printer says it is; what it does not say is empty.
type Identity struct {
	Maker, Model    string
	Commands        string // the languages it speaks, as "ESC/POS" or "PCL,PJL"
	Vendor, Product uint16 // USB
}

// Identified is a Transport that knows what is at its end.
type Identified interface{ Identity() Identity }

type withIdentity struct {
	Transport
	id Identity
}

func (w withIdentity) Identity() Identity { return w.id }

// maxDeviceID is the longest device id in bytes: its length has 16 bits, and
// nobody's has a thousandth of that.
const maxDeviceID = 4096

// ParseDeviceID reads an IEEE 1284 device id, as
// "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;". What is none comes to an
// empty Identity. Source: IEEE 1284-2000, 7.6; the long names are in use too.
func ParseDeviceID(text string) Identity {
	var id Identity
	for field := range strings.SplitSeq(text[:min(len(text), maxDeviceID)], ";") {
		key, value, ok := strings.Cut(field, ":")
		if !ok {
			continue
		}
		value = printable(value)
		switch strings.ToUpper(strings.TrimSpace(key)) {
		case "MFG", "MANUFACTURER":
			id.Maker = value
		case "MDL", "MODEL":
			id.Model = value
		case "CMD", "COMMAND SET":
			id.Commands = value
		}
	}
	return id
}

const maxName = 64 // bytes of a name that goes to the log

// printable is what can be shown of a name.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), maxName)])
}

// models says which profile a model has; the first that matches holds.
// Sources: "db" as in profile.go; "ours" by the class that the name says.
var models = []struct {
	name    *regexp.Regexp
	profile string
}{
	{regexp.MustCompile(`(?i)TM-?(T88|L90)`), "tm-t88"},                                         // db: 512 dots, 42 columns
	{regexp.MustCompile(`(?i)TM-?T70`), "80mm-512"},                                             // db
	{regexp.MustCompile(`(?i)TM-?(m10|P20)`), "58mm-cut"},                                       // db: 58 mm, cutter and QR
	{regexp.MustCompile(`(?i)TM-?(T20|T81|T82|T83|m30|m50)`), "80mm"},                           // db: 576 dots, 48 columns
	{regexp.MustCompile(`(?i)\b(SRP-?3[3-8]|TSP ?1|TSP ?6|mC-Print3|CT-S)`), "80mm"},            // ours
	{regexp.MustCompile(`(?i)(POS|NT|ZJ|XP|RP|MTP|PT|GP|TP)[- ]?(58|57|5890|5870)`), "58mm"},    // db: POS-5890, NT-5890K, ZJ-5870
	{regexp.MustCompile(`(?i)(POS|NT|ZJ|XP|RP|PT|GP|TP|RONGTA)[- ]?(80|Q|N160)`), "80mm-plain"}, // ours: clones, as pictures
}

// ProfileFor is the profile of a printer that says what it is.
func ProfileFor(id Identity) (Profile, bool) {
	for _, m := range models {
		if m.name.MatchString(id.Model) {
			p, err := ProfileByName(m.profile)
			return p, err == nil
		}
	}
	return Profile{}, false
}

// autoName is the profile that stands for what the printer says it is.
const autoName = "auto"

// ProfileAuto is found out from the printer whenever it is opened. For one that
// does not say what it is, it is the 58 mm class: a narrow receipt can be read
// on any paper, a wide one loses its amounts on narrow paper.
func ProfileAuto() Profile {
	p := Profile58()
	p.Name, p.Title = autoName, "found out from the printer; 58 mm if it does not say"
	return p
}

// identify is the profile of the printer at an open link.
func (l *link) identify(ctx context.Context, said Profile) (Profile, error) {
	if said.Name != autoName {
		return said, nil
	}
	if t, ok := l.t.(Identified); ok {
		if p, ok := ProfileFor(t.Identity()); ok {
			return p, nil
		}
	}
	// GS I is printed as text by what does not know it. So it is sent to none
	// that does not even answer for its status, nor to one that would leave it in
	// its buffer.
	s, err := l.status(ctx)
	if err != nil || s.State == StateUnknown || !s.State.Ready() {
		return said, err
	}
	model, err := l.model(ctx)
	if err != nil {
		return said, err
	}
	if p, ok := ProfileFor(Identity{Model: model}); ok {
		return p, nil
	}
	return said, nil
}

// An answer to GS I 67: '_', the model's name, NUL (Epson ESC/POS reference, GS I
// function B).
const (
	infoHead   = 0x5F
	infoModel  = 67
	maxInfo    = 80
	infoStrays = 16 // bytes passed over before the answer
)

// model asks a printer for its name; "" if it does not say.
func (l *link) model(ctx context.Context) (string, error) {
	if err := l.write(ctx, []byte{gs, 'I', infoModel}); err != nil {
		return "", err
	}
	var name []byte
	headed, strays := false, 0
	for len(name) < maxInfo && strays < infoStrays {
		b, err := l.next(ctx, answerWait)
		switch {
		case errors.Is(err, errSilent):
			return "", nil
		case err != nil:
			return "", err
		case !headed && b != infoHead:
			strays++
		case !headed:
			headed = true
		case b == 0:
			return printable(string(name)), nil
		default:
			name = append(name, b)
		}
	}
	return "", nil
}
