package releases

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"till/sync/wire/updates"
)

// served are the names that are handed out, and no others: the keys lie in the same folder.
var (
	servedMetadata = regexp.MustCompile(`^(timestamp|[1-9][0-9]{0,9}\.(root|snapshot|targets))\.json$`)
	servedTarget   = regexp.MustCompile(`^[0-9a-f]{64}\.[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$`)
)

// serveFor is how long one answer may take.
const serveFor = time.Hour

// Handler hands out metadata and releases, below updates.Root. What it hands out
// is signed, and secret to nobody.
func (r *Repository) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+updates.Root+"{name}", func(w http.ResponseWriter, q *http.Request) {
		r.serve(w, q, servedMetadata, "metadata", "application/json")
	})
	mux.HandleFunc("GET "+updates.Root+"targets/{name}", func(w http.ResponseWriter, q *http.Request) {
		r.serve(w, q, servedTarget, "targets", "application/octet-stream")
	})
	return mux
}

func (r *Repository) serve(w http.ResponseWriter, q *http.Request, served *regexp.Regexp, folder, kind string) {
	name := q.PathValue("name")
	if !served.MatchString(name) || strings.HasSuffix(name, ".new") {
		http.NotFound(w, q)
		return
	}
	f, err := os.Open(filepath.Join(r.dir, folder, name))
	if err != nil {
		http.NotFound(w, q)
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, q)
		return
	}
	w.Header().Set("Content-Type", kind)
	// A slow line takes its time; what is broken off is asked for again from there.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(serveFor)) // a server without deadlines needs none
	http.ServeContent(w, q, "", info.ModTime(), f)                               // with ranges
}
