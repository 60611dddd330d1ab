// Package browser opens the counter page in a real browser, and looks at what a
// visitor sees and what the page's console says.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Browser is a running Chromium without a window.
type Browser struct {
	ctx    context.Context
	cancel func()
}

// Open starts Chromium with a profile of its own, an empty folder. Fonts are
// files it has beside those of the machine.
func Open(profile string, fonts ...string) (*Browser, error) {
	data := filepath.Join(profile, "share") // where fontconfig looks for a user's own
	if err := os.MkdirAll(filepath.Join(data, "fonts"), 0o700); err != nil {
		return nil, fmt.Errorf("make a profile: %w", err)
	}
	for _, font := range fonts {
		if err := os.Symlink(font, filepath.Join(data, "fonts", filepath.Base(font))); err != nil {
			return nil, fmt.Errorf("lend the browser a font: %w", err)
		}
	}
	program := ""
	for _, name := range []string{"chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		return nil, errors.New("there is no chromium here: scripts/install-test-tools installs it")
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(program), chromedp.UserDataDir(filepath.Join(profile, "profile")), chromedp.Env("XDG_DATA_HOME="+data), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("ignore-certificate-errors", true), // a gateway's authority is its own
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-device-scale-factor", "1"),
	)
	ctx, closeAll := chromedp.NewContext(allocator)
	b := &Browser{ctx: ctx, cancel: func() { closeAll(); stop() }}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // this context is the browser's life
		b.Close()
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return b, nil
}

// Close ends it.
func (b *Browser) Close() { b.cancel() }

// Look is how a page is looked at.
type Look struct {
	Width, Height int // px of CSS
	Dark          bool
	Touch         bool // a phone
}

// Desk and Hand are the two usual ones.
var (
	Desk = Look{Width: 1400, Height: 1000}
	Hand = Look{Width: 390, Height: 844, Touch: true}
)

// Tab is a page that is open.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// patience bounds everything a page is waited for.
const patience = 20 * time.Second

// Tab opens an address. At the test's end it is closed, and the console must
// have stayed silent.
func (b *Browser) Tab(t testing.TB, url string, look Look) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		closeTab()
		for _, f := range tab.Faults() {
			t.Errorf("the page's console: %s", f)
		}
	})
	if err := chromedp.Listen(ctx, tab.hear); err != nil { // this context is the tab's life
		t.Fatalf("open a tab: %v", err)
	}
	tab.Run("open "+url,
		call(log.Enable, cdp.Empty{}), look.size(), look.scheme(), chromedp.Navigate(url))
	return tab
}

// Look changes how the page is looked at. An origin has six connections in a
// browser and every page of a demo holds one, so this is better than many tabs.
func (t *Tab) Look(look Look) {
	t.t.Helper()
	t.Run("change the look", look.size(), look.scheme())
}

func (l Look) size() chromedp.Action[chromedp.Void] {
	return call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(l.Width), Height: int64(l.Height), DeviceScaleFactor: 1, Mobile: l.Touch,
	})
}

func (l Look) scheme() chromedp.Action[chromedp.Void] {
	scheme := "light"
	if l.Dark {
		scheme = "dark"
	}
	return call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// call is a command of the browser's protocol whose result is of no interest.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, command, params)
		return err
	})
}

func (t *Tab) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value))
			}
			fault = string(e.Type) + " " + strings.Join(words, " ")
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			fault = fmt.Sprintf("%s %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	}
	if fault != "" {
		t.mu.Lock()
		t.faults = append(t.faults, fault)
		t.mu.Unlock()
	}
}

// Faults are the errors and warnings of the console so far.
func (t *Tab) Faults() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.faults...)
}

// Forgive drops faults that hold a text: those a test brought about.
func (t *Tab) Forgive(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var kept []string
	for _, f := range t.faults {
		if !strings.Contains(f, text) {
			kept = append(kept, f)
		}
	}
	t.faults = kept
}

// Run does things in the page.
func (t *Tab) Run(what string, actions ...chromedp.Action[chromedp.Void]) {
	t.t.Helper()
	ctx, done := context.WithTimeout(t.ctx, patience)
	defer done()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.t.Fatalf("%s: %v", what, err)
	}
}

// get does one thing in the page and returns what comes of it.
func get[T any](t *Tab, what string, action chromedp.Action[T]) T {
	t.t.Helper()
	ctx, done := context.WithTimeout(t.ctx, patience)
	defer done()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.t.Fatalf("%s: %v", what, err)
	}
	return v
}

// Wait waits until an expression of JavaScript is true, on another page too that this
// one leads to. Of a page that is still being read it asks nothing: half of it is missing.
func (t *Tab) Wait(expression string) {
	t.t.Helper()
	condition := `document.readyState !== "loading" && Boolean(` + expression + ")"
	ctx, done := context.WithTimeout(t.ctx, patience)
	defer done()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingInterval(50*time.Millisecond)))
		switch {
		case err == nil:
			return
		case ctx.Err() != nil || !strings.Contains(err.Error(), "navigated") && !strings.Contains(err.Error(), "Cannot find context"):
			t.t.Fatalf("wait for %s: %v", expression, err)
		}
	}
}

// Ask evaluates an expression of JavaScript.
func Ask[T any](t *Tab, expression string) T {
	t.t.Helper()
	return get(t, "ask "+expression, chromedp.Evaluate[T](expression))
}

// Click clicks what a selector finds, once it is there and visible.
func (t *Tab) Click(selector string) {
	t.t.Helper()
	t.Run("click "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Choose sets what a select element says, as a person would.
func (t *Tab) Choose(selector, value string) {
	t.t.Helper()
	Ask[bool](t, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; return s.dispatchEvent(new Event("change")) })()`, selector, value))
}

// Type presses keys wherever the focus is.
func (t *Tab) Type(keys string) {
	t.t.Helper()
	t.Run(fmt.Sprintf("type %q", keys), chromedp.KeyEvent(keys))
}

// FocusByTab presses Tab until an element has the focus, as a keyboard gets there.
func (t *Tab) FocusByTab(id string) {
	t.t.Helper()
	for range 150 {
		if Ask[string](t, "document.activeElement?.id ?? ''") == id {
			return
		}
		t.Type(kb.Tab)
	}
	t.t.Fatalf("#%s is not reached by Tab", id)
}

// Tap touches a point of the terminal's panel, in the panel's px.
func (t *Tab) Tap(x, y int) {
	t.t.Helper()
	box := Ask[map[string]float64](t, "(() => { const c = document.getElementById('panel'); c.scrollIntoView({block: 'center'}); const b = c.getBoundingClientRect(); return {x: b.x, y: b.y, w: b.width, h: b.height} })()")
	at := func(v, size int, from, length float64) float64 { return from + (float64(v)+0.5)/float64(size)*length }
	t.Run("tap the panel", chromedp.MouseClickXY(at(x, 800, box["x"], box["w"]), at(y, 480, box["y"], box["h"])))
}

// Picture is a PNG of the page from its top to its foot.
func (t *Tab) Picture() []byte {
	t.t.Helper()
	return get(t, "take a picture", chromedp.FullScreenshot(100))
}

// Go opens another address in a tab.
func Go(url string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(url) }

// Script runs JavaScript whose result is of no interest.
func Script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](text)
}
