// Package tillcmd is the body of the till command: firmware and technician's
// tool in one. cmd/till calls it, and so does cmd/till-demo when it runs itself
// again as the firmware.
package tillcmd

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"till/cmd/tillcmd/bench"
	"till/device"
)

// Version is set by the build (-ldflags -X).
var Version = "dev"

const usage = `till is a payment terminal for QR wallets.

  till run [-config FILE] [-board NAME]
                                        sell; without a gateway in its configuration,
                                        enrol first
  till enroll [-config FILE] [-data DIR] [-gateway URL] [-ca FINGERPRINT] [-claim CODE|QR]
                                        enrol this device, without its screen
  till doctor [-config FILE] [-json] [-quiet] [-interactive] [-only a,b] [-lang en|zh]
                                        try every device and service, and say what to do
  till bench [-data DIR] [-json] [-names a,b] [-broker URL]
                                        measure this machine
  till journal verify [-data DIR]       hold the journal against its rules
  till journal export [-data DIR] [-o FILE] [-from N]
                                        write its records, a line of JSON each
  till journal show [-data DIR] [-n N] [SALE]
                                        the newest records, or one sale
  till report [-config FILE | -data DIR] [-from DAY] [-to DAY] [-zone ZONE] [-format text|csv|json]
                                        what some days came to, by the journal alone
  till image -board NAME -o FILE [-till FILE] [-blobs DIR] [-site FILE]
             [-roots FILE] [-trust FILE] [-radio DIR] [-release VERSION]
                                        make the image of a memory card
  till release -image FILE -board NAME -version V -o FILE [-one-way]
                                        make a release of such an image
  till flash [-image FILE -disk DEVICE] [-site FILE] [-force]
                                        write it to a card and verify it, or list the cards
  till pin [-badge] [-like HASH]        hash a PIN or a badge for the configuration
  till version                          say what this is
  till help                             say this

`

// Run is the till command. args are without the program's name.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	name := "help"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "run":
		return run(ctx, args, stderr)
	case "enroll":
		return enroll(ctx, args, stdout)
	case "bench":
		return bench.Run(ctx, args, stdout, stderr)
	case "doctor":
		return doctorCommand(ctx, args, os.Stdin, stdout, stderr)
	case "journal":
		return journalCommand(ctx, args, stdout, stderr)
	case "report":
		return reportCommand(ctx, args, stdout)
	case "image":
		return imageCommand(ctx, args, stdout)
	case "release":
		return releaseCommand(ctx, args, stdout)
	case "flash":
		return flashCommand(ctx, args, stdout, stderr)
	case "pin":
		return pinCommand(args, os.Stdin, stdout, stderr)
	case "version":
		return version(args, stdout)
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return fmt.Errorf("unknown command %.40q; till help lists them", name)
	}
}

func version(args []string, stdout io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("till version takes no arguments, not %.40q", args[0])
	}
	_, err := fmt.Fprintf(stdout, "till %s %s/%s %s\n", Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return err
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("till run", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it; main prints it once
	path := flags.String("config", "", "configuration `file` (TOML)")
	board := flags.String("board", "", "board `name`, or auto, instead of the file's")
	level := slog.LevelInfo
	flags.TextVar(&level, "log", slog.LevelInfo, "`level` of the log: debug, info, warn, error")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("till run: %w; see till help", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("till run: unexpected argument %.40q; see till help", flags.Arg(0))
	}
	var file configFile
	if *path != "" {
		var err error
		if file, err = loadFile(*path); err != nil {
			return err
		}
	}
	file = file.on(*board)
	defer keepSmall()()
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if err := device.NoCore(); err != nil {
		log.Warn("start", "err", err)
	}
	if file.enrols() {
		file, base, err := file.base()
		if err != nil {
			return fmt.Errorf("configuration %s:\n%w", cmp.Or(*path, "without a file"), err)
		}
		return runEnrolling(ctx, file, base, log)
	}
	config, err := file.config()
	if err != nil {
		return fmt.Errorf("configuration %s:\n%w", *path, err)
	}
	return runTerminal(ctx, config, log)
}
