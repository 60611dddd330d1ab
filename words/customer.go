package words

// customer is what a customer reads on a display of their own: each sentence is
// shown in both languages.
var customer = map[Key]entry{
	"customer_tip":           {"Add a tip?", "是否付小费？"},
	"customer_tip_what":      {"Choose on the terminal, or tell the cashier.", "请在终端上选择，或告诉收银员。"},
	"customer_welcome":       {"Welcome", "欢迎光临"},
	"customer_due":           {"To pay", "应付金额"},
	"customer_show_code":     {"Show your payment code", "请出示付款码"},
	"customer_confirm":       {"Please confirm on your phone", "请在手机上确认付款"},
	"customer_cash":          {"Cash", "现金"},
	"customer_tendered":      {"Received", "实收"},
	"customer_change":        {"Change", "找零"},
	"customer_paid":          {"Paid", "支付成功"},
	"customer_thanks":        {"Thank you", "谢谢惠顾"},
	"customer_declined":      {"Not paid", "支付失败"},
	"customer_declined_what": {"Nothing was taken. Please try another code, or another way to pay.", "没有扣款，请更换付款码或支付方式。"},
	"customer_checking":      {"Checking your payment", "正在确认付款"},
	"customer_checking_what": {"Please wait, and do not pay again.", "请稍候，请勿重复付款。"},
	"customer_offline":       {"Phone payments do not work right now", "暂时不能用手机支付"},
	"customer_offline_what":  {"Cash works.", "可以付现金。"},
	"customer_ask":           {"Please ask the cashier", "请咨询收银员"},
}
