package demo

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"till/cloud/receipts"
	"till/display"
	"till/scanner"
)

//go:embed page
var pageFiles embed.FS

// counter serves the counter page and its endpoints.
type counter struct {
	world    *world
	cable    *cable
	firmware *firmware
	backend  *backend
	hub      *hub
	receipts http.Handler
	zone     *time.Location // of the shop's clock
	pace     int
	address  *net.TCPAddr
	log      *slog.Logger
}

const (
	maxBody    = 64 << 10
	maxDropped = 64 << 20        // of a body that is too large
	bodyWait   = 5 * time.Second // for a body to come whole
	answerWait = 9 * time.Second // every answer comes within 10 s
	powerWait  = 28 * time.Second
)

// refusal is an answer with a status and a sentence.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

// serve answers until ctx ends.
func (c *counter) serve(ctx context.Context, l net.Listener) error {
	c.publishWorld()
	server := &http.Server{
		Handler: c.handler(), ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:    slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve the counter page: %w", err)
	case <-ctx.Done():
	}
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	if server.Shutdown(closing) != nil {
		_ = server.Close() // what Shutdown could not end is cut off
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (c *counter) handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string]string{}
	route := func(method string) func(string, func(http.ResponseWriter, *http.Request) error) {
		return func(path string, h func(http.ResponseWriter, *http.Request) error) {
			methods[path] = method
			mux.Handle(method+" "+path, c.guarded(h))
		}
	}
	get, post := route(http.MethodGet), route(http.MethodPost)
	get("/{$}", c.page)
	for _, name := range pageNames() {
		get("/"+name, c.page)
	}
	get("/events", c.events)
	get("/terminal/screen.png", c.screen)
	get("/terminal/state.json", c.state)
	get("/terminal/receipt.png", c.receiptPNG)
	get("/terminal/receipt.bin", c.receiptBin)
	get("/terminal/peripherals.json", c.peripherals)
	get("/cloud/ledger.json", c.ledger)
	get(receipts.Path+"{sale}", c.receipt)
	post("/terminal/touch", c.touch)
	post("/terminal/key", c.key)
	post("/terminal/scan", c.scan)
	post("/terminal/printer", c.printer)
	post("/terminal/link", c.link)
	post("/terminal/power", c.power)
	post("/wallet/code", c.walletCode)
	post("/wallet/next", c.walletNext)
	post("/wallet/pay", c.walletPay)
	methods["/"] = http.MethodGet
	mux.Handle("/", c.guarded(func(w http.ResponseWriter, r *http.Request) error {
		method, ok := methods[r.URL.Path]
		if !ok {
			return refuse(http.StatusNotFound, "there is nothing at %.80s", r.URL.Path)
		}
		w.Header().Set("Allow", method)
		return refuse(http.StatusMethodNotAllowed, "%.80s takes %s only", r.URL.Path, method)
	}))
	return mux
}

// guarded lets in only the page itself, bounds what comes in and how long an
// answer takes, and turns an error into its status and sentence.
func (c *counter) guarded(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("X-Content-Type-Options", "nosniff")
		if !c.own(r) {
			answer(w, refuse(http.StatusForbidden, "this page answers only to itself: open http://%s/", pageHost(c.address)))
			return
		}
		off := strings.HasPrefix(r.URL.Path, "/terminal/") && r.URL.Path != "/terminal/power"
		if up, _ := c.world.isUp(); off && !up {
			answer(w, refuse(http.StatusServiceUnavailable, "the terminal is off or starting; try again in a moment"))
			return
		}
		if err := takeBody(w, r); err != nil {
			answer(w, err)
			return
		}
		if r.URL.Path != "/events" && r.URL.Path != "/terminal/power" {
			ctx, done := context.WithTimeout(r.Context(), answerWait)
			defer done()
			r = r.WithContext(ctx)
		}
		if err := h(w, r); err != nil {
			answer(w, err)
		}
	})
}

// takeBody reads a body whole, within bounds of size and time, and puts what
// was read in its place. One that is too large is read on for a while and dropped: most
// clients look at the answer only after they have sent all.
func takeBody(w http.ResponseWriter, r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	conn := http.NewResponseController(w)
	if err := conn.SetReadDeadline(time.Now().Add(bodyWait)); err != nil {
		return fmt.Errorf("bound the body's time: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if len(raw) > maxBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxDropped) // refused in any case
		w.Header().Set("Connection", "close")
		return refuse(http.StatusRequestEntityTooLarge, "the body is over %d KiB", maxBody>>10)
	}
	if err != nil {
		w.Header().Set("Connection", "close")
		return refuse(http.StatusRequestTimeout, "the body did not come whole")
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("unbound the connection: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	return nil
}

// own says that the request names this server as its host, and comes from its
// own page or from no page at all. It keeps other sites' scripts away, also
// those that rebind a name of theirs to this address.
func (c *counter) own(r *http.Request) bool {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, "80"
	}
	if port != strconv.Itoa(c.address.Port) {
		return false
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	switch {
	case strings.EqualFold(host, "localhost"):
		if !c.address.IP.IsLoopback() && !c.address.IP.IsUnspecified() {
			return false
		}
	case ip == nil:
		return false
	case !c.address.IP.IsUnspecified() && !ip.Equal(c.address.IP):
		return false
	}
	origins := r.Header.Values("Origin")
	for _, origin := range origins {
		if origin != "http://"+r.Host {
			return false
		}
	}
	return true
}

func answer(w http.ResponseWriter, err error) {
	status, text := http.StatusInternalServerError, err.Error()
	var r refusal
	var input *display.InputError
	switch {
	case errors.As(err, &r):
		status = r.status
	case errors.Is(err, errOff), errors.Is(err, display.ErrInputGone), errors.Is(err, scanner.ErrGone):
		status, text = http.StatusServiceUnavailable, "the terminal is off or starting; try again in a moment"
	case errors.As(err, &input) && input.Code == "no_button":
		status = http.StatusConflict
	case errors.As(err, &input) && input.Code == display.CodeBadInput:
		status = http.StatusBadRequest
	case errors.Is(err, context.DeadlineExceeded):
		status, text = http.StatusServiceUnavailable, "the terminal did not answer in time"
	}
	writeJSON(w, status, map[string]string{"error": text})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // a client that went away needs no answer
}

func noContent(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// read decodes a body into a struct whose fields are pointers where they may be absent.
func read(r *http.Request, into any) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refuse(http.StatusBadRequest, "the body is not the JSON that is wanted here: %s", plainly(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "the body goes on after its JSON")
	}
	return nil
}

// plainly says what is wrong with a body without the words of Go.
func plainly(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%q has another kind of value, a %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return "it is not an object, as {\"name\":value}"
	case errors.Is(err, io.EOF):
		return "it is empty"
	default:
		return strings.TrimPrefix(err.Error(), "json: ")
	}
}

// pageNames are the page's files. They lie in one folder.
func pageNames() []string {
	files, err := fs.Glob(pageFiles, "page/*")
	if err != nil {
		return nil // only a bad pattern fails
	}
	for i := range files {
		files[i] = path.Base(files[i])
	}
	return files
}

func (c *counter) page(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	data, err := fs.ReadFile(pageFiles, "page/"+name)
	if err != nil {
		return refuse(http.StatusNotFound, "there is nothing at %.80s", r.URL.Path)
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".js" {
		kind = "text/javascript; charset=utf-8" // whatever the machine's own table says
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data) // a client that went away needs no answer
	return nil
}
