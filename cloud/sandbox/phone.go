package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"till/cloud"
	"till/payment"
)

// The customer's phone: codes it shows, QR codes it pays, what it asks.

// unionPayAID is UnionPay's application identifier, as in its consumer-presented codes.
var unionPayAID = []byte{0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01}

// scheme marks a sandbox order in the merchant account template of its QR.
const scheme = "till.sandbox"

// NewCode is a fresh customer-presented code of a wallet, and how long it lives.
func (s *Sandbox) NewCode(wallet payment.Wallet) (string, time.Duration, error) {
	code, err := randomCode(wallet)
	if err != nil {
		return "", 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for digest, c := range s.codes { // forget what is long dead
		if now.Sub(c.at) > 10*s.waits.codeLife+time.Minute {
			delete(s.codes, digest)
		}
	}
	s.codes[sha256.Sum256([]byte(code))] = &issued{wallet: wallet, at: now}
	return code, s.waits.codeLife, nil
}

func randomCode(wallet payment.Wallet) (string, error) {
	switch wallet {
	case payment.WeChat: // 18 digits, 10 to 14 first
		d, err := digits(17)
		return "1" + string('0'+d[0]%5) + d[1:], err
	case payment.Alipay: // 16 to 24 digits, 25 to 30 first
		d, err := digits(16)
		return "28" + d, err
	case payment.UnionPay:
		token := make([]byte, 19)
		if _, err := rand.Read(token); err != nil {
			return "", fmt.Errorf("make a code: %w", err)
		}
		return payment.NewCPM(unionPayAID, "UnionPay", token)
	default:
		return "", fmt.Errorf("wallet %.20q is not one of wechat, alipay, unionpay", string(wallet))
	}
}

func digits(n int) (string, error) {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return strings.Repeat("0", n), fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%0*d", n, v), nil
}

// SetNext says what happens at the next charge, scanned or paid, and at that one only.
func (s *Sandbox) SetNext(b Behaviour) error {
	if !slices.Contains(Behaviours, b) {
		return fmt.Errorf("behaviour %.20q is none of %v", string(b), Behaviours)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = b
	return nil
}

// PayStatus is what the phone says after it scanned a QR.
type PayStatus string

const (
	PayPaid     PayStatus = "paid"
	PayAsked    PayStatus = "asked"
	PayDeclined PayStatus = "declined"
	PayExpired  PayStatus = "expired"
	PayUnknown  PayStatus = "unknown"
)

// Pay is the phone scanning a shown QR and paying it, by what was set next.
func (s *Sandbox) Pay(qr string, wallet payment.Wallet) (PayStatus, error) {
	number, ok := orderOf(qr)
	if !ok {
		return PayUnknown, nil
	}
	status, news, err := s.payOrder(number, wallet)
	if news {
		s.notify(number)
	}
	return status, err
}

func (s *Sandbox) payOrder(number payment.Order, wallet payment.Wallet) (status PayStatus, news bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, seen, err := s.load(number)
	switch {
	case err != nil || !seen:
		return PayUnknown, false, err
	case o.State == asking:
		return PayAsked, false, nil
	case o.State != shown || !o.PayAt.IsZero():
		return PayExpired, false, nil // paid, refused or closed before: it works once
	}
	o.Wallet = wallet
	s.behave(&o)
	if err := s.save(o); err != nil {
		return PayUnknown, false, err
	}
	switch o.State {
	case paid:
		status = PayPaid
	case asking:
		status = PayAsked
	case refused:
		status = PayDeclined
	default:
		status = PayUnknown
	}
	return status, o.Behaviour != Silent && o.Behaviour != Late, nil
}

// Phone is what the customer's phone shows beside its code.
type Phone struct {
	Next   Behaviour
	Prompt *Receipt // asks for a confirmation
	Last   *Receipt // what it said last
	Serial int      // of Last: grows with everything it says
}

// Phone tells the state of the phone.
func (s *Sandbox) Phone() (Phone, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Phone{Next: s.next, Serial: s.said}
	if s.prompt != "" {
		o, _, err := s.load(s.prompt)
		if err != nil {
			return p, err
		}
		if o.State == asking && s.now().Sub(o.Asked) < s.waits.promptFor {
			p.Prompt = &Receipt{Status: "asked", Amount: o.Amount, Wallet: o.Wallet}
		}
	}
	if s.last.Status != "" {
		last := s.last
		p.Last = &last
	}
	return p, nil
}

// Loses says whether an order's first answer is to be lost on its way.
func (s *Sandbox) Loses(number payment.Order) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, seen, err := s.load(number)
	return err == nil && seen && o.Behaviour == LostReply
}

// merchantQR is an EMV merchant-presented code whose account template holds the order.
func merchantQR(o cloud.Order) (string, error) {
	qr := payment.MerchantQR{Objects: []payment.QRObject{
		{ID: "00", Value: "01"},
		{ID: "01", Value: "12"}, // used once
		{ID: "26", Template: []payment.QRObject{{ID: "00", Value: scheme}, {ID: "01", Value: string(o.Number)}}},
		{ID: "52", Value: "5999"},
		{ID: "53", Value: numericCurrency(o.Amount.Currency)},
		{ID: "54", Value: o.Amount.Plain()},
		{ID: "58", Value: "US"},
		{ID: "59", Value: "TILL SANDBOX"},
		{ID: "60", Value: "TEST"},
	}}
	text, err := qr.Encode()
	if err != nil {
		return "", fmt.Errorf("make the QR of order %s: %w", o.Number, err)
	}
	return text, nil
}

// numericCurrency is ISO 4217's number of the currencies the sandbox is used with.
func numericCurrency(code string) string {
	switch code {
	case "CNY":
		return "156"
	case "HKD":
		return "344"
	case "JPY":
		return "392"
	case "EUR":
		return "978"
	default:
		return "840"
	}
}

func orderOf(qr string) (payment.Order, bool) {
	parsed, err := payment.ParseMerchantQR(qr)
	if err != nil {
		return "", false
	}
	if id, _ := parsed.Get("26", "00"); id != scheme {
		return "", false
	}
	number, ok := parsed.Get("26", "01")
	return payment.Order(number), ok
}

// transactionID looks like the wallet's own, and is the same for an order however often it is asked.
func transactionID(wallet payment.Wallet, number payment.Order) string {
	sum := sha256.Sum256([]byte(string(wallet) + string(number)))
	n := new(big.Int).SetBytes(sum[:])
	text := fmt.Sprintf("%078s", n.String())
	switch wallet {
	case payment.WeChat:
		return "42" + text[:26] // 28 digits
	case payment.Alipay:
		return text[:28]
	default:
		return strings.ToUpper(hex.EncodeToString(sum[:10]))
	}
}

// payer is the customer's account as a wallet masks it.
func payer(wallet payment.Wallet) string {
	switch wallet {
	case payment.WeChat:
		return "o***Xk2w"
	case payment.Alipay:
		return "159******88"
	default:
		return "6292 **** 8805"
	}
}
