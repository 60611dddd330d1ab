// The customer's phone: three wallets, their codes, the prompt and the result.
import { send } from "./api.js";
import { format } from "./money.js";
import { flashScanner } from "./terminal.js";
import { replay } from "./notices.js";
import { BEHAVIOURS, RESULTS, walletName } from "./words.js";

const byId = (id) => document.getElementById(id);
const phone = byId("phone");
const tabs = byId("wallets");
const prompt = byId("prompt");
const result = byId("result");
const behaviour = byId("behaviour");
const showCode = byId("show-code");
const scanQr = byId("scan-qr");

// A phone nobody touches stops asking for fresh codes.
const AWAKE_MS = 90_000;
const RESULT_MS = 10_000;
const FINDER_MS = 600; // how long the phone's camera is seen looking

let wallet = "wechat";
let code = null; // {text, seconds, ends (ms of performance.now)}
let awakeUntil = 0; // ms of performance.now
let refreshing = false;
let terminalOn = false;
let terminalQr = "";
let training = false; // nothing on the terminal is real
let busy = false; // the customer is doing something
let lastResult = "null"; // the result last heard of, as JSON
let resultTimer;

const wake = () => (awakeUntil = performance.now() + AWAKE_MS);
export const sleep = () => (awakeUntil = 0);

const SIGNS = {
  good: ["M32 3a29 29 0 1 0 .01 0z", "M19 33l9 9 17-20"],
  bad: ["M20 4h24l16 16v24L44 60H20L4 44V20z", "M22 22l20 20M42 22L22 42"],
  open: ["M32 3a29 29 0 1 0 .01 0z", "M32 16v18l10 8"],
  plain: ["M32 3a29 29 0 1 0 .01 0z", "M20 32h24"],
};

// freshCode fetches a code for the wallet that is open. null if it was refused,
// or if another wallet was opened meanwhile.
async function freshCode() {
  const asked = wallet;
  const { ok, data } = await send("/wallet/code", { wallet: asked });
  if (!ok) sleep(); // not again and again by itself
  if (!ok || asked !== wallet) return null;
  code = { text: data.code, seconds: data.seconds, ends: performance.now() + data.seconds * 1000 };
  picture(byId("qr"), data.qr, `QR of the ${walletName(asked)} payment code`);
  picture(byId("barcode"), data.barcode, `Barcode of the ${walletName(asked)} payment code`);
  byId("digits").textContent = grouped(data.code);
  tick();
  return code;
}

function picture(image, source, alt) {
  image.hidden = !source;
  image.alt = alt;
  if (source) image.src = source;
  else image.removeAttribute("src");
}

// grouped writes a number in fours, and of an EMV code no more than its ends.
function grouped(text) {
  if (/^\d+$/.test(text)) return text.replace(/(\d{4})(?=\d)/g, "$1 ");
  return text.length > 24 ? `${text.slice(0, 12)}…${text.slice(-8)}` : text;
}

function tick() {
  const left = code ? Math.max(0, Math.ceil((code.ends - performance.now()) / 1000)) : 0;
  byId("ring").style.strokeDashoffset = code ? String(100 - (left / code.seconds) * 100) : "100";
  byId("left").textContent = !code ? "\u00a0" : left ? `Changes in ${left} s` : "Expired";
  const awake = performance.now() < awakeUntil && !document.hidden;
  byId("stale").hidden = !code || left > 0 || awake;
  if (code && left === 0 && awake && !busy && !refreshing) refresh();
}

// refresh replaces a code that ran out, once at a time.
async function refresh() {
  refreshing = true;
  await freshCode();
  refreshing = false;
}

function choose(next, focus) {
  wallet = next;
  wake();
  phone.dataset.wallet = next;
  for (const tab of tabs.children) {
    const mine = tab.dataset.wallet === next;
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
    if (mine && focus) tab.focus();
  }
  byId("wallet").setAttribute("aria-labelledby", `tab-${next}`);
  hideResult();
  code = null;
  picture(byId("qr"), "", "");
  picture(byId("barcode"), "", "");
  byId("digits").textContent = "\u00a0";
  freshCode();
}

tabs.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) choose(tab.dataset.wallet);
});

tabs.addEventListener("keydown", (event) => {
  const all = [...tabs.children];
  const at = all.findIndex((tab) => tab.dataset.wallet === wallet);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  choose(all[(to + all.length) % all.length].dataset.wallet, true);
});

