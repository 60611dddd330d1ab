// Command emulate boots a card's image on an emulated Raspberry Pi, with a
// counter around it on a page for the browser: the panel's pixels, a number pad, a
// scanner, the printer's paper, the network cable and the mains plug.
//
//	go run ./lab/emulate -image dist/till-pi3b.img
//
// It is a tool of the lab: QEMU, zbarimg and the blobs have to be there
// (make emulate sees to it).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "emulate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("emulate", flag.ContinueOnError)
	board := flags.String("board", "pi3b", "`name` of the board; QEMU has one of those that till runs on")
	image := flags.String("image", "dist/till-pi3b.img", "the card's image, a `file`")
	listen := flags.String("listen", "127.0.0.1:8081", "`address` of the page")
	data := flags.String("data", "", "`folder` for card and cloud, kept and used again; a temporary one if there is none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *board != "pi3b" {
		return fmt.Errorf("QEMU has no model of the board %s: it has pi3b", *board)
	}
	dir := *data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "till-emulate-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	c, err := openCounter(ctx, dir, *board, *image, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: c.handler(), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // nobody's answer is worth waiting for
	fmt.Printf("The card %s boots on an emulated Raspberry Pi. The page:\n\n  http://%s/\n\n", filepath.Base(*image), l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
