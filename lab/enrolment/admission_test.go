package enrolment_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"till/device/identity"
	"till/sync/wire/mqtt"
)

// BenchmarkAdmission is terminals that all come back at once, as after an outage
// of the broker: TLS, the book's word on each, CONNACK.
func BenchmarkAdmission(b *testing.B) {
	s := startService(b)
	const fleet = 50
	var all []*identity.Identity
	for n := range fleet {
		all = append(all, newDevice(b, s, "till-"+strconv.Itoa(n), false))
	}
	b.ResetTimer()
	for range b.N {
		var coming sync.WaitGroup
		for n, i := range all {
			coming.Go(func() {
				grant, _ := i.Enrolled()
				conn, err := mqtt.Connect(b.Context(), mqtt.Options{
					Broker: grant.Settings["gateway.broker"].(string), ClientID: "till-" + strconv.Itoa(n), TLS: i.TLS(),
					Timeout: 30 * time.Second, KeepAlive: time.Minute, Handle: func(string, []byte) {}, Lost: func(error) {},
				})
				if err != nil {
					b.Error(err)
					return
				}
				conn.Close()
			})
		}
		coming.Wait()
	}
	b.ReportMetric(float64(fleet*b.N)/b.Elapsed().Seconds(), "terminals/s")
}

// BenchmarkEnrolment is one device from its key to its certificate.
func BenchmarkEnrolment(b *testing.B) {
	s := startService(b)
	n := 0
	for b.Loop() {
		n++
		newDevice(b, s, "till-"+strconv.Itoa(n), false)
	}
}
