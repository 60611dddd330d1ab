// Package wallets says what the wallets' own error codes mean for a charge:
// a final no, a fault that is not the customer's, unknown, or already paid.
//
// Sources, as read in public copies on 2026-11-24. WeChat Pay: the error table
// of Quick Pay (pay.weixin.qq.com/doc/v2/partner/4011941293 and
// /doc/global/v2/en/4013658162). Alipay: the response codes of alipay.trade.pay
// (opendocs.alipay.com/open/194/106039, quoted at second hand).
package wallets

import (
	"till/cloud"
	"till/payment"
)

// Meaning is what an error code stands for.
type Meaning struct {
	Outcome cloud.Outcome
	Reason  payment.Reason // for Refused
	// Operator is set where the merchant's set-up is at fault, not the customer:
	// whoever runs the gateway has to act.
	Operator bool
}

func refused(r payment.Reason) Meaning { return Meaning{Outcome: cloud.Refused, Reason: r} }

var (
	unknown     = Meaning{Outcome: cloud.Unknown}
	asking      = Meaning{Outcome: cloud.Asking}
	alreadyPaid = Meaning{Outcome: cloud.LookUp}
	closed      = Meaning{Outcome: cloud.Undone}
	setUp       = Meaning{Outcome: cloud.Refused, Reason: payment.NotConfigured, Operator: true}
	unclear     = Meaning{Outcome: cloud.Unknown, Operator: true} // sources disagree whether it is final
)

var weChat = map[string]Meaning{
	"SYSTEMERROR": unknown,
	"BANKERROR":   unknown,
	"USERPAYING":  asking, // the customer keys a password: a normal path

	"ORDERPAID":         alreadyPaid,
	"OUT_TRADE_NO_USED": alreadyPaid,

	"AUTHCODEEXPIRE":    refused(payment.CodeExpired),
	"AUTH_CODE_ERROR":   refused(payment.CodeUsed),
	"AUTH_CODE_INVALID": refused(payment.CodeInvalid), // also said of an expired one
	"NOTENOUGH":         refused(payment.FundsMissing),
	"NOTSUPORTCARD":     refused(payment.CustomerDeclined), // sic
	"BUYER_MISMATCH":    refused(payment.CustomerDeclined), // another payer tried the same order

	"ORDERCLOSED":   closed,
	"ORDERREVERSED": closed,

	"NOAUTH":                setUp,
	"SIGNERROR":             setUp,
	"PARAM_ERROR":           setUp,
	"APPID_NOT_EXIST":       setUp,
	"MCHID_NOT_EXIST":       setUp,
	"APPID_MCHID_NOT_MATCH": setUp,
	"XML_FORMAT_ERROR":      setUp,
	"REQUIRE_POST_METHOD":   setUp,
	"LACK_PARAMS":           unclear,
	"NOT_UTF8":              unclear,
}

var alipay = map[string]Meaning{
	"10003":                                 asking,
	"20000":                                 unknown,
	"ACQ.SYSTEM_ERROR":                      unknown,
	"ACQ.TRADE_HAS_SUCCESS":                 alreadyPaid,
	"ACQ.PAYMENT_AUTH_CODE_INVALID":         refused(payment.CodeInvalid),
	"ACQ.BUYER_BALANCE_NOT_ENOUGH":          refused(payment.FundsMissing),
	"ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH": refused(payment.FundsMissing),
	"ACQ.TRADE_BUYER_NOT_MATCH":             refused(payment.CustomerDeclined),
	"ACQ.TRADE_NOT_EXIST":                   {Outcome: cloud.NotFound},
	"ACQ.TRADE_HAS_CLOSE":                   closed,
	"ACQ.TRADE_STATUS_ERROR":                alreadyPaid, // not in a state to be paid: look what it is
	"ACQ.INVALID_PARAMETER":                 setUp,
	"ACQ.ACCESS_FORBIDDEN":                  setUp,
}

// WeChat is the meaning of WeChat Pay's err_code. A code that is not in the
// table is unknown: it is asked after, and never guessed.
func WeChat(code string) Meaning { return meaning(weChat, code) }

// Alipay is the meaning of Alipay's code, or of its sub_code where there is one.
func Alipay(code string) Meaning { return meaning(alipay, code) }

func meaning(table map[string]Meaning, code string) Meaning {
	if m, ok := table[code]; ok {
		return m
	}
	return Meaning{Outcome: cloud.Unknown, Operator: true}
}

// Result is the answer of an acquirer that got an error code.
func (m Meaning) Result(wallet payment.Wallet, code string) cloud.Result {
	r := cloud.Result{Outcome: m.Outcome, Reason: m.Reason, Wallet: wallet}
	if m.Operator {
		r.Operator = wallet.Name() + " answered " + code
	}
	return r
}
