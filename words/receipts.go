package words

// receipts holds what the receipt on a customer's phone says beside what paper does.
var receipts = map[Key]entry{
	"receipts_title":          {"Receipt", "电子小票"},
	"receipts_waiting":        {"Your receipt is not here yet", "小票尚未生成"},
	"receipts_waiting_what":   {"It comes as soon as the shop's terminal has sent it. This page looks again by itself.", "商户终端上传后即可查看，本页会自动刷新。"},
	"receipts_waiting_no":     {"There is no receipt here. Scan the code on the terminal again, or ask the shop for one on paper.", "此处没有小票。请重新扫描终端上的二维码，或向商户索取纸质小票。"},
	"receipts_again":          {"Look again", "重新查看"},
	"receipts_bad":            {"This is no receipt's address", "网址有误"},
	"receipts_bad_what":       {"Scan the code on the terminal again.", "请重新扫描终端上的二维码。"},
	"receipts_failed":         {"The receipt cannot be shown right now", "暂时无法显示小票"},
	"receipts_failed_what":    {"Try again in a moment. Your payment is not affected.", "请稍后再试，付款不受影响。"},
	"receipts_code":           {"Show this code in the shop to have this sale found again.", "退换时请向店员出示此码。"},
	"receipts_refund":         {"Given back", "已退回"},
	"receipts_refund_pending": {"On its way back to you", "退款处理中"},
	"receipts_kept":           {"Paid after refunds", "退款后实付"},
	"receipts_keep":           {"Whoever has the address of this page can see the receipt.", "知道本页网址的人都能看到此小票。"},
}
