package tillcmd

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"till/boards/card"
	"till/device"
	"till/device/slots"
	"till/device/system"
	"till/device/update"
	"till/store"
	"till/sync/wire"
	"till/sync/wire/enrolment"
	"till/sync/wire/updates"
)

// Updates is where releases come from, and who is trusted for them.
type Updates struct {
	URL  string // the gateway's address, as https://gateway.example:8443; "": the one it enrolled at
	Root string // file with the metadata that is trusted from the start
}

// checkUpdatesURL takes http too: what comes is signed, and secret to nobody.
func checkUpdatesURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%.80q: want an address such as https://gateway.example:8443", s)
	}
	return nil
}

// defaultRoot is in a card's initramfs, put there by till image.
const defaultRoot = "/" + card.TrustFile

// updating is a terminal's part in updates.
type updating struct {
	*update.Updater
	disk    io.Closer
	around  slots.Around  // as it was last told
	told    bool          // it was told
	reached slots.Reached // likewise
	restart atomic.Pointer[bool]
}

// closedFor is how long a shop has to stay closed for an update to begin: a
// trial takes so long, at worst.
const closedFor = 30 * time.Minute

// errNoSlots says that this terminal is updated by other means.
var errNoSlots = errors.New("this till does not run from a card in slots")

// openUpdates begins updates; without them there is nothing to do but to say so.
func (t *terminal) openUpdates() error {
	config := update.Config{
		Dir: filepath.Join(t.config.Data, "updates"), Self: slots.Self{Version: Version, Board: t.config.Board.Name, Schema: store.Schema},
		Time: func() (time.Time, bool) {
			offset := t.offset.Load()
			if offset == nil {
				return time.Time{}, false
			}
			return t.steady().Add(*offset), true
		},
		Uptime: func() time.Duration {
			if up, ok := slots.Uptime(os.ReadFile); ok {
				return up
			}
			return t.mono()
		},
		Free:   func() (uint64, error) { return device.DiskFree(t.config.Data) },
		Report: func(r updates.Report) { t.tell(updates.Part, r) },
		Log:    t.log,
	}
	disk, err := t.config.prepareUpdates(&config)
	if err != nil {
		t.tell(updates.Part, updates.Report{Version: Version, Board: t.config.Board.Name, State: updates.Idle})
		return err
	}
	u := &updating{disk: disk}
	config.Restart = func(try bool) {
		u.restart.Store(&try)
		t.stir()
	}
	u.Updater = update.New(config)
	t.updating = u
	return nil
}

// prepareUpdates finds the card, the root that is trusted, and the gateway.
func (c Config) prepareUpdates(to *update.Config) (disk io.Closer, err error) {
	facts, err := system.ReadFacts(system.FactsFile)
	if err != nil || facts.Disk == "" {
		return nil, errNoSlots
	}
	if to.Root, err = readRoot(c.Updates.Root); err != nil {
		return nil, fmt.Errorf("no updates, since nobody is trusted for them: %w", err)
	}
	base, config, err := c.updateSource()
	if err != nil {
		return nil, err
	}
	to.Source = update.NewHTTP(base+updates.Root, config)
	d, err := slots.OpenDisk(facts.Disk)
	if err != nil {
		return nil, err
	}
	to.Card, to.Running = slots.Card{Disk: d}, facts.Slot
	return d, nil
}

func readRoot(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, updates.MaxRoot+1))
	if err == nil && len(raw) > updates.MaxRoot {
		err = fmt.Errorf("%s has more than %d bytes", path, updates.MaxRoot)
	}
	return raw, err
}

func (c Config) updateSource() (base string, config *tls.Config, err error) {
	if c.Identity != nil {
		base, config = c.Identity.Gateway(), c.Identity.TLS()
	} else if config, err = c.Gateway.tls(); err != nil {
		return "", nil, err
	}
	if c.Updates.URL != "" {
		base = c.Updates.URL
	}
	if base == "" {
		return "", nil, errors.New("no updates, since nobody says where they are: updates.url does")
	}
	return base, config, nil
}

// attendUpdates tells the updater how it is at the counter, where that changed,
// and says whether the machine is to be started anew. It is called by the
// counter's own goroutine, each time that it turns.
func (t *terminal) attendUpdates(ctx context.Context) error {
	u := t.updating
	if u == nil {
		return nil
	}
	quiet := t.counter.Quiet()
	if try := u.restart.Load(); try != nil && (quiet || !*try) { // a sale may have begun since; one that leads back has waited long enough
		return restart{*try}
	}
	now := slots.Around{Quiet: quiet, Online: t.register.State.Online}
	if offset := t.offset.Load(); offset != nil {
		now.Closed = t.config.Merchant.Hours.Closed(t.steady().Add(*offset).In(t.config.Merchant.Zone), closedFor)
	}
	if now != u.around || !u.told {
		u.around, u.told = now, true
		u.Around(ctx, now)
	}
	reached := u.reached
	reached.Store, reached.Screen, reached.Gateway = true, reached.Screen || t.updates > 0, reached.Gateway || now.Online
	if reached != u.reached {
		u.reached = reached
		u.Reached(ctx, reached)
	}
	return nil
}

// restart is why a terminal ends whose machine is to be started anew.
type restart struct{ try bool }

func (r restart) Error() string {
	if r.try {
		return "a new release is tried"
	}
	return "the system that was there before is to come back"
}

// do has the system start the machine anew; everything of the terminal's is closed.
func (r restart) do(ctx context.Context) error {
	how := system.Restart
	if r.try {
		how = system.Tryboot
	}
	return system.AskToEnd(ctx, system.ControlSocket, how)
}

// wanted takes how the gateway wants this terminal to be.
func (t *terminal) wanted(ctx context.Context, d wire.Desired) {
	t.reports.heed(d.Revision)
	if _, there := d.Parts[enrolment.SettingsPart]; there && t.config.Identity != nil {
		select {
		case t.resettle <- struct{}{}:
		default: // it is about to ask anyway
		}
	}
	if t.updating == nil {
		return
	}
	raw, there := d.Parts[updates.Part]
	if !there {
		t.updating.Wish(ctx, nil)
		return
	}
	var wish updates.Wish
	if err := json.Unmarshal(raw, &wish); err != nil {
		t.log.Error("the gateway's wish for a release", "err", err)
		return
	}
	t.updating.Wish(ctx, &wish)
}

// reports is what the gateway is told of this terminal, whole at each change.
type reports struct {
	mu  sync.Mutex
	now wire.Reported
}

// heed notes that a desired state was taken into account.
func (r *reports) heed(revision uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Revision = max(r.now.Revision, revision)
}

// with is the report with one part changed.
func (r *reports) with(boot, part string, value json.RawMessage) wire.Reported {
	r.mu.Lock()
	defer r.mu.Unlock()
	parts := map[string]json.RawMessage{}
	for name, v := range r.now.Parts {
		parts[name] = v
	}
	parts[part] = value
	r.now = wire.Reported{Boot: boot, Change: r.now.Change + 1, Revision: r.now.Revision, Parts: parts}
	return r.now
}

// tell tells the gateway one part of how this terminal is.
func (t *terminal) tell(part string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		t.log.Error("report", "part", part, "err", err)
		return
	}
	t.link.Report(t.reports.with(t.boot, part, raw))
}
