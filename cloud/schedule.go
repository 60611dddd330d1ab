package cloud

import (
	"container/heap"
	"slices"
	"time"

	"till/payment"
)

// schedule says when which attempt is looked at next, however many are open.
type schedule struct {
	at    map[payment.Order]time.Time
	queue turns // holds every attempt of at, and turns that were moved since
}

func newSchedule() *schedule { return &schedule{at: map[payment.Order]time.Time{}} }

// turn is one attempt's, unless the schedule has another time for it by now.
type turn struct {
	at    time.Time
	order payment.Order
}

type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].at.Before(t[j].at) }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(turn)) } // heap.Push is handed nothing else
func (t *turns) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}

// set puts an attempt's next turn; a zero time takes it off.
func (s *schedule) set(order payment.Order, at time.Time) {
	if before, ok := s.at[order]; ok && before.Equal(at) {
		return
	}
	if at.IsZero() {
		delete(s.at, order)
		return
	}
	s.at[order] = at
	heap.Push(&s.queue, turn{at, order})
}

// valid says that the turn at the head is still the one of its attempt.
func (s *schedule) valid() bool {
	at, ok := s.at[s.queue[0].order]
	return ok && at.Equal(s.queue[0].at)
}

// first is the earliest turn; zero if there is none.
func (s *schedule) first() time.Time {
	for len(s.queue) > 0 {
		if s.valid() {
			return s.queue[0].at
		}
		heap.Pop(&s.queue)
	}
	return time.Time{}
}

// due are the attempts whose turn has come, in the order of their numbers. They
// stay due until they are set anew.
func (s *schedule) due(now time.Time) []payment.Order {
	var all []turn
	for at := s.first(); !at.IsZero() && !at.After(now); at = s.first() {
		all = append(all, s.queue[0])
		heap.Pop(&s.queue)
	}
	var orders []payment.Order
	for _, t := range all {
		heap.Push(&s.queue, t)
		orders = append(orders, t.order)
	}
	slices.Sort(orders)
	return slices.Compact(orders)
}
