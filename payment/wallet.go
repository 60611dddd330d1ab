package payment

// Wallet names who paid a tender: a phone wallet, or cash.
// The values are stored in journals and sent over the wire; they never change.
type Wallet string

const (
	WalletUnknown Wallet = "" // a code whose prefix tells nothing
	WeChat        Wallet = "wechat"
	Alipay        Wallet = "alipay"
	UnionPay      Wallet = "unionpay"
	Cash          Wallet = "cash"
)

// Name is the wallet's name as its owner writes it in English.
func (w Wallet) Name() string {
	switch w {
	case WeChat:
		return "WeChat Pay"
	case Alipay:
		return "Alipay"
	case UnionPay:
		return "UnionPay"
	case Cash:
		return "Cash"
	default:
		return "the wallet"
	}
}

// ChineseName is the wallet's name as its owner writes it in simplified Chinese.
func (w Wallet) ChineseName() string {
	switch w {
	case WeChat:
		return "微信支付"
	case Alipay:
		return "支付宝"
	case UnionPay:
		return "云闪付"
	case Cash:
		return "现金"
	default:
		return "钱包"
	}
}
