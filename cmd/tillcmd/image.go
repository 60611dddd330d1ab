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
	"strings"
	"time"

	"till/boards"
	"till/boards/card"
)

// imageCommand is till image: it makes the image of a memory card, and beside
// it the list of what it is made of.
func imageCommand(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("till image", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	board := flags.String("board", "", "`name` of the board")
	out := flags.String("o", "", "`file` to write")
	blobs := flags.String("blobs", ".cache/blobs", "`folder` with the kernel and firmware (scripts/fetch-blobs)")
	program := flags.String("till", "", "`file` of till for the card, for linux/arm64; this one if it is that")
	release := flags.String("release", Version, "`version` of that till")
	site := flags.String("site", "", "`file` with the site's settings (TOML)")
	roots := flags.String("roots", "", "`file` with CA certificates (PEM) to trust")
	trust := flags.String("trust", "", "`file` with the root of trust for updates (till-cloud release root); without it the card takes none")
	radio := flags.String("radio", "", "`folder` with the firmware of the board's radio")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till image: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("till image: unexpected argument %.40q; see till help", flags.Arg(0))
	}
	if *board == "" || *out == "" {
		return errors.New("till image: say for which board, and where to: till image -board pi3b -o till-pi3b.img")
	}
	began := time.Now()
	r, err := imageRecipe(*board, *blobs, *program, *site, *roots, *radio)
	if err != nil {
		return fmt.Errorf("till image: %w", err)
	}
	r.Version = *release
	if *trust != "" {
		if r.Trust, err = readRoot(*trust); err != nil {
			return fmt.Errorf("till image: %w", err)
		}
	}
	sbom, err := r.SBOM()
	if err != nil {
		return fmt.Errorf("till image: %w", err)
	}
	list := strings.TrimSuffix(*out, ".img") + ".cdx.json"
	if err := writeNew(list, func(f *os.File) error {
		_, err := f.Write(sbom)
		return err
	}); err != nil {
		return fmt.Errorf("till image: %w", err)
	}
	if err := writeNew(*out, func(f *os.File) error {
		if err := f.Truncate(card.ImageSize); err != nil {
			return err
		}
		return r.Write(ctx, f)
	}); err != nil {
		return fmt.Errorf("till image: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d MiB for %s, till %s, in %.1f s; what it is made of: %s\n",
		*out, int64(card.ImageSize)>>20, *board, *release, time.Since(began).Seconds(), list)
	return err
}

func imageRecipe(board, blobs, program, site, roots, radio string) (*card.Recipe, error) {
	b, err := boards.ByName(board)
	if err != nil {
		return nil, err
	}
	if len(b.Tree.Blobs) == 0 {
		return nil, fmt.Errorf("board %s has no card", board)
	}
	r := &card.Recipe{Board: b, Blobs: os.DirFS(blobs)}
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find this program: %w; name one with -till", err)
		}
	}
	if r.Till, err = os.ReadFile(program); err != nil {
		return nil, err
	}
	if err := card.CheckProgram(r.Till); err != nil {
		return nil, fmt.Errorf("%w, and name it with -till", err)
	}
	if site != "" {
		if r.Site, err = readSite(site); err != nil {
			return nil, err
		}
	}
	if roots != "" {
		if r.Roots, err = os.ReadFile(roots); err != nil {
			return nil, err
		}
	}
	if radio != "" {
		r.Radio = os.DirFS(radio)
		if _, err := fs.ReadDir(r.Radio, "."); err != nil {
			return nil, fmt.Errorf("the radio's firmware in %s: %w", radio, err)
		}
	}
	return r, nil
}

// writeNew fills a new file beside the one named, and puts it in its place only when it is whole.
func writeNew(name string, fill func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = fill(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
