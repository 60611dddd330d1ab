package update

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// Source is where metadata and releases come from.
type Source interface {
	// Open reads a file from a byte on. size is that of the whole file, or -1
	// where it is not known. The error is ErrNone where there is no such file,
	// ErrShort where it ends before from.
	Open(ctx context.Context, path string, from int64) (r io.ReadCloser, size int64, err error)
}

// What a Source says besides faults of the connection.
var (
	ErrNone  = errors.New("there is no such file")
	ErrShort = errors.New("the file is shorter than that")
)

// stall is how long a connection may bring nothing, at most.
const stall = 30 * time.Second

// HTTP is the gateway, over HTTP or HTTPS.
type HTTP struct {
	base   string // with updates.Root
	client *http.Client
}

var _ Source = (*HTTP)(nil)

// NewHTTP reads below base, such as https://gateway.example:8444/updates/. config
// is nil for the system's own authorities.
func NewHTTP(base string, config *tls.Config) *HTTP {
	return &HTTP{base, &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, TLSHandshakeTimeout: stall, ResponseHeaderTimeout: stall,
		MaxIdleConns: 1, IdleConnTimeout: stall, ForceAttemptHTTP2: true,
		DisableCompression: true, // a release is compressed, and its bytes are the ones that were signed
	}}}
}

// Open implements Source.
func (h *HTTP) Open(ctx context.Context, path string, from int64) (io.ReadCloser, int64, error) {
	ctx, stop := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.base+path, nil)
	if err != nil {
		stop(nil)
		return nil, 0, fmt.Errorf("download %s: %w", path, err)
	}
	if from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	response, err := h.client.Do(request)
	if err != nil {
		stop(nil)
		return nil, 0, fmt.Errorf("download %s: %w", path, err)
	}
	body := &watched{ReadCloser: response.Body, stop: stop}
	body.timer = time.AfterFunc(stall, func() { stop(fmt.Errorf("nothing came for %s", stall)) })
	fail := func(err error) (io.ReadCloser, int64, error) {
		_ = response.Body.Close() // what it says changes nothing
		body.timer.Stop()
		stop(nil)
		return nil, 0, fmt.Errorf("download %s: %w", path, err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		if from > 0 { // a server that knows no ranges
			if _, err := io.CopyN(io.Discard, body, from); err != nil {
				return fail(err)
			}
		}
		return body, response.ContentLength, nil
	case http.StatusPartialContent:
		var begin, end, size int64
		if n, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/%d", &begin, &end, &size); err != nil || n != 3 || begin != from {
			return fail(fmt.Errorf("asked for bytes from %d on, got %q", from, response.Header.Get("Content-Range")))
		}
		return body, size, nil
	case http.StatusRequestedRangeNotSatisfiable:
		return fail(ErrShort)
	case http.StatusNotFound, http.StatusGone:
		return fail(ErrNone)
	default:
		return fail(fmt.Errorf("the gateway answers %s", response.Status))
	}
}

// watched is a body that ends when nothing comes.
type watched struct {
	io.ReadCloser
	timer *time.Timer
	stop  context.CancelCauseFunc
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if n > 0 {
		w.timer.Reset(stall)
	}
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	err := w.ReadCloser.Close()
	w.stop(nil)
	return err
}

// FakeSource is a gateway for tests: files by path, and faults.
type FakeSource struct {
	mu    sync.Mutex
	files map[string][]byte
	asked []string

	// Break ends a connection after so many bytes of a file; 0 is never.
	Break int
	// Fail, if set, is the outcome of every Open.
	Fail error
}

var _ Source = (*FakeSource)(nil)

// Put puts a file there, or with nil takes it away.
func (f *FakeSource) Put(path string, content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files == nil {
		f.files = map[string][]byte{}
	}
	if f.files[path] = bytes.Clone(content); content == nil {
		delete(f.files, path)
	}
}

// Asked lists what was opened: "path from".
func (f *FakeSource) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// Open implements Source.
func (f *FakeSource) Open(ctx context.Context, path string, from int64) (io.ReadCloser, int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf("%s %d", path, from))
	content, there := f.files[path]
	switch {
	case f.Fail != nil:
		return nil, 0, f.Fail
	case ctx.Err() != nil:
		return nil, 0, context.Cause(ctx)
	case !there:
		return nil, 0, fmt.Errorf("%s: %w", path, ErrNone)
	case from > int64(len(content)) || from > 0 && from == int64(len(content)):
		return nil, 0, fmt.Errorf("%s: %w", path, ErrShort)
	}
	rest, size := content[from:], int64(len(content))
	if f.Break > 0 && len(rest) > f.Break {
		return io.NopCloser(io.MultiReader(bytes.NewReader(rest[:f.Break]), failing{os.ErrDeadlineExceeded})), size, nil
	}
	return io.NopCloser(bytes.NewReader(rest)), size, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
