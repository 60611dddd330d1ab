package tillcmd

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"till/device/identity"
	"till/store"
	"till/sync/wire/enrolment"
)

// identityFolder is where a terminal keeps its key, certificate and settings.
func identityFolder(data string) string { return filepath.Join(data, "identity") }

// enrols says that the file leaves it to the gateway who this terminal is.
func (f configFile) enrols() bool {
	_, broker := f.values["gateway.broker"]
	_, key := f.values["gateway.key"]
	return !broker && !key
}

// base is the file of a terminal that is not enrolled yet: what it needs to
// show its screen and to ask its gateway.
func (f configFile) base() (configFile, Config, error) {
	for key, value := range map[string]any{"board": boardAuto, "data": defaultData} {
		if _, there := f.values[key]; !there {
			f = f.with(map[string]any{key: value})
		}
	}
	c, faults := f.partial()
	return f, c, report(faults)
}

// as is the configuration of the terminal that a grant makes: the gateway's
// settings, and the file's where the gateway says nothing.
func (f configFile) as(g enrolment.Grant) (Config, error) {
	for _, key := range []string{"data", "bench", "gateway.ca", "gateway.certificate", "gateway.private_key", "updates.root"} {
		if _, there := g.Settings[key]; there {
			return Config{}, fmt.Errorf("  %s is for the device to say, and not the gateway's", key)
		}
	}
	c, err := f.with(g.Settings).with(map[string]any{"terminal": g.Terminal}).config()
	c.Epoch = g.Epoch
	return c, err
}

// usable is as, of a grant that is not taken yet: what its settings name has to be
// there too. Of one that was taken that is not asked: the terminal sells without.
func (f configFile) usable(g enrolment.Grant) (Config, error) {
	c, err := f.as(g)
	if err == nil {
		err = c.Integrator.check()
	}
	return c, err
}

// accepts says whether this device can be the terminal that a grant makes.
func (f configFile) accepts(data string) func(enrolment.Grant) error {
	return func(g enrolment.Grant) error {
		if _, err := f.with(map[string]any{"data": data}).usable(g); err != nil {
			return err
		}
		j, err := store.Open(journalFolder(data), store.Options{Terminal: g.Terminal, ReadOnly: true, Timeout: time.Second})
		if err == nil {
			return j.Close()
		}
		if errors.Is(err, store.ErrTerminal) {
			return err
		}
		return nil // there is none, or it is seen to when it is opened for sales
	}
}

// errEnrolAgain ends a run of the counter whose certificate the gateway has ended.
var errEnrolAgain = errors.New("this terminal is to be enrolled again")

// runEnrolling sells as the terminal that this device is enrolled as, and enrols
// it first where it is none, or none any more. file and base are those of configFile.base.
func runEnrolling(ctx context.Context, file configFile, base Config, log *slog.Logger) error {
	disk, err := identity.OpenFolder(identityFolder(base.Data))
	if err != nil {
		return err
	}
	for {
		me, err := identity.Open(disk, nil)
		if errors.Is(err, identity.ErrDamaged) {
			log.Error("enrolment", "err", err)
		} else if err != nil {
			return err
		}
		grant, ok := me.Enrolled()
		if !ok {
			err := enrolOnScreen(ctx, base, me, file.accepts(base.Data), log)
			if switchesOff(err) {
				log.Info("switching off", "why", err)
				return base.powerOff()
			}
			if err != nil || ctx.Err() != nil {
				return err
			}
			continue
		}
		config, err := file.as(grant)
		if err != nil {
			return fmt.Errorf("the settings of terminal %s:\n%w", grant.Terminal, err)
		}
		config.Identity, config.site = me, file
		log.Info("enrolled", "terminal", grant.Terminal, "gateway", me.Gateway())
		if err := runTerminal(ctx, config, log); !errors.Is(err, errEnrolAgain) || ctx.Err() != nil {
			return err
		}
	}
}

// retryEvery is how often a device asks again that was not answered, or not claimed yet.
const retryEvery = 5 * time.Second

// enroll is till enroll: the same without a screen.
func enroll(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("till enroll", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	path := flags.String("config", "", "configuration `file` (TOML), of the site")
	data := flags.String("data", "", "`folder` of the terminal's data")
	gateway := flags.String("gateway", "", "the gateway's `address`, as https://gateway.example:8443")
	ca := flags.String("ca", "", "`fingerprint` of the gateway's authority")
	claim := flags.String("claim", "", "the operator's claim: its `code`, or the text of its QR")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till enroll: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("till enroll: unexpected argument %.40q; see till help", flags.Arg(0))
	}
	values := map[string]any{}
	if strings.Contains(*claim, ":") {
		i, err := enrolment.ParseInvitation(*claim)
		if err != nil {
			return fmt.Errorf("till enroll: %w", err)
		}
		values["enrol.gateway"], values["enrol.claim"] = i.Gateway, string(i.Claim)
		if i.Authority != (enrolment.Fingerprint{}) {
			values["enrol.ca"] = i.Authority.String()
		}
	} else if *claim != "" {
		values["enrol.claim"] = *claim
	}
	for key, value := range map[string]string{"enrol.gateway": *gateway, "enrol.ca": *ca, "data": *data} {
		if value != "" {
			values[key] = value
		}
	}
	var file configFile
	if *path != "" {
		var err error
		if file, err = loadFile(*path); err != nil {
			return fmt.Errorf("till enroll: %w", err)
		}
	}
	if err := enrolFor(ctx, file.with(values), stdout); err != nil {
		return fmt.Errorf("till enroll: %w", err)
	}
	return nil
}

func enrolFor(ctx context.Context, file configFile, stdout io.Writer) error {
	if !file.enrols() {
		return errors.New("the configuration says which gateway and key there are: take gateway.broker and gateway.key out, and the gateway will say")
	}
	file, base, err := file.base()
	if err != nil {
		return err
	}
	if base.Enrol.Gateway == "" {
		return errors.New("say where the gateway is, with -gateway URL or the QR's text in -claim")
	}
	disk, err := identity.OpenFolder(identityFolder(base.Data))
	if err != nil {
		return err
	}
	me, err := identity.Open(disk, nil)
	if errors.Is(err, identity.ErrDamaged) {
		fmt.Fprintln(stdout, err)
	} else if err != nil {
		return err
	}
	if grant, ok := me.Enrolled(); ok {
		_, err := fmt.Fprintf(stdout, "This device is terminal %s of %s already.\n", grant.Terminal, me.Gateway())
		return err
	}
	client := identity.NewClient(me, Version)
	client.Accept = file.accepts(base.Data)
	for said := false; ; {
		err := client.Enrol(ctx, base.Enrol)
		if err == nil {
			break
		}
		if !errors.Is(err, identity.ErrWaiting) {
			return err
		}
		if !said {
			device, err := me.Device()
			if err != nil {
				return err
			}
			fmt.Fprintf(stdout, "Device code %s\nThe gateway's operator claims it with: till-cloud claim -terminal ID -device \"%s\"\nWaiting…\n", device, device)
			said = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryEvery):
		}
	}
	grant, _ := me.Enrolled() // it is, now
	_, err = fmt.Fprintf(stdout, "This device is terminal %s of %s.\n", grant.Terminal, me.Gateway())
	return err
}
