package enrol_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"till/cloud/enrol"
)

// A terminal is a merchant's from its claim on, over other claims and a restart; one
// that was nobody's may be given to one, and none is ever taken from another.
func TestMerchantOfTerminal(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, enrol.Options{})
	invite := func(terminal, merchant string, replace bool) error {
		c := shop(terminal)
		c.Merchant, c.Replace = merchant, replace
		_, _, err := r.Invite(c)
		return err
	}
	for _, c := range []struct{ terminal, merchant string }{{"till-01", "museum"}, {"till-02", ""}, {"till-01", ""}, {"till-01", "museum"}} {
		if err := invite(c.terminal, c.merchant, true); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := invite("till-01", "hotel", true); !errors.Is(err, enrol.ErrOther) {
		t.Errorf("taken from another merchant: %v", err)
	}
	for _, bad := range []string{"Museum", "the museum", "博物馆", strings.Repeat("m", 33)} {
		if err := invite("till-03", bad, false); err == nil {
			t.Errorf("merchant %q", bad)
		}
		if err := r.Assign("till-02", bad); err == nil {
			t.Errorf("assigned to %q", bad)
		}
	}
	shut(t, r)
	r = open(t, dir, enrol.Options{})
	defer shut(t, r)
	for terminal, want := range map[string]string{"till-01": "museum", "till-02": "", "till-03": "", "till-99": ""} {
		if got, err := r.Merchant(terminal); err != nil || got != want {
			t.Errorf("%s is %q's (%v), want %q", terminal, got, err, want)
		}
	}
	if err := r.Assign("till-02", "hotel"); err != nil {
		t.Error(err)
	}
	if got, err := r.Merchant("till-02"); err != nil || got != "hotel" {
		t.Errorf("assigned, it is %q's (%v)", got, err)
	}
	for merchant, want := range map[string]string{"museum": "[till-01]", "hotel": "[till-02]", "hot": "[]"} {
		all, err := r.Of(merchant)
		ids := []string{}
		for _, terminal := range all {
			ids = append(ids, terminal.ID)
		}
		if got := fmt.Sprint(ids); err != nil || got != want {
			t.Errorf("%s has %s (%v), want %s", merchant, got, err, want)
		}
	}
	if err := r.Assign("till-02", "museum"); !errors.Is(err, enrol.ErrOther) {
		t.Errorf("assigned to another: %v", err)
	}
	if err := r.Assign("till-99", "museum"); !errors.Is(err, enrol.ErrUnknown) {
		t.Errorf("an unknown one is assigned: %v", err)
	}
}
