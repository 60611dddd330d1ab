package device

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Sound is a pattern of the buzzer.
type Sound string

// The sounds of a counter.
const (
	SoundApproved  Sound = "approved"
	SoundDeclined  Sound = "declined"
	SoundAttention Sound = "attention"
	SoundRead      Sound = "read"
)

// Sounds lists them.
func Sounds() []Sound { return []Sound{SoundApproved, SoundDeclined, SoundAttention, SoundRead} }

// Tone is one sound of a pattern and the silence after it. Hz is for a buzzer
// that can be tuned; one that cannot tells the patterns apart by their rhythm.
type Tone struct {
	Hz      int
	On, Off time.Duration
}

// Pattern is a sound, tone by tone.
func Pattern(s Sound) ([]Tone, error) { return pattern(s) }

func pattern(s Sound) ([]Tone, error) {
	const ms = time.Millisecond
	switch s {
	case SoundApproved: // two rising short tones
		return []Tone{{1600, 80 * ms, 60 * ms}, {2400, 140 * ms, 0}}, nil
	case SoundDeclined: // one low long tone
		return []Tone{{400, 700 * ms, 0}}, nil
	case SoundAttention: // three short ones
		return []Tone{{1200, 120 * ms, 120 * ms}, {1200, 120 * ms, 120 * ms}, {1200, 120 * ms, 0}}, nil
	case SoundRead: // a tick
		return []Tone{{2000, 25 * ms, 0}}, nil
	}
	return nil, fmt.Errorf("buzzer: sound %.20q is none of %v", string(s), Sounds())
}

// between is the silence between two patterns, so that they are heard as two.
const between = 150 * time.Millisecond

// buzzer plays patterns on a line, one after the other.
type buzzer struct {
	line Line
	log  *slog.Logger

	mu      sync.Mutex
	playing bool
	next    Sound // the newest that waits; "": none
	stop    chan struct{}
	ended   chan struct{}
	closed  bool
}

func (b *buzzer) play(s Sound) error {
	tones, err := pattern(s)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return errPinsClosed
	case b.playing:
		b.next = s // what happened last is what has to be heard
		return nil
	}
	if err := b.line.Out(gpio.High); err != nil {
		return fmt.Errorf("buzzer: %w", err)
	}
	b.playing, b.stop, b.ended = true, make(chan struct{}), make(chan struct{})
	go b.run(tones, b.stop, b.ended)
	return nil
}

// run plays to the end of the last pattern that waits. The line is high already.
func (b *buzzer) run(tones []Tone, stop, ended chan struct{}) {
	defer close(ended)
	for {
		b.sound(tones, stop)
		b.mu.Lock()
		next := b.next
		b.next = ""
		if next == "" || b.closed {
			b.playing = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		rest(between, stop)      // stopped, the next ends before it sounds
		tones, _ = pattern(next) // it was looked up when it came
	}
}

func (b *buzzer) sound(tones []Tone, stop chan struct{}) {
	for _, tone := range tones {
		select {
		case <-stop:
			return
		default:
		}
		b.move(gpio.High)
		going := rest(tone.On, stop)
		b.move(gpio.Low)
		if !going || !rest(tone.Off, stop) {
			return
		}
	}
}

func (b *buzzer) move(l gpio.Level) {
	if err := b.line.Out(l); err != nil {
		b.log.Warn("buzzer", "err", err)
	}
}

// rest waits, and says whether it was not stopped.
func rest(d time.Duration, stop chan struct{}) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}

func (b *buzzer) close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	stop, ended := b.stop, b.ended
	b.mu.Unlock()
	if stop != nil {
		close(stop)
		<-ended
	}
	if err := b.line.Out(gpio.Low); err != nil {
		return fmt.Errorf("buzzer: %w", err)
	}
	return nil
}
