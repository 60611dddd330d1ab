package tillcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"time"

	"till/device"
	"till/device/identity"
	"till/display"
	"till/scanner"
	"till/sync/wire/enrolment"
	"till/words"
)

// enroller shows the claim screen and carries out what it asks.
type enroller struct {
	config Config
	me     *identity.Identity
	client *identity.Client
	code   enrolment.Device
	log    *slog.Logger

	device  *device.Device
	panel   *display.Panel
	state   enrolling
	frame   *display.Frame
	updates int
	inbox   chan enrolInput
}

// enrolInput is an event for the screen, and who waits for it to be handled.
type enrolInput struct {
	event any
	touch *display.InputEvent // instead: what it is depends on the screen
	done  chan<- error
}

// enrolOnScreen shows the claim screen until the device is enrolled, or ctx ends.
func enrolOnScreen(ctx context.Context, config Config, me *identity.Identity, accept func(enrolment.Grant) error, log *slog.Logger) error {
	defer feedSystemdMeanwhile(ctx, log)()
	code, err := me.Device()
	if err != nil {
		return err
	}
	client := identity.NewClient(me, Version)
	client.Accept = accept
	to := config.Enrol
	if to.Gateway == "" && me.Gateway() != "" {
		to.Gateway, to.Authority = me.Gateway(), me.Authority()
	}
	e := &enroller{
		config: config, me: me, client: client, code: code, log: log,
		state: newEnrolling(to, time.Now()), inbox: make(chan enrolInput, 16),
	}
	log.Info("not enrolled", "device", code.String(), "gateway", to.Gateway)
	return e.run(ctx)
}

func (e *enroller) run(outer context.Context) error {
	ctx, stop := context.WithCancelCause(outer)
	defer stop(nil)
	t := &terminal{config: e.config, log: e.log} // as far as its body goes
	body, err := device.Open(ctx, e.config.Board, t.body())
	if err != nil {
		return err
	}
	t.device = body
	e.device, e.panel = body, display.NewPanel(body.Display)
	parts := map[string]func(context.Context) error{"input": e.readInput, "scanner": e.readScanner}
	maps.Copy(parts, t.idleParts())
	ended := make(chan struct{}, len(parts))
	for name, part := range parts {
		go func() {
			if err := part(ctx); ctx.Err() == nil { // on the sim board the bench is gone
				stop(fmt.Errorf("%s ended: %w", name, orGone(err)))
			}
			ended <- struct{}{}
		}()
	}
	e.loop(ctx)
	cause := context.Cause(ctx)
	stop(nil)
	err = body.Close()
	for range parts {
		<-ended
	}
	if e.state.done || outer.Err() != nil {
		return err
	}
	return errors.Join(cause, err)
}

// loop takes one event after another until the device is enrolled or ctx ends.
func (e *enroller) loop(ctx context.Context) {
	answers := make(chan error, 1)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	take := func(event any) {
		next, ask := e.state.step(event, time.Now())
		if next.said != e.state.said && next.said.key != "" {
			e.log.Warn("enrolment", "what", next.said.key, "why", next.said.why)
		}
		changed := next != e.state
		e.state = next
		if ask {
			to := next.to
			go func() { answers <- e.client.Enrol(ctx, to) }()
		}
		if _, ticked := event.(enrolTicked); !ticked || changed {
			e.show()
		}
	}
	e.show()
	take(enrolTicked{})
	for !e.state.done {
		e.device.Vitals.Loop.End(nil)
		select {
		case <-ctx.Done():
			if e.state.asking {
				// It ends with ctx, and may be keeping what it was granted.
				if err := <-answers; err != nil {
					e.log.Debug("enrolment", "err", err)
				}
			}
			return
		case err := <-answers:
			take(enrolAnswered{err})
		case <-tick.C:
			take(enrolTicked{})
			if h, ok := e.device.Display.(*display.Hotplug); ok {
				if came, _ := h.Look(); came { // what is wrong with it is told once the terminal sells
					e.show()
				}
			}
		case in := <-e.inbox:
			event, err := in.event, error(nil)
			if in.touch != nil {
				event, err = e.resolve(*in.touch)
			}
			if event != nil {
				take(event)
			}
			in.done <- err
		}
	}
}

