package tillcmd

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"till/printer"
)

// Receipts say how a customer gets one.
type Receipts struct {
	URL   string // of a receipt's page, to which the sale's id is added; empty: there is none
	Paper Paper
}

// Paper says when a receipt is printed.
type Paper string

// When there are.
const (
	PaperAlways Paper = "always" // by itself
	PaperAsked  Paper = "asked"  // where somebody presses its button
)

// maxReceiptURL keeps the QR small enough to be read off the smallest panel, in bytes.
const maxReceiptURL = 100

func receiptSettings() map[string]setting {
	return map[string]setting{
		"receipt.url":   {false, text(func(c *Config, s string) error { c.Receipts.URL = s; return checkReceiptURL(s) })},
		"receipt.paper": {false, oneOf([]Paper{PaperAlways, PaperAsked}, func(c *Config, p Paper) { c.Receipts.Paper = p })},
	}
}

func checkReceiptURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxReceiptURL:
		return fmt.Errorf("%d bytes; at most %d, so that a phone can read the QR", len(s), maxReceiptURL)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil:
		return errors.New("want an address as https://gateway.example:8446/r/")
	case !strings.HasSuffix(s, "/") || u.RawQuery != "" || u.ForceQuery || strings.ContainsAny(s, "# "):
		return errors.New("want it to end in /: the sale's id comes behind it")
	}
	return nil
}

// paperAsked says that somebody is asked whether a receipt is printed: nobody is where
// there is no printer.
func (c Config) paperAsked() bool {
	return c.Receipts.Paper == PaperAsked && c.PrinterPort.Device != printer.DeviceNone
}
