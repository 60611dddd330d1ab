package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"till/cloud/releases"
	"till/cloud/service"
)

const releaseUsage = `till-cloud release has releases signed, and brings them to the terminals.

  till-cloud release keygen -o FILE            a key, to be kept off line
  till-cloud release init -root-key FILE… -threshold N -targets-key FILE…
                                               begin, once
  till-cloud release root -o FILE              the root, which terminals are made with
  till-cloud release add -key FILE RELEASE     sign a file of till release, and take it in
  till-cloud release rotate -old-root-key FILE… -root-key FILE… -threshold N -targets-key FILE…
                                               exchange the keys
  till-cloud release stage -share N VERSION    bring it to a share of the fleet, in percent
  till-cloud release halt VERSION              no terminal begins any more
  till-cloud release resume VERSION            go on; the failures so far are forgiven
  till-cloud release show                      what there is, and how far

Each has -help, and -data FOLDER of the gateway. stage, halt, resume and show
speak to a running one.

`

func release(ctx context.Context, args []string, stdout io.Writer) error {
	name := "help"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "keygen":
		return releaseKeygen(args, stdout)
	case "init":
		return releaseInit(args, stdout)
	case "root":
		return releaseRoot(args, stdout)
	case "add":
		return releaseAdd(args, stdout)
	case "rotate":
		return releaseRotate(args, stdout)
	case "stage":
		return releaseStage(ctx, args, stdout)
	case "halt", "resume":
		return releaseSet(ctx, name, args, stdout)
	case "show":
		return releaseShow(ctx, args, stdout)
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(stdout, releaseUsage)
		return err
	}
	return fmt.Errorf("till-cloud release: unknown %.40q; till-cloud release help lists what there is", name)
}

// keyFlag reads keys from files, one a flag.
func keyFlag(flags *flag.FlagSet, name, about string) *[]releases.Key {
	keys := new([]releases.Key)
	flags.Func(name, about+"; may be repeated", func(path string) error {
		k, err := releases.ReadKey(path)
		*keys = append(*keys, k)
		return err
	})
	return keys
}

func ownerFlags(flags *flag.FlagSet) func() releases.Owners {
	root := keyFlag(flags, "root-key", "`file` of a root key")
	targets := keyFlag(flags, "targets-key", "`file` of a key that signs releases")
	threshold := flags.Int("threshold", 1, "how `many` root keys have to sign")
	return func() releases.Owners {
		return releases.Owners{Root: *root, Threshold: *threshold, Targets: *targets}
	}
}

func repository(data string) *releases.Repository {
	return releases.At(service.ReleasesIn(data), time.Now)
}

func releaseKeygen(args []string, stdout io.Writer) error {
	flags, _ := newFlags("release keygen")
	path := flags.String("o", "", "`file` to write")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if *path == "" {
		return errors.New("say where to, with -o FILE")
	}
	k, err := releases.NewKey()
	if err != nil {
		return err
	}
	if err := releases.WriteKey(*path, k); err != nil {
		return err
	}
	id, err := k.ID()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Key %s is in %s. Keep it off line, and a copy of it elsewhere.\n", id, *path)
	return err
}

func releaseInit(args []string, stdout io.Writer) error {
	flags, data := newFlags("release init")
	owners := ownerFlags(flags)
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if err := os.MkdirAll(service.ReleasesIn(*data), 0o700); err != nil {
		return fmt.Errorf("make the folder of releases: %w", err)
	}
	if _, err := releases.Create(service.ReleasesIn(*data), owners(), time.Now); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "Releases are in %s. till-cloud release root -o FILE writes what terminals trust.\n", service.ReleasesIn(*data))
	return err
}

