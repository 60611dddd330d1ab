package enrolment_test

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/device/identity"
	"till/sync/wire/enrolment"
)

// gateway is a registry behind HTTPS.
type gateway struct {
	*enrol.Registry
	address   string
	lose      atomic.Bool // the next answer, after it was acted on
	withdrawn []string
	epoch     uint32 // the ledger's highest
	clock     atomic.Int64
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	g.clock.Store(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).UnixNano())
	var err error
	g.Registry, err = enrol.Open(folder(t), enrol.Options{
		Now: g.now, Epoch: func(string) (uint32, error) { return g.epoch, nil },
		Common:    enrolment.Settings{"gateway.broker": "ssl://127.0.0.1:8883"},
		Withdrawn: func(terminal string) { g.withdrawn = append(g.withdrawn, terminal) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	inner := g.Handler(slog.New(slog.DiscardHandler))
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !g.lose.Swap(false) {
				inner.ServeHTTP(w, r)
				return
			}
			inner.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(tls.NewListener(l, g.Authority().ServerTLS([]string{"127.0.0.1"}))) // it is closed below
	}()
	t.Cleanup(func() { _ = server.Close(); <-ended }) // what closing says changes no test
	g.address = "https://" + l.Addr().String()
	return g
}

// folder is in memory where there is such a place: each run has a book of its own,
// and it is not the disk that is tried here.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "till-enrolment-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func (g *gateway) now() time.Time          { return time.Unix(0, g.clock.Load()) }
func (g *gateway) advance(d time.Duration) { g.clock.Add(int64(d)) }

// claim is what an operator makes for terminal till-07.
func (g *gateway) claim(t *testing.T, n enrol.NewClaim) enrolment.Invitation {
	t.Helper()
	n.Terminal = "till-07"
	if n.Settings == nil {
		n.Settings = maps.Clone(shop)
	}
	code, _, err := g.Invite(n)
	if err != nil {
		t.Fatal(err)
	}
	return enrolment.Invitation{Gateway: g.address, Authority: g.Authority().Fingerprint(), Claim: code}
}

// admit is a connection to the broker with what is on the disk.
func (g *gateway) admit(t *testing.T, disk identity.Disk) error {
	t.Helper()
	i, err := identity.Open(disk, g.now)
	if err != nil {
		return err
	}
	grant, ok := i.Enrolled()
	if !ok {
		return errors.New("not enrolled")
	}
	cert, err := enrol.ParseCertificate([]byte(grant.Certificate))
	if err != nil {
		return err
	}
	pass, err := g.Admit(cert, "till-07")
	if err == nil && pass.Terminal != "till-07" {
		t.Errorf("admitted as %q", pass.Terminal)
	}
	return err
}

// boot is a device that starts with a disk, and does what it has to do to be enrolled.
func (g *gateway) boot(t *testing.T, disk identity.Disk, to enrolment.Invitation) error {
	t.Helper()
	i, err := identity.Open(disk, g.now)
	if err != nil && !errors.Is(err, identity.ErrDamaged) {
		return err
	}
	if _, ok := i.Enrolled(); ok {
		return nil
	}
	return identity.NewClient(i, "test").Enrol(t.Context(), to)
}

func reasonOf(err error) enrolment.Reason {
	var r enrolment.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}
