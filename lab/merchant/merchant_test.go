package merchant_test

import (
	"testing"

	"till/cloud/merchant/pages"
	"till/lab/browser"
	"till/lab/merchant"
	"till/printer"
)

// The pages take what terminals print, and no more.
func TestLogosAreThoseOfTerminals(t *testing.T) {
	if pages.MaxLogoText != printer.MaxLogoText || pages.MaxLogoWidth != printer.MaxLogoWidth || pages.MaxLogoHeight != printer.MaxLogoHeight {
		t.Error("the bounds of a logo are others in the gateway")
	}
}

// Every page in a real browser: its console stays silent, which says of a strict
// Content-Security-Policy too; nothing is wider than the window; tables sort; a
// merchant gets by with a phone, in the dark, by the keyboard alone.
func TestPagesInABrowser(t *testing.T) {
	chromium, err := browser.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer chromium.Close()
	s := merchant.Start(t)
	dark := browser.Hand
	dark.Dark = true
	tab := merchant.SignIn(t, chromium, s, browser.Desk)
	for _, look := range []browser.Look{browser.Desk, browser.Hand, dark} {
		tab.Look(look)
		for _, path := range []string{
			"/?from=2026-11-23&to=2026-11-25", "/sales?from=2026-11-23", "/sales/" + string(merchant.Sale(3)), "/reconciliation?from=2026-11-23&to=2026-11-25", "/terminals", "/settings", "/account",
		} {
			tab.Run("open "+path, browser.Go(s.Pages+path))
			tab.Wait(`document.readyState === "complete"`)
			if wide := browser.Ask[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
				t.Errorf("%s is %d px wider than a window of %d", path, wide, look.Width)
			}
			if nameless := browser.Ask[int](tab, `[...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(e => !e.labels?.length).length`); nameless > 0 {
				t.Errorf("%s has %d inputs without a label", path, nameless)
			}
		}
	}

	tab.Look(browser.Desk)
	tab.Run("open sales", browser.Go(s.Pages+"/sales"))
	tab.Wait(`document.querySelectorAll("table.sorted tbody tr").length === 36`)
	amounts := `[...document.querySelectorAll("table.sorted tbody tr")].map(r => Number(r.cells[1].dataset.sort))`
	sorted := func(by string) string {
		return `(a => a.every((v, i) => i === 0 || ` + by + `))(` + amounts + `)`
	}
	tab.Click("table.sorted th:nth-child(2) button")
	tab.Wait(sorted("a[i - 1] <= v"))
	tab.Click("table.sorted th:nth-child(2) button")
	tab.Wait(sorted("a[i - 1] >= v"))

	// By the keyboard: the tax is another, which the page says.
	tab.Run("open settings", browser.Go(s.Pages+"/settings"))
	tab.Wait(`document.readyState === "complete"`)
	tab.FocusByTab("field-tax")
	tab.Run("select what is there", browser.Script("document.activeElement.select()"))
	tab.Type("9.5\r")
	tab.Wait(`document.querySelector("[role=status]")?.textContent.includes("Tax")`)
	tab.Wait(`document.getElementById("field-tax").value === "9.5"`)
	tab.FocusByTab("field-tax")
	tab.Run("select what is there", browser.Script("document.activeElement.select()"))
	tab.Type("a lot\r")
	tab.Wait(`document.getElementById("field-tax").getAttribute("aria-invalid") === "true"`)
	tab.Forgive("422") // the browser says of the refusal what it was
}
