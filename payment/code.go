package payment

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxCode is the longest customer's code in bytes. EMVCo allows 512
// characters; a scanner that sends more than this sends something else.
const MaxCode = 1024

// CodeForm is how a wallet writes its codes.
type CodeForm string

const (
	FormNone   CodeForm = ""       // the zero Code
	FormNumber CodeForm = "number" // digits, shown as a bar code and as a QR code
	FormEMV    CodeForm = "emv"    // EMV consumer-presented, see ParseCPM
)

// Code is what a scanner read from the customer's phone. Whoever knows the
// text of a code can charge the customer for about a minute, so a Code shows
// nothing of it: not printed with any verb, not logged, not marshalled.
//
// A Code is made by ParseCode; the zero Code is no code. Compare with Equal or
// Digest: == tells two readings of the same code apart.
type Code struct {
	// A Code in an unexported field of something else cannot be asked, and fmt
	// prints what it holds. It follows a pointer there once, for a verb that
	// does not fit, and never twice: hence the second pointer to the text.
	in *codeText
}

type codeText struct {
	secret *string
	wallet Wallet
	form   CodeForm
}

// RefusalReason is why something scanned is not taken as a customer's code.
// The values are stable; the sentence for each is in words, as "code_" + value.
type RefusalReason string

const (
	// HongKongWallet is a code that WeChat takes in Hong Kong and the mainland only.
	HongKongWallet RefusalReason = "hong_kong_wallet"
	// UnionPayMainland is a number code of UnionPay; the customer's app must be
	// switched to overseas payment, where it shows an EMV code.
	UnionPayMainland RefusalReason = "unionpay_mainland"
	// NotAPaymentCode is anything else.
	NotAPaymentCode RefusalReason = "not_a_payment_code"
	// ProductCode is the bar code of something for sale (EAN, UPC).
	ProductCode RefusalReason = "product_code"
	// MerchantCode is a QR code for customers to scan: an EMV merchant-presented one, or a link.
	MerchantCode RefusalReason = "merchant_qr"
	// WrongLength is a wallet's number with digits missing or too many.
	WrongLength RefusalReason = "wrong_length"
	// TooLong is more than MaxCode bytes.
	TooLong RefusalReason = "too_long"
	// Unreadable is nothing, bytes that are no text, or a damaged EMV code.
	Unreadable RefusalReason = "unreadable"
)

// RefusalReasons lists them all.
func RefusalReasons() []RefusalReason {
	return []RefusalReason{
		HongKongWallet, UnionPayMainland, NotAPaymentCode, ProductCode,
		MerchantCode, WrongLength, TooLong, Unreadable,
	}
}

// Refusal is the error of ParseCode. It holds nothing of what was scanned.
type Refusal struct{ Reason RefusalReason }

func (r *Refusal) Error() string { return "scan refused: " + string(r.Reason) }

func refuse(reason RefusalReason) (Code, error) { return Code{}, &Refusal{Reason: reason} }

// ParseCode reads what a scanner sent; every error is a *Refusal. White space
// around it and an AIM symbology identifier before it ("]Q1") are no part of a
// code. The wallets' numbers:
//
//	WeChat    18 digits that begin with 10 to 14; 15 is the Hong Kong wallet
//	Alipay    16 to 24 digits that begin with 25 to 30
//	UnionPay  19 digits that begin with 62: its mainland form, and the shape of
//	          a card number, so it is refused here and travels no further
//
// Sources: WeChat Pay "Important Parameters" (pay.weixin.qq.com/wiki/doc/api/
// wxpay/en/guide/pos), Alipay alipay.trade.pay auth_code (opendocs.alipay.com),
// UnionPay developer.unionpayintl.com. The leading pairs do not overlap, and
// product codes have 8, 12, 13 or 14 digits, fewer than any wallet's.
func ParseCode(raw []byte) (Code, error) {
	raw = bytes.Trim(raw, " \t\r\n")
	if len(raw) > MaxCode {
		return refuse(TooLong)
	}
	if !utf8.Valid(raw) || bytes.ContainsFunc(raw, unicode.IsControl) {
		return refuse(Unreadable)
	}
	symbology, text := CutAIM(string(raw))
	switch {
	case text == "":
		return refuse(Unreadable)
	case symbology == 'E':
		// EAN with an add-on has 15 or 18 digits: the latter could pass for WeChat's.
		return refuse(ProductCode)
	case isDigits(text):
		return parseNumber(text)
	case strings.HasPrefix(text, cpmPrefix):
		return parseEMV(text)
	case isMerchantQR(text):
		return refuse(MerchantCode)
	default:
		return refuse(NotAPaymentCode)
	}
}

// CutAIM takes an AIM symbology identifier (ISO/IEC 15424: ']', a letter for
// the symbology, a modifier) off the front of what a scanner sent. The letter
// is 0 where there is none; no payment code begins with ']'.
func CutAIM(scan string) (symbology byte, text string) {
	if len(scan) < 3 || scan[0] != ']' || !isLetter(scan[1]) || !isLetter(scan[2]) && !isDigit(scan[2]) {
		return 0, scan
	}
	return scan[1], scan[3:]
}

