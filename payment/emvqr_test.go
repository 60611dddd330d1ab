package payment_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"till/payment"
)

// merchantVector is a line of testdata/merchant_qr.json.
type merchantVector struct {
	Name   string
	Text   string
	CRC    string
	Values map[string]string // by path: "62/05"
	Error  string
}

func TestParseMerchantQR(t *testing.T) {
	for _, v := range load[merchantVector](t, "testdata/merchant_qr.json") {
		t.Run(v.Name, func(t *testing.T) {
			q, err := payment.ParseMerchantQR(v.Text)
			if v.Error != "" {
				if !errors.Is(err, payment.ErrNotMerchantQR) || !strings.Contains(err.Error(), v.Error) {
					t.Errorf("%v, %v, want an error that says %q", q, err, v.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for path, want := range v.Values {
				if got, ok := q.Get(strings.Split(path, "/")...); !ok || got != want {
					t.Errorf("%s is %q, %v, want %q", path, got, ok, want)
				}
			}
			body := v.Text[:len(v.Text)-4]
			if got := fmt.Sprintf("%04X", payment.CRC16(body)); got != v.CRC {
				t.Errorf("CRC %s, want %s", got, v.CRC)
			}
			again, err := q.Encode()
			if err != nil || again != body+v.CRC {
				t.Errorf("encoded again: %q, %v", again, err)
			}
		})
	}
}

func TestCRC16(t *testing.T) {
	if got := payment.CRC16("123456789"); got != 0x29B1 {
		t.Errorf("the check value is %04X, want 29B1", got)
	}
}

func TestMerchantQRGet(t *testing.T) {
	q := payment.MerchantQR{Objects: []payment.QRObject{
		{ID: "00", Value: "01"}, {ID: "59", Value: "SHOP"}, {ID: "62", Template: []payment.QRObject{{ID: "05", Value: "REF"}}},
	}}
	for _, path := range [][]string{{}, {"60"}, {"62"}, {"62", "06"}, {"59", "05"}, {"62", "05", "01"}} {
		if got, ok := q.Get(path...); ok {
			t.Errorf("%v is %q, want nothing", path, got)
		}
	}
	if got, ok := q.Get("62", "05"); !ok || got != "REF" {
		t.Errorf("62/05 is %q, %v", got, ok)
	}
}

func TestEncodeRefuses(t *testing.T) {
	first := payment.QRObject{ID: "00", Value: "01"}
	value := func(id, value string) payment.QRObject { return payment.QRObject{ID: id, Value: value} }
	inside := func(id string, objects ...payment.QRObject) payment.QRObject {
		return payment.QRObject{ID: id, Template: objects}
	}
	long := strings.Repeat("x", 99)
	for name, objects := range map[string][]payment.QRObject{
		"nothing":                       nil,
		"no payload format":             {value("59", "SHOP")},
		"payload format second":         {value("59", "SHOP"), first},
		"an ID twice":                   {first, value("59", "A"), value("59", "B")},
		"a CRC":                         {first, value("63", "0000")},
		"an empty value":                {first, value("59", "")},
		"a value of 100 characters":     {first, value("59", long+"x")},
		"an ID of one digit":            {first, value("5", "A")},
		"an ID of letters":              {first, value("AB", "A")},
		"a value where a template goes": {first, value("62", "0503REF")},
		"a template where a value goes": {first, inside("59", value("00", "A"))},
		"an empty template":             {first, inside("62")},
		"a template within a template":  {first, inside("62", inside("64", value("00", "A")))},
		"an ID twice within":            {first, inside("62", value("05", "A"), value("05", "B"))},
		"not UTF-8":                     {first, value("59", "\xff")},
		"a control character":           {first, value("59", "A\nB")},
		"more than 512 characters":      {first, value("02", long), value("03", long), value("04", long), value("05", long), value("06", long)},
	} {
		if text, err := (payment.MerchantQR{Objects: objects}).Encode(); !errors.Is(err, payment.ErrNotMerchantQR) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := payment.ParseMerchantQR(strings.Repeat("0", 513)); !errors.Is(err, payment.ErrNotMerchantQR) {
		t.Errorf("513 characters: %v", err)
	}
}

func TestMerchantQRRoundTrip(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("09AZaz &*.京最佳运输é😀")), 1, 20, -1)
	values := []string{"01", "02", "25", "52", "53", "54", "58", "59", "60", "65", "79"}
	templates := []string{"26", "51", "62", "64", "80", "99"}
	rapid.Check(t, func(t *rapid.T) {
		q := payment.MerchantQR{Objects: []payment.QRObject{{ID: "00", Value: "01"}}}
		for _, id := range rapid.Permutation(append(values, templates...)).Draw(t, "order")[:rapid.IntRange(0, 9).Draw(t, "n")] {
			o := payment.QRObject{ID: id}
			if strings.Contains(strings.Join(templates, " "), id) {
				o.Template = []payment.QRObject{{ID: "00", Value: text.Draw(t, "inner")}, {ID: "05", Value: text.Draw(t, "inner")}}
			} else {
				o.Value = text.Draw(t, "value")
			}
			q.Objects = append(q.Objects, o)
		}
		encoded, err := q.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := payment.ParseMerchantQR(encoded)
		if err != nil || !reflect.DeepEqual(got, q) {
			t.Fatalf("%q: %v, %v, want %v", encoded, got, err, q)
		}
		// One other character anywhere is noticed.
		runes := []rune(encoded)
		at := rapid.IntRange(0, len(runes)-1).Draw(t, "damage")
		if runes[at]++; !strings.EqualFold(string(runes), encoded) {
			if _, err := payment.ParseMerchantQR(string(runes)); err == nil {
				t.Fatalf("%q passed for %q", string(runes), encoded)
			}
		}
	})
}

func FuzzParseMerchantQR(f *testing.F) {
	for _, v := range load[merchantVector](f, "testdata/merchant_qr.json") {
		f.Add(v.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := payment.ParseMerchantQR(text)
		if err != nil {
			// A fuzzer cannot guess a CRC: give it the right one.
			body, ok := strings.CutSuffix(text, "6304")
			if !ok {
				return
			}
			text = fmt.Sprintf("%s6304%04X", body, payment.CRC16(text))
			if q, err = payment.ParseMerchantQR(text); err != nil {
				return
			}
		}
		if utf8.RuneCountInString(text) > 512 {
			t.Errorf("%d characters were taken", utf8.RuneCountInString(text))
		}
		again, err := q.Encode()
		if err != nil || !strings.EqualFold(again, text) {
			t.Errorf("%q was encoded again as %q, %v", text, again, err)
		}
	})
}
