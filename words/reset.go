package words

// reset is what the screens say that replace a forgotten PIN.
var reset = map[Key]entry{
	"reset_code":         {"Key the operator's code", "请输入运营方的重置码"},
	"reset_code_what":    {"The manager gets a new PIN. Key 12 digits, from the gateway's operator.", "用于设置店长的新密码：请输入网关运营方提供的 12 位数字。"},
	"reset_pin":          {"Key the manager's new PIN", "请输入店长的新密码"},
	"reset_pin_what":     {"4 to 8 digits that nobody guesses.", "4 至 8 位数字，请勿过于简单。"},
	"reset_again":        {"Key the new PIN again", "请再次输入新密码"},
	"reset_again_what":   {"The same digits once more, then Enter.", "再输入一次相同的数字，然后按确认。"},
	"reset_asked":        {"Asking the gateway…", "正在联系网关…"},
	"reset_asked_what":   {"The PIN changes once it has answered.", "网关答复后密码即更改。"},
	"reset_done":         {"The manager has a new PIN.", "店长密码已更改。"},
	"reset_done_what":    {"It counts from now on; the one before does not.", "新密码已生效，原密码作废。"},
	"reset_mistyped":     {"The code is mistyped. Compare it digit by digit.", "重置码有误，请逐位核对。"},
	"reset_differs":      {"The two PINs differ. Key the new one again.", "两次输入的密码不同，请重新输入。"},
	"reset_wrong":        {"The gateway does not know this code. Compare it, or ask for another.", "网关没有此重置码，请核对或索取新的。"},
	"reset_used":         {"This code was used already. Ask for another.", "此重置码已使用，请索取新的。"},
	"reset_expired":      {"This code is too old. Ask for another.", "重置码已过期，请索取新的。"},
	"reset_taken":        {"An operator has that PIN. Choose another.", "已有人员使用此密码，请换一个。"},
	"reset_too_many":     {"Too many wrong codes came. Wait a minute, then key it again.", "错误的重置码过多，请一分钟后重试。"},
	"reset_unreachable":  {"The gateway did not answer. Key the PIN again to try once more.", "网关没有答复，请再次输入新密码重试。"},
	"reset_failed":       {"The gateway has trouble of its own. Key the PIN again to try once more.", "网关出现故障，请再次输入新密码重试。"},
	"reset_refused":      {"The gateway does not do that now. Ask its operator.", "网关暂不受理，请联系运营方。"},
	"reset_not_taken_up": {"The gateway has the new PIN, and this terminal cannot use its settings. Call support.", "网关已更改密码，但本机无法使用其设置。请联系技术支持。"},
}
