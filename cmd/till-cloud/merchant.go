package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"till/cloud/merchant"
	"till/cloud/service"
)

// merchantOrder keeps the merchants who may sign in to their pages.
func merchantOrder(ctx context.Context, args []string, stdout io.Writer) error {
	flags, data := newFlags("merchant")
	list := flags.Bool("list", false, "list the merchants")
	add := flags.String("add", "", "take a merchant of this `id` into the book: a-z, 0-9 and -, as in till-cloud claim -merchant")
	password := flags.String("password", "", "give the merchant of this `id` another password, and end its sessions")
	remove := flags.String("remove", "", "take the merchant of this `id` out of the book; its terminals go on")
	assign := flags.String("assign", "", "make the merchant of this `id` the owner of the terminal that -terminal names, which has none")
	var o service.MerchantOrder
	flags.StringVar(&o.Name, "name", "", "with -add: the merchant's `name`")
	flags.StringVar(&o.Login, "login", "", "with -add: the `name` to sign in with (the id unless told otherwise)")
	terminal := flags.String("terminal", "", "with -assign: the terminal's `id`")
	asked := flags.Bool("ask", false, "read the password from standard input; without it one is made")
	if err := parse(flags, args, 0, stdout); err != nil {
		return err
	}
	chosen := 0
	for _, one := range []bool{*list, *add != "", *password != "", *remove != "", *assign != ""} {
		if one {
			chosen++
		}
	}
	switch {
	case chosen != 1:
		return errors.New("say one of -list, -add ID, -password ID, -remove ID and -assign ID; till-cloud merchant -help lists the flags")
	case *add != "" && o.Name == "":
		return errors.New("say the merchant's name, with -name NAME")
	case *assign != "" && *terminal == "":
		return errors.New("say which terminal, with -terminal ID")
	}
	if *asked && *add+*password != "" {
		var err error
		if o.Password, err = readPassword(os.Stdin, os.Stderr); err != nil {
			return err
		}
	}
	of := func(id string) string { return "/merchants/" + url.PathEscape(id) }
	var got service.Credentials
	switch {
	case *list:
		return listMerchants(ctx, *data, stdout)
	case *remove != "":
		if err := ask(ctx, *data, http.MethodDelete, of(*remove), nil, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "Merchant %[1]s is out, and signed out. Its terminals go on, and are those of whoever is added as %[1]s again.\n", *remove)
		return err
	case *assign != "":
		if err := ask(ctx, *data, http.MethodPost, of(*assign)+"/terminals", service.AssignOrder{Terminal: *terminal}, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "Terminal %s is merchant %s's.\n", *terminal, *assign)
		return err
	case *add != "":
		o.ID = *add
		if err := ask(ctx, *data, http.MethodPost, "/merchants", o, &got); err != nil {
			return err
		}
	default:
		if err := ask(ctx, *data, http.MethodPost, of(*password)+"/password", o, &got); err != nil {
			return err
		}
	}
	return sayCredentials(stdout, got, o.Password == "")
}

func sayCredentials(w io.Writer, c service.Credentials, made bool) error {
	if c.Pages == "" {
		c.Pages = "nowhere yet: start the gateway with -pages ADDRESS"
	}
	if !made {
		c.Password = "as it was given"
	}
	_, err := fmt.Fprintf(w, "Login     %s\nPassword  %s\nPages     %s\nThe password is kept nowhere else: hand it over, and have it changed.\n", c.Login, c.Password, c.Pages)
	return err
}

func readPassword(from *os.File, prompt io.Writer) (string, error) {
	if _, err := io.WriteString(prompt, "Password: "); err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	line, err := readLine(from, prompt)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", merchant.ErrPassword
	}
	return password, nil
}

// readLine is what somebody types, which a screen does not show, or a file's first line.
func readLine(from *os.File, prompt io.Writer) (string, error) {
	if fd := int(from.Fd()); term.IsTerminal(fd) {
		typed, err := term.ReadPassword(fd)
		_, ended := fmt.Fprintln(prompt) // Enter is not shown either
		return string(typed), errors.Join(err, ended)
	}
	line, err := bufio.NewReader(io.LimitReader(from, 2*merchant.MaxPassword)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return line, err
}

func listMerchants(ctx context.Context, data string, stdout io.Writer) error {
	var all []merchant.Account
	if err := ask(ctx, data, http.MethodGet, "/merchants", nil, &all); err != nil {
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "MERCHANT\tLOGIN\tNAME\tSINCE")
	for _, a := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.ID, a.Login, a.Name, a.Made.Local().Format("2006-01-02"))
	}
	return w.Flush()
}