func releaseRoot(args []string, stdout io.Writer) error {
	flags, data := newFlags("release root")
	path := flags.String("o", "", "`file` to write")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if *path == "" {
		return errors.New("say where to, with -o FILE")
	}
	raw, err := repository(*data).RootFile()
	if err != nil {
		return fmt.Errorf("read the root: %w", err)
	}
	if err := os.WriteFile(*path, raw, 0o644); err != nil {
		return fmt.Errorf("write the root: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "The root is in %s. It is no secret.\n", *path)
	return err
}

func releaseAdd(args []string, stdout io.Writer) error {
	flags, data := newFlags("release add")
	keys := keyFlag(flags, "key", "`file` of a key that signs releases")
	if err := parse(flags, args, 1, stdout); err != nil {
		return err
	}
	about, err := repository(*data).Add(flags.Arg(0), *keys...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Release %s for %s is there. No terminal gets it before it is staged.\n", about.Version, about.Board)
	return err
}

func releaseRotate(args []string, stdout io.Writer) error {
	flags, data := newFlags("release rotate")
	old := keyFlag(flags, "old-root-key", "`file` of a root key in force")
	owners := ownerFlags(flags)
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	if err := repository(*data).Rotate(*old, owners()); err != nil {
		return err
	}
	_, err := io.WriteString(stdout, "The keys are exchanged. Terminals follow by themselves.\n")
	return err
}

func releaseStage(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("release stage")
	var o service.StageOrder
	flags.IntVar(&o.Share, "share", 0, "`percent` of the fleet; it only grows")
	flags.IntVar(&o.Limit, "limit", releases.DefaultLimit, "halt when this `percent` of its terminals failed")
	flags.Func("terminal", "`id` of a terminal that gets it besides; may be repeated", func(id string) error {
		o.Terminals = append(o.Terminals, id)
		return nil
	})
	flags.BoolVar(&o.Now, "now", false, "in opening hours too; never during a sale")
	flags.BoolVar(&o.OneWay, "one-way", false, "though there is no way back from it")
	flags.BoolVar(&o.Again, "again", false, "terminals where it failed try it once more")
	if err := parse(flags, args, 1, stdout); err != nil {
		return err
	}
	o.Version = flags.Arg(0)
	var done releases.Rollout
	if err := ask(ctx, *data, http.MethodPost, "/rollouts", o, &done); err != nil {
		return err
	}
	besides := ""
	if len(done.Terminals) > 0 {
		besides = ", and for " + strings.Join(done.Terminals, ", ")
	}
	_, err := fmt.Fprintf(stdout, "Release %s is staged for %d %% of the fleet%s.\n", done.Version, done.Share, besides)
	return err
}

func releaseSet(ctx context.Context, what string, args []string, stdout io.Writer) error {
	flags, data := newFlags("release " + what)
	if err := parse(flags, args, 1, stdout); err != nil {
		return err
	}
	if err := ask(ctx, *data, http.MethodPost, "/rollouts/"+url.PathEscape(flags.Arg(0))+"/"+what, nil, nil); err != nil {
		return err
	}
	said := map[string]string{"halt": "is halted. Terminals that try it already go on with that.", "resume": "goes on."}[what]
	_, err := fmt.Fprintf(stdout, "The rollout of %s %s\n", flags.Arg(0), said)
	return err
}

func releaseShow(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("release show")
	asJSON := flags.Bool("json", false, "as JSON, with all that is known")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	var shelf service.Shelf
	if err := ask(ctx, *data, http.MethodGet, "/releases", nil, &shelf); err != nil {
		return err
	}
	if *asJSON {
		return writeJSON(stdout, shelf)
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "RELEASE\tBOARD\tMIB\tSCHEMA\tONE-WAY")
	for _, r := range shelf.Releases {
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%d\t%v\n", r.Version, r.Board, float64(r.Size)/(1<<20), r.Schema, r.OneWay)
	}
	fmt.Fprintln(w, "\nROLLOUT\tSHARE\tCHOSEN\tWAITING\tDOWNLOADING\tDOWNLOADED\tTRYING\tCONFIRMED\tFAILED\tSTATE")
	for _, r := range shelf.Rollouts {
		state := "under way"
		if r.Halted {
			state = strings.TrimSuffix("halted: "+r.Why, ": ")
		}
		fmt.Fprintf(w, "%s\t%d %%\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", r.ID, r.Share, r.Chosen, r.Waiting, r.Loading, r.Loaded, r.Trying, r.Confirmed, r.Failed, state)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range shelf.Rollouts {
		for _, f := range r.Failures {
			if _, err := fmt.Fprintf(stdout, "%s on %s: %s, %s: %s\n", r.Version, f.Terminal, f.Result, f.Why, f.Reason); err != nil {
				return err
			}
		}
	}
	return nil
}
