package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"till/cloud/limits"
	"till/cloud/merchant"
)

// The cookies begin with __Host-: a browser takes them from this host alone, over TLS.
const (
	sessionCookie = "__Host-till"
	knownCookie   = "__Host-till-known"
)

func (s *server) session(r *http.Request) (merchant.Session, bool, error) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return merchant.Session{}, false, nil //nolint:nilerr // there is none
	}
	return s.Book.Session(c.Value)
}

func keep(w http.ResponseWriter, name, token string, life time.Duration) {
	seconds := int(life / time.Second)
	if seconds <= 0 {
		seconds = -1 // it is deleted
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: token, Path: "/", MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *server) toLogin(w http.ResponseWriter, r *http.Request) {
	to := "/login"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

type loginView struct {
	*frame
	Typed, Next, Fault string
}

func (s *server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.askLogin(w, r, http.StatusOK, "", r.URL.Query().Get("next"), "")
}

func (s *server) askLogin(w http.ResponseWriter, r *http.Request, status int, typed, next, fault string) {
	f := s.frame(r)
	f.Title = f.Say("pages_login")
	if err := s.show(w, status, "login.html", loginView{f, typed, local(next), fault}); err != nil {
		s.trouble(w, r, err)
	}
}

func (s *server) login(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.say(w, r, http.StatusBadRequest, "pages_unreadable")
		return
	}
	login, next := r.PostForm.Get("login"), r.PostForm.Get("next")
	known := ""
	if c, err := r.Cookie(knownCookie); err == nil {
		known = c.Value
	}
	from := limits.Address(r)
	tokens, err := s.Book.SignIn(r.Context(), merchant.Try{Login: login, Password: r.PostForm.Get("password"), Known: known, From: from})
	if fault, status := s.refusal(w, r, err); fault != "" {
		s.Log.Info("merchant not signed in", "from", from, "why", err)
		s.askLogin(w, r, status, login, next, fault)
		return
	}
	if err != nil {
		s.trouble(w, r, err)
		return
	}
	keep(w, sessionCookie, tokens.Session, merchant.SessionLife)
	keep(w, knownCookie, tokens.Known, merchant.KnownLife)
	http.Redirect(w, r, local(next), http.StatusSeeOther)
}

// refusal is what is said of a password that was not taken; "": it was, or there is
// trouble.
func (s *server) refusal(w http.ResponseWriter, r *http.Request, err error) (fault string, status int) {
	f := s.frame(r)
	var wait merchant.Wait
	switch {
	case errors.As(err, &wait):
		seconds := strconv.Itoa(int(wait.For / time.Second))
		w.Header().Set("Retry-After", seconds)
		return f.Say("pages_login_wait", "seconds", seconds), http.StatusTooManyRequests
	case errors.Is(err, merchant.ErrWrong):
		return f.Say("pages_login_wrong"), http.StatusForbidden
	case errors.Is(err, merchant.ErrLongPassword):
		return f.Say("pages_password_long", "n", strconv.Itoa(merchant.MaxPassword)), http.StatusUnprocessableEntity
	case errors.Is(err, merchant.ErrPassword):
		return f.Say("pages_password_short", "n", strconv.Itoa(merchant.MinPassword)), http.StatusUnprocessableEntity
	}
	return "", 0
}

func (s *server) logout(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := s.Book.SignOut(v.session); err != nil {
		return err
	}
	keep(w, sessionCookie, "", 0)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

type accountView struct {
	*visit
	Fault string
}

func (s *server) accountPage(w http.ResponseWriter, r *http.Request, v *visit) error {
	if r.URL.Query().Has("done") {
		v.Notice = v.Say("pages_password_changed")
	}
	return s.account(w, http.StatusOK, v, "")
}

func (s *server) account(w http.ResponseWriter, status int, v *visit, fault string) error {
	v.Title = v.Say("pages_account")
	return s.show(w, status, "account.html", accountView{v, fault})
}

func (s *server) changePassword(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return s.account(w, http.StatusBadRequest, v, v.Say("pages_unreadable"))
	}
	after := r.PostForm.Get("after")
	if after != r.PostForm.Get("again") {
		return s.account(w, http.StatusUnprocessableEntity, v, v.Say("pages_password_differs"))
	}
	err := s.Book.ChangePassword(r.Context(), v.session, r.PostForm.Get("before"), after)
	if fault, status := s.refusal(w, r, err); fault != "" {
		return s.account(w, status, v, fault)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/account?done", http.StatusSeeOther)
	return nil
}
