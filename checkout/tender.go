package checkout

import (
	"slices"

	"till/payment"
)

// takesCash and takesWallets say whether the next payment may be in cash, or by
// a wallet: what the merchant takes, and up to how much at a time.
func (s State) takesCash() bool {
	t := s.Settings.Trade
	return !slices.Contains(t.Closed, payment.Cash) && (t.CashLimit == 0 || s.Next().Amount <= t.CashLimit)
}

func (s State) takesWallets() bool {
	t := s.Settings.Trade
	return s.Settings.Trade.anyWallet() && (t.WalletLimit == 0 || s.Next().Amount <= t.WalletLimit)
}

// anyWallet says that some wallet is taken.
func (t Trade) anyWallet() bool {
	return slices.ContainsFunc([]payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay}, func(w payment.Wallet) bool {
		return !slices.Contains(t.Closed, w)
	})
}

// refusesWallet says why a wallet's code is not charged, and that it is not.
func (m *move) refusesWallet(w payment.Wallet) bool {
	switch {
	case slices.Contains(m.Settings.Trade.Closed, w), !m.Settings.Trade.anyWallet():
		m.say("wallet_closed")
	case !m.takesWallets():
		m.say("wallet_limit", "amount", payment.Money{Amount: m.Settings.Trade.WalletLimit, Currency: m.Settings.Currency}.Format("en-US"))
	default:
		return false
	}
	m.do(Play{SoundDeclined})
	return true
}