byId("stale").addEventListener("click", () => {
  wake();
  freshCode();
});

showCode.addEventListener("click", async () => {
  await gesture(async () => {
    const fresh = await freshCode();
    if (!fresh) return;
    replay(phone, "shown");
    flashScanner();
    await send("/terminal/scan", fresh.text, "text/plain");
  });
});

scanQr.addEventListener("click", async () => {
  const qr = terminalQr;
  await gesture(async () => {
    byId("finder").hidden = false;
    const looked = new Promise((done) => setTimeout(done, FINDER_MS));
    const { ok, data } = await send("/wallet/pay", { qr });
    await looked;
    byId("finder").hidden = true;
    // "asked" is the prompt's to say; the amount comes with the phone event.
    if (ok && data.status !== "asked" && result.hidden) showResult(data);
  });
});

// gesture runs one thing the customer does, and nothing else beside it.
async function gesture(act) {
  if (busy) return;
  busy = true;
  wake();
  hideResult();
  setGestures();
  await act();
  busy = false;
  setGestures();
}

function setGestures() {
  // aria-disabled while busy keeps the focus that disabled would take away.
  showCode.setAttribute("aria-disabled", String(busy));
  scanQr.setAttribute("aria-disabled", String(busy));
  showCode.disabled = !terminalOn;
  scanQr.disabled = !terminalOn || !terminalQr;
  byId("scan-qr-why").textContent = !terminalOn
    ? "The terminal is off."
    : training ? "The terminal is in training: it plays the customer by itself."
    : terminalQr ? "The terminal shows a QR to scan." : "Press “Show QR” on the terminal first.";
}

export function setTerminal(state) {
  terminalOn = Boolean(state);
  training = Boolean(state?.training);
  terminalQr = training ? "" : state?.qr ?? ""; // no wallet takes a practice QR
  setGestures();
}

export function setPhone({ next, prompt: asked, result: ended }, first) {
  behaviour.value = next;
  explain();
  setPrompt(asked);
  // An event about something else repeats the result, which was shown by then.
  const news = JSON.stringify(ended);
  if (news === lastResult) return;
  lastResult = news;
  if (!ended) hideResult();
  else if (!first) showResult(ended);
}

function setPrompt(asked) {
  prompt.hidden = !asked;
  if (!asked) return;
  hideResult();
  const amount = format(asked.amount, asked.currency);
  prompt.dataset.wallet = asked.wallet;
  byId("prompt-wallet").textContent = walletName(asked.wallet);
  byId("prompt-amount").textContent = amount;
  byId("prompt-text").textContent = `Enter your password to pay ${amount}`;
  tell(`The phone asks: enter your password to pay ${amount}.`);
}

function showResult({ status, amount, currency }) {
  const [word, hanzi, text, tone] = RESULTS[status] ?? [status, "", "", "plain"];
  const money = amount > 0 ? format(amount, currency) : "";
  result.dataset.tone = tone;
  byId("result-shape").setAttribute("d", SIGNS[tone][0]);
  byId("result-sign").setAttribute("d", SIGNS[tone][1]);
  byId("result-word").textContent = word;
  byId("result-hanzi").textContent = hanzi;
  byId("result-amount").textContent = money;
  byId("result-text").textContent = text;
  result.hidden = false;
  tell(`The phone says: ${word}${money && `, ${money}`}. ${text}`);
  clearTimeout(resultTimer);
  resultTimer = setTimeout(hideResult, RESULT_MS);
}

function hideResult() {
  clearTimeout(resultTimer);
  if (result.contains(document.activeElement)) tabs.querySelector("[aria-selected=true]").focus();
  result.hidden = true;
}

byId("result-close").addEventListener("click", () => {
  hideResult();
  wake();
});

const tell = (text) => (byId("phone-says").textContent = text);

function explain() {
  byId("behaviour-why").textContent = BEHAVIOURS.find(([id]) => id === behaviour.value)?.[2] ?? "";
}

behaviour.addEventListener("change", () => {
  explain();
  send("/wallet/next", { behaviour: behaviour.value });
});

behaviour.append(...BEHAVIOURS.map(([id, label]) => new Option(label, id)));
explain();
setInterval(tick, 500);

// open shows a code, once the demo is there to give one.
export function open() {
  wake();
  if (!code) freshCode();
}