// resolve finds out what a touch means on the frame that is shown.
func (e *enroller) resolve(in display.InputEvent) (any, error) {
	if in.Key != "" {
		return enrolKeyed{in.Key}, nil
	}
	id, err := pressed(e.frame, in)
	if id == "" {
		return nil, coded(err)
	}
	return enrolPressed{id}, nil
}

func (e *enroller) do(ctx context.Context, in enrolInput) error {
	return handOver(ctx, e.inbox, func(done chan<- error) enrolInput { in.done = done; return in })
}

func (e *enroller) readInput(ctx context.Context) error {
	return e.device.Input.Run(ctx, func(in display.InputEvent) error { return e.do(ctx, enrolInput{touch: &in}) })
}

func (e *enroller) readScanner(ctx context.Context) error {
	return e.device.Scanner.Run(ctx, func(s scanner.Scan) {
		_ = e.do(ctx, enrolInput{event: enrolScanned{string(s.Data)}}) // fails only when ctx ends
	})
}

// view is what the state looks like.
func (e *enroller) view() display.View {
	lang, s := e.config.Merchant.Language, e.state
	say := func(k words.Key, args ...string) string { return words.Say(lang, k, args...) }
	v := display.View{Screen: display.ScreenEnrol, Lang: lang, Test: e.config.Test, QR: e.code.QR(), Title: e.code.String(), Bar: display.Bar{Online: s.online}}
	if s.said.key != "" {
		v.Message = say(s.said.key, "why", s.said.why)
	}
	if s.keying {
		v.Screen, v.Keypad, v.QR = display.ScreenClaim, true, ""
		v.Title, v.Keyed, v.Detail = say("enrol_key_title"), enrolment.Grouped(s.digits), say("enrol_key_detail")
		v.Buttons = []display.Button{
			{ID: "back", Role: display.RoleBack, Enabled: true},
			{ID: "enter", Role: display.RoleMain, Enabled: len(s.digits) == claimDigits},
		}
		return v
	}
	was, _ := e.me.Was()
	switch {
	case s.asking && s.to.Claim != "":
		v.Detail = say("enrol_asking")
	case s.to.Gateway == "":
		v.Detail = say("enrol_scan")
	default:
		v.Detail = say("enrol_tell")
	}
	if was != "" {
		v.Lines = append(v.Lines, display.Line{Label: say("enrol_was"), Text: was})
	}
	if s.to.Gateway != "" {
		v.Lines = append(v.Lines, display.Line{Label: say("enrol_gateway"), Text: hostOf(s.to.Gateway)})
		v.Buttons = []display.Button{{ID: "key_claim", Enabled: true}}
	}
	return v
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Hostname()
}

// show draws the screen, and shows the bench where we stand.
func (e *enroller) show() {
	v := e.view()
	e.frame = display.Render(v, e.device.Display.Size())
	e.device.Vitals.Draw.Begin()
	sent, err := e.panel.Show(e.frame.Image)
	e.device.Vitals.Draw.End(drew(err))
	e.updates += len(sent)
	if drew(err) != nil {
		e.log.Error("draw", "err", err)
	}
	if e.device.Monitor == nil {
		return
	}
	state := benchState{Screen: string(v.Screen), Online: e.state.online, Buttons: buttonsOn(e.frame), QR: v.QR, Message: v.Message, Updates: e.updates}
	line, err := json.Marshal(state)
	if err == nil {
		err = e.device.Monitor.Show(line)
	}
	if err != nil {
		e.log.Debug("bench", "err", err)
	}
}
