package limits_test

import (
	"net/http"
	"testing"
	"time"

	"till/cloud/limits"
)

func TestLimits(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	l := limits.New(limits.Bounds{Burst: 3, Every: time.Minute, AllBurst: 5, AllEvery: time.Second})
	for range 3 {
		if wait := l.Wait("a", now); wait != 0 {
			t.Fatalf("has to wait %v", wait)
		}
		l.Missed("a", now)
	}
	if wait := l.Wait("a", now); wait != time.Minute {
		t.Errorf("one address waits %v", wait)
	}
	l.Missed("b", now)
	l.Missed("c", now)
	if wait := l.Wait("d", now); wait != time.Second {
		t.Errorf("all wait %v", wait)
	}
	now = now.Add(time.Second)
	if wait := l.Wait("d", now); wait != 0 {
		t.Errorf("once it was waited for: %v", wait)
	}
	now = now.Add(time.Minute)
	if wait := l.Wait("a", now); wait != 0 {
		t.Errorf("once it was waited for: %v", wait)
	}
	free := limits.New(limits.Bounds{Burst: 1, Every: time.Minute})
	for _, address := range []string{"a", "b", "c"} {
		if wait := free.Wait(address, now); wait != 0 {
			t.Errorf("without a bound for all, %s waits %v", address, wait)
		}
		free.Missed(address, now)
	}
}

func TestAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:4711":              "192.0.2.1",
		"[::ffff:192.0.2.1]:4711":     "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:4711": "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:4711":      "2001:db8:1:2::/64",
		"[fe80::1%eth0]:4711":         "fe80::/64",
		"@":                           "@",
		"pipe:0":                      "pipe",
	} {
		if got := limits.Address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s counts for %s, want %s", remote, got, want)
		}
	}
}
