package words

// enrol is what a device says that is no terminal yet.
var enrol = map[Key]entry{
	"enrol_title":      {"Enrol this terminal", "登记本机"},
	"enrol_code":       {"Device code", "设备码"},
	"enrol_scan":       {"Scan the operator's claim code with the scanner.", "请用扫码器扫描运营方的登记码。"},
	"enrol_tell":       {"Tell the operator this code, or scan the operator's claim. It goes on by itself.", "请将设备码告知运营方，或扫描运营方的登记码，之后会自动继续。"},
	"enrol_asking":     {"Asking the gateway…", "正在联系网关…"},
	"enrol_gateway":    {"Gateway", "网关"},
	"enrol_was":        {"Was terminal", "原终端号"},
	"enrol_key_title":  {"Key the claim code", "请输入登记码"},
	"enrol_key_detail": {"12 digits, from the operator. Then Enter.", "运营方提供的 12 位数字，然后按确认。"},
	"button_key_claim": {"Key a code", "输入登记码"},

	"enrol_no_claim":      {"This code is no claim. Scan the QR that the operator made for this terminal.", "这不是登记码，请扫描运营方为本机生成的二维码。"},
	"enrol_no_gateway":    {"The gateway's address is not known. Scan the operator's QR instead.", "不知道网关地址，请改为扫描运营方的二维码。"},
	"enrol_mistyped":      {"The code is mistyped. Compare it digit by digit.", "登记码有误，请逐位核对。"},
	"enrol_unreachable":   {"The gateway cannot be reached, and is tried again. Check the network cable. ({why})", "无法联系网关，将自动重试。请检查网线。（{why}）"},
	"enrol_claim_unknown": {"The gateway does not know this claim. Ask the operator for another.", "网关没有此登记码，请向运营方索取新的登记码。"},
	"enrol_claim_expired": {"This claim is too old. Ask the operator for another.", "登记码已过期，请向运营方索取新的登记码。"},
	"enrol_claim_used":    {"Another device has used this claim. Ask the operator for one of this device's own.", "登记码已被其他设备使用，请向运营方索取本机专用的登记码。"},
	"enrol_too_many":      {"Too many wrong codes came. It is tried again in a minute.", "错误的登记码过多，一分钟后重试。"},
	"enrol_revoked":       {"The operator has put this terminal out. Ask for a new claim.", "运营方已停用本机，请索取新的登记码。"},
	"enrol_superseded":    {"Another device has taken this terminal's place. Ask the operator for a new claim.", "其他设备已取代本机，请向运营方索取新的登记码。"},
	"enrol_bad_request":   {"The gateway does not understand this terminal. ({why})", "网关无法识别本机的请求。（{why}）"},
	"enrol_unnamed":       {"The gateway does not understand this terminal. ({why})", "网关无法识别本机的请求。（{why}）"},
	"enrol_failed":        {"The gateway has trouble of its own, and is tried again.", "网关出现故障，将自动重试。"},
}
