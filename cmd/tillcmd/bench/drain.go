package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"till/store"
	link "till/sync"
	"till/sync/wire"
)

const (
	// window is how many messages the reference has on their way at once. The
	// link has fewer: its own bound, in records, is some ten messages.
	window = 64
	// drainWait bounds one round of either.
	drainWait = 2 * time.Minute
)

// drain measures drain: the link, from the journal to the ledger's
// acknowledgement of the last record.
func (r *rig) drain(ctx context.Context) error {
	if !r.wants("drain") {
		return nil
	}
	d, err := r.newDrainer()
	if err != nil {
		return err
	}
	return errors.Join(d.run(ctx, r), d.close())
}

type drainer struct {
	broker   string
	standIn  *standIn // nil: a real gateway's
	terminal string
	journal  *store.Journal
}

func (r *rig) newDrainer() (*drainer, error) {
	raw := make([]byte, 6)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	// A new terminal each time: a real ledger remembers those it has seen.
	d := &drainer{broker: r.options.Broker, terminal: terminalID + "-" + hex.EncodeToString(raw)}
	var err error
	if d.broker == "" {
		if d.standIn, err = startStandIn(r.folder); err != nil {
			return nil, err
		}
		d.broker = d.standIn.address()
	}
	if d.journal, err = store.Open(filepath.Join(r.folder, "drain"), store.Options{Terminal: d.terminal}); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *drainer) close() error {
	var errs []error
	if d.journal != nil {
		errs = append(errs, d.journal.Close())
	}
	if d.standIn != nil {
		errs = append(errs, d.standIn.close())
	}
	return errors.Join(errs...)
}

func (d *drainer) run(ctx context.Context, r *rig) error {
	r.progress("draining to %s", d.broker)
	payloads := [][]byte{}
	medians, err := interleave(ctx, r.sizes.rounds,
		func() (float64, error) {
			from := d.journal.Position().Last + 1
			if err := fill(ctx, d.journal, r.sizes.drained, 0); err != nil {
				return 0, err
			}
			var err error
			if payloads, err = d.payloads(from); err != nil {
				return 0, err
			}
			return d.link(ctx, len(payloads))
		},
		func() (float64, error) { return d.bare(ctx, payloads) },
	)
	if err != nil {
		return err
	}
	r.compare("drain", medians[0], perSecond, fmt.Sprintf("a bare client, one record a message, window %d", window), medians[1])
	return nil
}

// payloads are the records from one on, each in a message of its own.
func (d *drainer) payloads(from uint64) ([][]byte, error) {
	records, err := d.journal.Read(from, 0, 0)
	if err != nil {
		return nil, err
	}
	all := make([][]byte, len(records))
	for i, r := range records {
		if all[i], err = wire.Encode(wire.Upload{Epoch: d.journal.Position().Epoch, Records: []wire.Record{r}}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// link runs the terminal's own link until the ledger has all, from dialling on.
func (d *drainer) link(ctx context.Context, records int) (float64, error) {
	ctx, stop := context.WithTimeout(ctx, drainWait)
	defer stop()
	p := d.journal.Position()
	acked, ended := make(chan struct{}), make(chan struct{})
	var refused string
	begin := time.Now()
	l := link.NewLink(link.Config{
		Terminal: d.terminal, Broker: d.broker, Log: slog.New(slog.DiscardHandler),
		Clock: func() link.Now { return link.Now{At: time.Now(), Mono: time.Since(begin)} },
		Handle: func(e link.Effect) {
			switch e := e.(type) {
			case link.Acknowledged:
				if e.Seq == p.Last {
					close(acked)
				}
			case link.Refused:
				refused = e.Why
				stop()
			}
		},
	}, d.journal, link.NewSession("bench", "bench", p.Epoch, p.Last, p.Acked))
	go func() {
		defer close(ended)
		_ = l.Run(ctx) // returns the context's error, which we cause
	}()
	var took time.Duration
	var err error
	select {
	case <-acked:
		took = time.Since(begin)
	case <-ctx.Done():
		err = fmt.Errorf("drain: %d of %d records were not acknowledged: %w", p.Last-d.journal.Position().Acked, records, ctx.Err())
	}
	stop()
	<-ended
	if d.standIn != nil && err != nil {
		err = errors.Join(err, d.standIn.err())
	}
	if refused != "" {
		err = errors.Join(err, fmt.Errorf("the gateway refused the journal: %s", refused))
	}
	if err != nil {
		return 0, err
	}
	return float64(records) / took.Seconds(), nil
}

// bare publishes the same bytes with nothing around the client, on a topic
// nobody listens to, until the broker has the last.
func (d *drainer) bare(ctx context.Context, payloads [][]byte) (float64, error) {
	const patience = 10 * time.Second
	client := paho.NewClient(paho.NewClientOptions().AddBroker(d.broker).SetClientID(d.terminal).
		SetProtocolVersion(4).SetCleanSession(true).SetAutoReconnect(false).SetConnectTimeout(patience).SetWriteTimeout(patience))
	token := client.Connect()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		return 0, fmt.Errorf("connect the bare client to %s: %w", d.broker, token.Error())
	}
	defer client.Disconnect(50) // ms
	topic := "till-bench/" + d.terminal
	begin := time.Now()
	var flying [window]paho.Token
	for i := range len(payloads) + window {
		slot := &flying[i%window]
		if *slot != nil {
			if !(*slot).WaitTimeout(patience) {
				return 0, fmt.Errorf("the broker did not take a message within %v", patience)
			}
			if err := (*slot).Error(); err != nil {
				return 0, fmt.Errorf("publish: %w", err)
			}
		}
		*slot = nil
		if i < len(payloads) {
			*slot = client.Publish(topic, 1, false, payloads[i])
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
	return float64(len(payloads)) / time.Since(begin).Seconds(), nil
}
