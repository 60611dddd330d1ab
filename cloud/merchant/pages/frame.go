package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"till/payment"
	"till/words"
)

// frame is what every page has: in which language, and whose it is.
type frame struct {
	Lang     words.Lang
	Title    string
	Merchant string // name; "": nobody is signed in
	Login    string
	Here     string // the path, for the mark in the menu
	Notice   string // what was done
	back     string // path and query
	assets   map[string]asset
}

// Say is a sentence in the page's language.
func (f *frame) Say(key string, args ...string) string {
	return words.Say(f.Lang, words.Key(key), args...)
}

// Count is the sentence of a number; of one there is another.
func (f *frame) Count(key string, n int) string {
	if n == 1 {
		return f.Say(key + "_one")
	}
	return f.Say(key, "n", strconv.Itoa(n))
}

// SayOf is the sentence of a word: a status, a reason.
func (f *frame) SayOf(prefix string, word any) string {
	return f.Say(prefix + strings.ReplaceAll(text(word), "-", "_"))
}

func text(word any) string {
	switch w := word.(type) {
	case payment.Status:
		return string(w)
	case payment.AttemptStatus:
		return string(w)
	case payment.RefundStatus:
		return string(w)
	case payment.Reason:
		return string(w)
	case payment.Mode:
		return string(w)
	case payment.Role:
		return string(w)
	case string:
		return w
	}
	return ""
}

// Wallet is its name.
func (f *frame) Wallet(w payment.Wallet) string {
	if w == payment.WalletUnknown {
		return f.Say("pages_wallet_unknown")
	}
	if f.Lang == words.Chinese {
		return w.ChineseName()
	}
	return w.Name()
}

// Money is an amount as the page's language writes it.
func (f *frame) Money(minor int64, currency string) string {
	if currency == "" {
		currency = "USD" // nothing was sold, so it is 0
	}
	return payment.Money{Amount: minor, Currency: currency}.Format(locale(f.Lang))
}

// locale is the one that a language's amounts are written by.
func locale(lang words.Lang) string {
	if lang == words.Chinese {
		return "zh-CN"
	}
	return "en-US"
}

// Other is the language that the page is not in, with its own name.
func (f *frame) Other() words.Lang {
	if f.Lang == words.Chinese {
		return words.English
	}
	return words.Chinese
}

// OtherName is what that language calls itself.
func (f *frame) OtherName() string { return words.Say(f.Other(), "pages_language_name") }

// Back is this page, for whoever leaves it for a moment.
func (f *frame) Back() string { return f.back }

// Asset is the address of a file beside the pages; it changes with what is in it.
func (f *frame) Asset(name string) string { return "/assets/" + name + "?" + f.assets[name].tag }

const languageCookie = "till-language"

func (s *server) frame(r *http.Request) *frame {
	return &frame{Lang: languageOf(r), Here: "/" + strings.SplitN(r.URL.Path, "/", 3)[1], back: r.URL.RequestURI(), assets: s.assets}
}

// languageOf is the one that was chosen, or else the first of the browser's that there is.
func languageOf(r *http.Request) words.Lang {
	if c, err := r.Cookie(languageCookie); err == nil {
		if lang, ok := known(c.Value); ok {
			return lang
		}
	}
	for one := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(one), ";")
		primary, _, _ := strings.Cut(tag, "-")
		if lang, ok := known(strings.ToLower(primary)); ok {
			return lang
		}
	}
	return words.English
}

func known(name string) (words.Lang, bool) {
	for _, lang := range words.Langs {
		if string(lang) == name {
			return lang, true
		}
	}
	return "", false
}

// language keeps the choice of one, and goes back.
func (s *server) language(w http.ResponseWriter, r *http.Request) {
	lang, ok := known(r.PathValue("language"))
	if !ok {
		s.nothing(w, r)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, local(r.URL.Query().Get("back")), http.StatusSeeOther)
}

// local is a path of these pages; anything else is the first page.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n") {
		return "/"
	}
	return u.RequestURI()
}

func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return strings.Trim(host, "[]")
}

// show renders a page whole before anything of it is sent.
func (s *server) show(w http.ResponseWriter, status int, name string, data any) error {
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := b.WriteTo(w); err != nil {
		s.Log.Debug("merchant's page", "err", err) // the browser has left
	}
	return nil
}

// plain is a page with a sentence and no more.
type plain struct {
	*frame
	Text string
}

func (s *server) nothing(w http.ResponseWriter, r *http.Request) {
	s.say(w, r, http.StatusNotFound, "pages_nothing")
}

func (s *server) trouble(w http.ResponseWriter, r *http.Request, err error) {
	s.Log.Error("merchant's page", "path", r.URL.Path, "err", err)
	s.say(w, r, http.StatusInternalServerError, "pages_trouble")
}

func (s *server) say(w http.ResponseWriter, r *http.Request, status int, key string) {
	f := s.frame(r)
	f.Title = f.Say(key)
	if err := s.show(w, status, "plain.html", plain{f, f.Say(key + "_what")}); err != nil {
		s.Log.Error("merchant's page", "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// asset is a file that pages ask for.
type asset struct {
	kind, tag string
	body      []byte
}

func readAssets() (map[string]asset, error) {
	all := map[string]asset{}
	names, err := fs.Glob(files, "assets/*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		all[path.Base(name)] = asset{mime.TypeByExtension(path.Ext(name)), hex.EncodeToString(sum[:6]), body}
	}
	return all, nil
}

func (s *server) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.PathValue("name")]
	if !ok {
		s.nothing(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // its address changes with it
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}
