package tillcmd

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// feedSystemd tells systemd that till is up, where systemd started it and asked
// to be told, and feeds its watchdog while nothing ails, until ctx ends.
func feedSystemd(ctx context.Context, log *slog.Logger, ailing func() string) {
	tell := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Error("tell systemd", "state", state, "err", err)
		}
	}
	tell(daemon.SdNotifyReady)
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Error("systemd's watchdog", "err", err)
	}
	if every <= 0 {
		return
	}
	feed := time.NewTicker(every / 3) // two may come late
	defer feed.Stop()
	said := ""
	for {
		trouble := ailing()
		if trouble == "" {
			tell(daemon.SdNotifyWatchdog)
		} else if trouble != said {
			log.Error("systemd's watchdog: not fed, and if this lasts till is started anew", "why", trouble)
		}
		said = trouble
		select {
		case <-ctx.Done():
			return
		case <-feed.C:
		}
	}
}

// feedSystemdMeanwhile is feedSystemd until stop, of a part that asks a person
// to do something and nothing else.
func feedSystemdMeanwhile(ctx context.Context, log *slog.Logger) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	go feedSystemd(ctx, log, func() string { return "" })
	return stop
}