func parseNumber(text string) (Code, error) {
	switch len(text) {
	case 8, 12, 13, 14:
		return refuse(ProductCode)
	}
	if strings.HasPrefix(text, "000201") {
		return refuse(MerchantCode) // EMV merchant-presented, cut short or of digits alone
	}
	if len(text) < 2 {
		return refuse(NotAPaymentCode)
	}
	var wallet Wallet
	var refused RefusalReason
	shortest, longest := 0, 0
	switch pair := text[:2]; {
	case pair >= "10" && pair <= "14":
		wallet, shortest, longest = WeChat, 18, 18
	case pair == "15":
		refused, shortest, longest = HongKongWallet, 18, 18
	case pair >= "25" && pair <= "30":
		wallet, shortest, longest = Alipay, 16, 24
	case pair == "62":
		refused, shortest, longest = UnionPayMainland, 19, 19
	default:
		return refuse(NotAPaymentCode)
	}
	if len(text) < shortest || len(text) > longest {
		return refuse(WrongLength)
	}
	if refused != "" {
		return refuse(refused)
	}
	return Code{&codeText{secret: &text, wallet: wallet, form: FormNumber}}, nil
}

// cpmPrefix begins the base64 of every EMV consumer-presented code: 85 05
// "CPV01". The tenth character also holds bits of what follows.
const cpmPrefix = "hQVDUFYwM"

func parseEMV(text string) (Code, error) {
	cpm, err := ParseCPM(text)
	if err != nil {
		return refuse(Unreadable)
	}
	wallet := cpm.Wallet()
	if wallet == WalletUnknown {
		return refuse(NotAPaymentCode) // a card scheme's code, of no wallet taken here
	}
	return Code{&codeText{secret: &text, wallet: wallet, form: FormEMV}}, nil
}

// isMerchantQR tells what customers are meant to scan: EMV merchant-presented
// data, and links (https://qr.alipay.com/…, weixin://wxpay/…, wxp://…).
func isMerchantQR(text string) bool {
	if strings.HasPrefix(text, "000201") {
		return true
	}
	scheme, _, ok := strings.Cut(text, "://")
	if !ok || scheme == "" || !isLetter(scheme[0]) {
		return false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isLetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func isDigits(s string) bool { return s != "" && strings.IndexFunc(s, notDigit) < 0 }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// Wallet is whose code it is, by its prefix: a hint. What a receipt says comes
// from the acquirer's answer.
func (c Code) Wallet() Wallet {
	if c.in == nil {
		return WalletUnknown
	}
	return c.in.wallet
}

// Form is how the code is written.
func (c Code) Form() CodeForm {
	if c.in == nil {
		return FormNone
	}
	return c.in.form
}

// IsZero reports that there is no code.
func (c Code) IsZero() bool { return c.in == nil }

// Reveal is the text of the code, and the ONLY way to it.
//
// DANGER: with this text anyone can charge the customer. It may go to one
// place, the envelope sealed to the gateway's key, and from there to the
// acquirer. It must never reach a journal, a log, an error, a receipt, a
// screen, a file, or a message that is not sealed.
func (c Code) Reveal() string {
	if c.in == nil {
		return ""
	}
	return *c.in.secret
}

// Digest is the SHA-256 of the code's text, to know the same code when it is
// read again. It is to stay in memory too: 18 digits can be guessed from it.
func (c Code) Digest() [sha256.Size]byte { return sha256.Sum256([]byte(c.Reveal())) }

// Equal reports that both are the same code.
func (c Code) Equal(other Code) bool {
	return c.IsZero() == other.IsZero() && c.Reveal() == other.Reveal()
}

// String describes the code without showing it: "wechat code, 18 digits".
func (c Code) String() string {
	switch c.Form() {
	case FormNumber:
		return fmt.Sprintf("%s code, %d digits", c.in.wallet, len(*c.in.secret))
	case FormEMV:
		return fmt.Sprintf("%s code, EMV, %d characters", c.in.wallet, len(*c.in.secret))
	default:
		return "no code"
	}
}

// GoString is String, for %#v.
func (c Code) GoString() string { return c.String() }

// Format writes String whatever the verb.
func (c Code) Format(to fmt.State, _ rune) {
	_, _ = io.WriteString(to, c.String()) // a fmt.State keeps its error to itself
}

// LogValue is String, for log/slog.
func (c Code) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String: a code is not to be stored, and cannot be read back.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalJSON is String, as MarshalText.
func (c Code) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

var (
	_ error                      = (*Refusal)(nil)
	_ fmt.Formatter              = Code{}
	_ fmt.GoStringer             = Code{}
	_ slog.LogValuer             = Code{}
	_ json.Marshaler             = Code{}
	_ interface{ IsZero() bool } = Code{}
)
