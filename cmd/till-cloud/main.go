// Command till-cloud is the gateway: broker, ledger and acquirer in one program.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"till/cloud/service"
	"till/sync/wire/updates"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "till-cloud:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		if order, ok := orders[args[0]]; ok {
			return order.run(ctx, args[1:], stdout)
		}
	}
	return serve(ctx, args, stdout, stderr)
}

// serve is the gateway itself.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("till-cloud", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	mqtt := flags.String("mqtt", "127.0.0.1:1883", "`address` of the broker that terminals connect to")
	host := flags.String("host", "", "`names` and addresses, with commas between, that terminals reach this gateway by; turns on enrolment, and TLS in place of -mqtt")
	mqtts := flags.String("mqtts", "0.0.0.0:8883", "with -host: `address` of the broker over TLS")
	door := flags.String("enrol", "0.0.0.0:8443", "with -host: `address` where devices enrol")
	var merchants service.Pages
	flags.StringVar(&merchants.Listen, "pages", "", "with -host: `address` of the merchants' pages, over HTTPS; none without it")
	flags.StringVar(&merchants.Certificate, "pages-cert", "", "with -pages: `file` of a certificate that browsers trust, PEM; else it is one of the gateway's own authority")
	flags.StringVar(&merchants.Key, "pages-key", "", "with -pages-cert: `file` of its key, PEM")
	listen := flags.String("listen", "127.0.0.1:8081", "`address` of the books (ledger.json) and of the fleet, for this machine's eyes")
	var phones receiptsDoor
	phones.flags(flags)
	data := flags.String("data", "till-cloud", "`folder` of the ledger")
	pace := flags.Int("pace", 1, "the sandbox's waits are divided by this `number`")
	level := slog.LevelInfo
	flags.TextVar(&level, "log", slog.LevelInfo, "`level` of the log: debug, info, warn, error")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stdout)
			flags.Usage()
			sayOrders(stdout)
			return err
		}
		return fmt.Errorf("%w; till-cloud -help lists the flags", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %.40q; till-cloud -help lists the flags", flags.Arg(0))
	}
	if *pace < 1 {
		return fmt.Errorf("pace %d: want 1 or more", *pace)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another with -listen", *listen, err)
	}
	defer l.Close()
	slips, err := phones.open()
	if err != nil {
		return err
	}
	if slips != nil {
		defer slips.Close()
	}
	o := service.Options{Dir: *data, MQTT: *mqtt, Pace: *pace, Desk: true, Log: log}
	switch {
	case merchants.Listen != "" && *host == "":
		return errors.New("the merchants' pages need terminals that are known: start it with -host too")
	case merchants.Listen == "" && merchants.Certificate+merchants.Key != "", (merchants.Certificate == "") != (merchants.Key == ""):
		return errors.New("-pages-cert and -pages-key go together, and with -pages")
	case merchants.Listen != "":
		o.Pages = &merchants
	}
	if *host != "" {
		o.Secure = &service.Secure{MQTT: *mqtts, Enrol: *door, Hosts: strings.Split(*host, ",")}
	}
	s, err := service.Start(o)
	if err != nil {
		return err
	}
	if s.Terminals != nil {
		fmt.Fprintf(stdout, "Devices enrol at %s (authority %s), then connect to %s\nClaim a terminal: till-cloud claim -help\n", s.Enrolment, s.Terminals.Authority().Fingerprint(), s.Broker)
	} else {
		fmt.Fprintf(stdout, "Terminals connect to tcp://%s with the gateway key %s\n", s.Broker, s.Key)
	}
	if s.Pages != "" {
		fmt.Fprintf(stdout, "Merchants sign in at %s\n", s.Pages)
	}
	fmt.Fprintf(stdout, "The books are at http://%s/cloud/ledger.json\nThe terminals are at http://%s/fleet\nThe acquirer is the sandbox: no money moves.\n", l.Addr(), l.Addr())
	go serveBooks(ctx, l, s, log)
	if slips != nil {
		fmt.Fprintf(stdout, "Customers' receipts are at %s and the sale's id\n", phones.url(slips))
		go phones.serve(ctx, slips, s, log)
	}
	return errors.Join(s.Run(ctx), s.Close())
}

func serveBooks(ctx context.Context, l net.Listener, s *service.Service, log *slog.Logger) {
	mux := http.NewServeMux()
	fleet := s.FleetHandler(log)
	mux.Handle("/fleet", fleet)
	mux.Handle("/fleet/", fleet)
	mux.Handle(updates.Root, s.UpdatesHandler())
	mux.HandleFunc("GET /cloud/ledger.json", func(w http.ResponseWriter, _ *http.Request) {
		books, err := s.Books()
		if err != nil {
			log.Error("books", "err", err)
			http.Error(w, `{"error":"the books cannot be read"}`, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if err := json.NewEncoder(w).Encode(books); err != nil {
			log.Debug("books", "err", err)
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // what it says changes nothing: the program ends
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Error("serve the books", "err", err)
	}
}
