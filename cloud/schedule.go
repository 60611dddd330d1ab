package cloud

import (
	"container/heap"
	"maps"
	"slices"
	"time"
)

// agenda is when which work of one kind is gone on with: attempts by their
// order, refunds by their number. What a batch does to it counts once the batch
// is committed.
type agenda[K ~string] struct {
	due     map[K]time.Time // open work, by when its next step is due
	calling map[K]time.Time // a question is out, and keeps others back until then
	turns   schedule[K]     // the later of the two

	settled map[K]time.Time // touched by the batch: when due next, zero if never
	asked   map[K]bool      // questions that go out with the batch
}

func newAgenda[K ~string]() *agenda[K] {
	return &agenda[K]{
		due: map[K]time.Time{}, calling: map[K]time.Time{}, turns: schedule[K]{at: map[K]time.Time{}},
		settled: map[K]time.Time{}, asked: map[K]bool{},
	}
}

// take puts work that was open before this gateway began.
func (a *agenda[K]) take(k K, at time.Time) {
	a.due[k] = at
	a.turns.set(k, at)
}

// plan puts a turn when the next step is due and no question is out.
func (a *agenda[K]) plan(k K) {
	at, open := a.due[k]
	if until := a.calling[k]; open && at.Before(until) {
		at = until
	}
	a.turns.set(k, at)
}

// answered lets other questions out, whatever becomes of the batch.
func (a *agenda[K]) answered(k K) {
	delete(a.calling, k)
	a.plan(k)
}

// begin forgets a batch that was not committed.
func (a *agenda[K]) begin() {
	clear(a.settled)
	clear(a.asked)
}

// keep is work as the batch leaves it; at counts while it is open.
func (a *agenda[K]) keep(k K, open bool, at time.Time) {
	if !open {
		at = time.Time{}
	}
	a.settled[k] = at
}

// held says that a question is out, or goes out with the batch.
func (a *agenda[K]) held(k K, now time.Time) bool { return now.Before(a.calling[k]) || a.asked[k] }

// ask is a question that goes out with the batch.
func (a *agenda[K]) ask(k K) { a.asked[k] = true }

// committed takes over what the batch did.
func (a *agenda[K]) committed() {
	for k, at := range a.settled {
		if at.IsZero() {
			delete(a.due, k)
		} else {
			a.due[k] = at
		}
		a.plan(k)
	}
}

// called keeps other questions back until then.
func (a *agenda[K]) called(k K, until time.Time) {
	a.calling[k] = until
	a.plan(k)
}

// now is the work whose turn has come, in the order of its numbers.
func (a *agenda[K]) now(now time.Time) []K {
	all := slices.AppendSeq(a.turns.due(now), maps.Keys(a.settled)) // touched by an event before this one in the batch
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(k K) bool {
		at, known := a.due[k]
		if moved, ok := a.settled[k]; ok {
			at = moved
		}
		return !known || at.After(now)
	})
}

// schedule says whose turn is next, however many there are.
type schedule[K ~string] struct {
	at    map[K]time.Time
	queue turns[K] // holds every turn of at, and some that were moved since
}

// turn is one piece of work's, unless the schedule has another time for it by now.
type turn[K ~string] struct {
	at time.Time
	of K
}

type turns[K ~string] []turn[K]

func (t turns[K]) Len() int           { return len(t) }
func (t turns[K]) Less(i, j int) bool { return t[i].at.Before(t[j].at) }
func (t turns[K]) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns[K]) Push(x any)        { *t = append(*t, x.(turn[K])) } // heap.Push is handed nothing else
func (t *turns[K]) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}

// set puts the next turn; a zero time takes it off.
func (s *schedule[K]) set(k K, at time.Time) {
	if before, ok := s.at[k]; ok && before.Equal(at) {
		return
	}
	if at.IsZero() {
		delete(s.at, k)
		return
	}
	s.at[k] = at
	heap.Push(&s.queue, turn[K]{at, k})
}

// first is the earliest turn; zero if there is none.
func (s *schedule[K]) first() time.Time {
	for len(s.queue) > 0 {
		head := s.queue[0]
		if at, ok := s.at[head.of]; ok && at.Equal(head.at) {
			return head.at
		}
		heap.Pop(&s.queue)
	}
	return time.Time{}
}

// due are those whose turn has come. They stay due until they are set anew.
func (s *schedule[K]) due(now time.Time) []K {
	var taken []turn[K]
	for at := s.first(); !at.IsZero() && !at.After(now); at = s.first() {
		taken = append(taken, s.queue[0])
		heap.Pop(&s.queue)
	}
	all := make([]K, 0, len(taken))
	for _, t := range taken {
		heap.Push(&s.queue, t)
		all = append(all, t.of)
	}
	return all
}
