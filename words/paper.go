package words

// paper holds what receipts and other paper say. A customer reads both languages.
var paper = map[Key]sentence{
	// Banners: one glance tells one slip from another.
	"paper_sale":        {"SALE", "消费"},
	"paper_refund":      {"REFUND", "退款"},
	"paper_void":        {"VOID", "撤销"},
	"paper_pending":     {"NOT PAID, PENDING", "未付款，待确认"},
	"paper_not_paid":    {"NOT PAID", "未付款"},
	"paper_copy":        {"DUPLICATE", "副本"},
	"paper_test":        {"TEST, NO MONEY", "测试"},
	"paper_interrupted": {"INTERRUPTED, NOT A RECEIPT", "打印中断，此单无效"},

	// Labels.
	"paper_receipt":      {"Receipt", "小票号"},
	"paper_terminal":     {"Terminal", "终端号"},
	"paper_time":         {"Date", "时间"},
	"paper_time_unknown": {"time not verified", "时间未验证"},
	"paper_cashier":      {"Cashier", "收银员"},
	"paper_subtotal":     {"Subtotal", "小计"},
	"paper_discount":     {"Discount", "优惠"},
	"paper_tax":          {"Tax", "税"},
	"paper_tip":          {"Tip", "小费"},
	"paper_total":        {"TOTAL", "合计"},
	"paper_refunded":     {"REFUNDED", "退款"},
	"paper_tendered":     {"Tendered", "实收"},
	"paper_change":       {"Change", "找零"},
	"paper_due":          {"Due", "未付"},
	"paper_transaction":  {"Transaction", "交易单号"},
	"paper_payer":        {"Account", "付款账户"},

	// The state of the payment, at the end of the slip: "paper_status_" + the status.
	"paper_status_created":     {"NOT PAID", "未付款"},
	"paper_status_authorizing": {"NOT PAID YET", "尚未付款"},
	"paper_status_checking":    {"NOT PAID YET, BEING CHECKED", "尚未付款，正在确认"},
	"paper_status_approved":    {"APPROVED", "支付成功"},
	"paper_status_declined":    {"DECLINED", "支付失败"},
	"paper_status_expired":     {"EXPIRED, NOT PAID", "已过期，未付款"},
	"paper_status_cancelled":   {"CANCELLED, NOT PAID", "已取消，未付款"},
	"paper_status_reversed":    {"REVERSED, MONEY GIVEN BACK", "已冲正，款项退回"},
	"paper_status_parked":      {"NOT PAID YET, BEING CHECKED", "尚未付款，正在确认"},
	"paper_status_voided":      {"VOIDED", "已撤销"},
	"paper_status_refunded":    {"REFUNDED", "已退款"},
	"paper_status_requested":   {"REQUESTED, MONEY NOT YET GIVEN BACK", "已申请，款项尚未退回"},

	// The slip of a parked sale.
	"paper_pending_what":        {"This is not a receipt. The payment is being checked with the wallet.", "此单不是收据，正在向钱包确认付款。"},
	"paper_pending_goods_given": {"Goods given. If it turns out not paid, it is owed.", "商品已交付。如确认未付款，仍需补付。"},
	"paper_pending_paid_other":  {"If it turns out paid, the money is given back.", "如确认已付款，款项将退回。"},

	// What a printer needs: "printer_" + its state.
	"printer_ready":      {"Printer ready", "打印机就绪"},
	"printer_near-end":   {"The paper is nearly used up. Have a new roll at hand.", "打印纸即将用完，请备好新纸卷。"},
	"printer_no-paper":   {"No paper. Put in a new roll.", "缺纸，请更换纸卷。"},
	"printer_cover-open": {"The printer's cover is open. Close it.", "打印机盖未关，请合上。"},
	"printer_offline":    {"The printer does not take anything. See to it.", "打印机未就绪，请检查。"},
	"printer_off":        {"No printer. Switch it on and check its cable.", "未找到打印机，请开机并检查线缆。"},
	"printer_unknown":    {"The printer does not say how it is.", "打印机无状态应答。"},
}
