//go:build !linux

package display

import "errors"

// OpenFramebuffer draws on a framebuffer of Linux.
func OpenFramebuffer(string, FramebufferOptions) (*Framebuffer, error) {
	return nil, errors.New("open the display: framebuffers are Linux's")
}
