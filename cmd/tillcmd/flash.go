package tillcmd

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"till/boards/card"
	"till/boards/flash"
)

// flashCommand is till flash: it writes an image to a memory card.
func flashCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("till flash", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	image := flags.String("image", "", "`file` made by till image")
	disk := flags.String("disk", "", "`device` to write, or a file")
	site := flags.String("site", "", "`file` with the site's settings (TOML)")
	force := flags.Bool("force", false, "write what is mounted or not removable all the same")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till flash: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("till flash: unexpected argument %.40q; see till help", flags.Arg(0))
	}
	if *disk == "" {
		if err := listDisks(stdout); err != nil {
			return fmt.Errorf("till flash: %w", err)
		}
		if *image != "" {
			return errors.New("till flash: say which disk with -disk; everything on it is lost")
		}
		return nil
	}
	if *image == "" {
		return errors.New("till flash: say which image: till flash -image till-pi3b.img -disk " + *disk)
	}
	if err := flashImage(ctx, *image, *disk, *site, *force, stdout, stderr); err != nil {
		return fmt.Errorf("till flash: %w", err)
	}
	return nil
}

func listDisks(stdout io.Writer) error {
	all, err := removableDisks()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "No card is here: put one into a reader.")
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, d := range all {
		state := ""
		if err := d.Refuse(false); err != nil {
			state = err.Error()
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Path, flash.Bytes(d.Size), d.Model, state); err != nil {
			return err
		}
	}
	return w.Flush()
}

func flashImage(ctx context.Context, image, name, site string, force bool, stdout, stderr io.Writer) (err error) {
	from, err := card.OpenImage(image)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	source := from
	if site != "" {
		settings, err := readSite(site)
		if err != nil {
			return err
		}
		if source, err = from.WithSite(settings); err != nil {
			return fmt.Errorf("put the site's settings in: %w", err)
		}
	}
	to, err := openDisk(name, force)
	if err != nil {
		return err
	}
	began := time.Now()
	bar := &progressBar{w: stderr, live: isTerminal(stderr)}
	sum, err := flash.Write(ctx, source, source.Size, to, bar.show)
	bar.end()
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = fmt.Fprintf(stdout, "verified: %s holds %s, %s in %.0f s, SHA-256 %s\n",
		name, filepath.Base(image), flash.Bytes(source.Size), time.Since(began).Seconds(), sum)
	return err
}

// openDisk opens what -disk names: a disk that may be written, or a file.
func openDisk(named string, force bool) (flash.Disk, error) {
	name, err := filepath.EvalSymlinks(named) // as /dev/disk/by-id has them
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is %w: put the card in; with no -disk till flash lists what is there", named, flash.ErrNotThere)
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode().IsRegular():
		return flash.OpenFile(name)
	case info.Mode()&os.ModeDevice == 0:
		return nil, fmt.Errorf("%s is no disk and no file", name)
	}
	if err := refuseDisk(name, force); err != nil {
		return nil, err
	}
	return flash.Open(name, force)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progressBar shows how far a write is: in one line of a terminal, or a line
// now and then in a log.
type progressBar struct {
	w     io.Writer
	live  bool
	phase string
	shown int  // of ten parts
	open  bool // the line has no end yet
}

func (b *progressBar) show(p flash.Progress) {
	if b.live {
		if b.phase != p.Phase && b.open {
			_, _ = fmt.Fprintln(b.w) // a bar that is not seen is no fault
		}
		b.phase, b.open = p.Phase, true
		_, _ = fmt.Fprintf(b.w, "\r%s\x1b[K", p) // likewise
		return
	}
	part := int(10 * p.Done / max(p.Total, 1))
	if b.phase == p.Phase && part == b.shown {
		return
	}
	b.phase, b.shown = p.Phase, part
	_, _ = fmt.Fprintln(b.w, p) // likewise
}

// end ends the line, so that what follows stands below it.
func (b *progressBar) end() {
	if b.open {
		_, _ = fmt.Fprintln(b.w) // likewise
	}
}
