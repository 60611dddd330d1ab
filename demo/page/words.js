// What the page says: names, statuses and behaviours in words a person knows.

export const WALLETS = {
  wechat: ["WeChat Pay", "微信支付"],
  alipay: ["Alipay", "支付宝"],
  unionpay: ["UnionPay", "云闪付"],
  cash: ["Cash", "现金"],
};

export const walletName = (id) => WALLETS[id]?.[0] ?? "the wallet";

// The terminal's screens, as a sentence for those who cannot see the picture.
const SCREENS = {
  ready: "Ready for an amount",
  qr: "Showing a QR for the customer to scan",
  charging: "Charging; the customer may have to confirm",
  checking: "Checking; do not take the money again",
  cash: "Taking cash",
  approved: "Approved",
  declined: "Declined",
  expired: "Expired; nothing was taken",
  cancelled: "Cancelled",
  reversed: "Not paid; nothing was kept",
  offline: "No connection; cash works, phone payments do not",
  parked: "Parked; to be settled later",
  menu: "Menu",
  list: "A list",
  pin: "Asking for a PIN",
  confirm: "Asking to confirm",
  fault: "A fault",
  starting: "Starting",
};

export const screenName = (id) => SCREENS[id] ?? id.replaceAll(/[-_]/g, " ");

// Statuses of a sale, with the tone their label is drawn in.
export const STATUS = {
  created: ["created", "open"],
  authorizing: ["charging", "open"],
  checking: ["checking", "open"],
  parked: ["parked", "open"],
  approved: ["approved", "good"],
  declined: ["declined", "bad"],
  expired: ["expired", "plain"],
  cancelled: ["cancelled", "plain"],
  reversed: ["reversed", "plain"],
  voided: ["voided", "plain"],
  refunded: ["refunded", "plain"],
};

// What the customer or the acquirer does at the next charge.
export const BEHAVIOURS = [
  ["approve", "The customer pays", "The wallet says yes straight away."],
  ["password", "The wallet asks for a password", "The phone asks, the customer enters it, then it is paid."],
  ["walk-away", "The customer walks away", "The phone asks for a password and nobody answers. The terminal gives up by itself."],
  ["decline", "The wallet declines", "Not enough money, say. Nothing is taken."],
  ["silent", "The wallet goes silent", "The money is taken but the answer never comes. The terminal asks until it knows."],
  ["lost-reply", "The answer gets lost on the way", "The money is taken and the terminal does not hear it. It must not charge twice."],
  ["late", "The wallet is too late", "The charge times out and the money moves only afterwards. It goes back by itself."],
];

// What the phone shows when a payment has ended: words, Chinese, a line of
// explanation, and the tone its sign is drawn in.
export const RESULTS = {
  paid: ["Paid", "支付成功", "", "good"],
  asked: ["Waiting for you", "等待确认", "The wallet wants a password.", "open"],
  declined: ["Declined", "支付失败", "The wallet refused. Nothing was taken.", "bad"],
  expired: ["Too late", "已失效", "That code is no longer valid. Nothing was taken.", "plain"],
  cancelled: ["Cancelled", "已取消", "Nothing was taken.", "plain"],
  reversed: ["Given back", "已退回", "The money is back in the wallet.", "plain"],
  refunded: ["Given back", "已退款", "The money is back in the wallet.", "plain"],
  unknown: ["No answer yet", "处理中", "The wallet does not know this payment yet.", "open"],
};

const HAN = /([\p{Script=Han}\u3000-\u303f\uff00-\uffef]+)/u;

// say puts text into an element, with its Chinese marked as such, so that it is
// read and drawn as Chinese.
export function say(element, text) {
  if (element.dataset.said === text) return;
  element.dataset.said = text;
  const parts = text.split(HAN).filter(Boolean).map((part) => {
    if (!HAN.test(part)) return part;
    const span = document.createElement("span");
    span.lang = "zh-Hans";
    span.textContent = part;
    return span;
  });
  element.replaceChildren(...parts);
}

export const times = (n) => (n === 1 ? "once" : n === 2 ? "twice" : `${n} times`);
