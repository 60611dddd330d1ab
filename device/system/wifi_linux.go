package system

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mdlayher/wifi"
)

// NewRadio is this machine's wireless network card.
func NewRadio() Radio { return nl80211{} }

type nl80211 struct{}

var _ Radio = nl80211{}

const (
	joinLook = 200 * time.Millisecond
	joinWait = 15 * time.Second
)

// Join implements Radio. The handshake is the driver's own, or its card's
// (NL80211_EXT_FEATURE_4WAY_HANDSHAKE_STA_PSK; brcmfmac has it).
func (nl80211) Join(ctx context.Context, link string, w WiFi) (err error) {
	c, err := wifi.New()
	if err != nil {
		return fmt.Errorf("open nl80211: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	all, err := c.Interfaces()
	if err != nil {
		return fmt.Errorf("list the radios: %w", err)
	}
	var ifi *wifi.Interface
	for _, i := range all {
		if i.Name == link {
			ifi = i
		}
	}
	if ifi == nil {
		return fmt.Errorf("%s is no radio", link)
	}
	if w.Country != "" {
		if err := c.SetRegulatoryRegion(w.Country, wifi.RegulatoryHintUser); err != nil {
			return fmt.Errorf("set the country %s: %w", w.Country, err)
		}
	}
	if w.Password == "" {
		err = c.Connect(ifi, w.SSID)
	} else {
		err = c.ConnectWPAPSK(ifi, w.SSID, w.Password)
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	// The request is under way; the network is joined once it has a BSS.
	deadline := time.Now().Add(joinWait)
	for {
		if bss, err := c.BSS(ifi); err == nil && bss.Status == wifi.BSSStatusAssociated {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not joined after %v: is the password right, and the network in reach?", joinWait)
		}
		if !pause(ctx, joinLook) {
			return ctx.Err()
		}
	}
}
