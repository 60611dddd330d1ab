package wallets_test

import (
	"testing"

	"till/cloud"
	"till/cloud/wallets"
	"till/payment"
)

func TestMeanings(t *testing.T) {
	for _, c := range []struct {
		wallet   string
		code     string
		outcome  cloud.Outcome
		reason   payment.Reason
		operator bool
	}{
		{"wechat", "SYSTEMERROR", cloud.Unknown, "", false},
		{"wechat", "USERPAYING", cloud.Asking, "", false},
		{"wechat", "ORDERPAID", cloud.LookUp, "", false},
		{"wechat", "AUTHCODEEXPIRE", cloud.Refused, payment.CodeExpired, false},
		{"wechat", "AUTH_CODE_ERROR", cloud.Refused, payment.CodeUsed, false},
		{"wechat", "AUTH_CODE_INVALID", cloud.Refused, payment.CodeInvalid, false},
		{"wechat", "NOTENOUGH", cloud.Refused, payment.FundsMissing, false},
		{"wechat", "ORDERREVERSED", cloud.Undone, "", false},
		{"wechat", "SIGNERROR", cloud.Refused, payment.NotConfigured, true},
		{"wechat", "LACK_PARAMS", cloud.Unknown, "", true},
		{"wechat", "a code of next year", cloud.Unknown, "", true},
		{"alipay", "10003", cloud.Asking, "", false},
		{"alipay", "20000", cloud.Unknown, "", false},
		{"alipay", "ACQ.TRADE_HAS_SUCCESS", cloud.LookUp, "", false},
		{"alipay", "ACQ.TRADE_NOT_EXIST", cloud.NotFound, "", false},
		{"alipay", "ACQ.PAYMENT_AUTH_CODE_INVALID", cloud.Refused, payment.CodeInvalid, false},
		{"alipay", "", cloud.Unknown, "", true},
	} {
		m := wallets.WeChat(c.code)
		if c.wallet == "alipay" {
			m = wallets.Alipay(c.code)
		}
		want := wallets.Meaning{Outcome: c.outcome, Reason: c.reason, Operator: c.operator}
		if m != want {
			t.Errorf("%s %q means %+v, want %+v", c.wallet, c.code, m, want)
		}
		r := m.Result(payment.Wallet(c.wallet), c.code)
		if r.Outcome != c.outcome || (r.Operator != "") != c.operator {
			t.Errorf("%s %q gives %+v", c.wallet, c.code, r)
		}
	}
}
