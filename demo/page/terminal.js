// The terminal: its screen, number pad, light and scanner.
import { get, latest, queue } from "./api.js";
import { format } from "./money.js";
import { calmly, replay } from "./notices.js";
import { STATUS, say, screenName } from "./words.js";

const byId = (id) => document.getElementById(id);
const canvas = byId("panel");
const tap = byId("tap");
const off = byId("off");
const caption = byId("caption");
const row = byId("panel-row");
const keys = byId("keys");
const led = byId("led");
const useKeyboard = byId("pad-keyboard");

// Digit keys are on the pad beside the screen; they are not repeated in the row.
const ON_THE_PAD = /^(\d|00|backspace)$/;
const KEYBOARD = { Enter: "enter", Backspace: "backspace", Escape: "esc", ".": "." };

const post = queue();
let state = null; // state.json, null while the firmware is off
let powered = true;
let shown, wanted; // versions of the screen: drawn, last heard of

const loadScreen = latest(async (version) => {
  const response = await get("/terminal/screen.png", version);
  const picture = await createImageBitmap(await response.blob());
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  shown = version;
});

// refresh fetches the screen if there is a new one, and only while there is a
// terminal to answer.
function refresh() {
  if (state && wanted > 0 && wanted !== shown) loadScreen(wanted);
}

export function setScreen({ version }, first) {
  if (first) shown = undefined; // after a reconnect the same number may be another picture
  wanted = version;
  refresh();
}

export function setPower(isOn) {
  powered = isOn;
  showOff();
}

export function setState(next) {
  const wasOff = !state;
  state = next;
  if (wasOff && state) shown = undefined;
  showOff();
  setButtons(state?.buttons ?? []);
  canvas.setAttribute("aria-label", state ? `The terminal’s screen: ${describe(state)}` : "The terminal’s screen, dark");
  caption.dataset.off = String(!state);
  announce();
  refresh();
}

function showOff() {
  off.hidden = Boolean(state);
  off.dataset.power = String(powered);
  byId("off-text").textContent = powered ? "Starting…" : "No power";
  for (const key of keys.children) key.disabled = !state;
}

// describe is the screen in a sentence: its name, amount, link and message.
function describe({ screen, entry, sale, message, online, queued, training }) {
  const parts = [screenName(screen)];
  if (training) parts.unshift("Training, nothing is real");
  if (sale) {
    const status = STATUS[sale.status]?.[0] ?? sale.status;
    const amount = format(sale.amount, sale.currency);
    parts.push(parts.at(-1).toLowerCase().startsWith(status) ? amount : `${amount}, ${status}`);
  } else if (entry?.amount > 0) {
    parts.push(`${format(entry.amount, entry.currency)} keyed`);
  }
  if (!online) parts.push(queued ? `offline, ${queued} waiting` : "offline");
  const sentence = `${parts.join(" · ")}.`;
  return message ? `${sentence} ${message}` : sentence;
}

const announce = calmly(300, () => {
  say(caption, state ? describe(state) : powered ? "The terminal is starting…" : "The terminal has no power.");
});

// setButtons keeps the buttons that stay, so that focus stays on them.
function setButtons(buttons) {
  const had = row.contains(document.activeElement);
  const old = new Map([...row.children].map((b) => [b.dataset.button, b]));
  const kept = buttons.filter((b) => !ON_THE_PAD.test(b.id)).map(({ id, label, enabled }) => {
    const button = old.get(id) ?? document.createElement("button");
    button.type = "button";
    button.dataset.button = id;
    button.disabled = !enabled;
    say(button, label || id);
    return button;
  });
  const same = kept.length === row.children.length && kept.every((b, i) => row.children[i] === b);
  if (!same) row.replaceChildren(...kept);
  // A focused button that is gone must not throw a keyboard back to the page's top.
  if (had && !row.contains(document.activeElement)) (row.querySelector("button:enabled") ?? byId("panel-buttons-title")).focus();
}

export function setLed(color) {
  clearTimeout(setLed.timer);
  // Amber blinks (in the style sheet, steadily for those who want no motion). A
  // terminal that blinks its lamp itself sends off in between: that is no news.
  const pause = color === "off" && led.dataset.led === "amber" ? 1200 : 0;
  const apply = () => {
    led.dataset.led = color;
    byId("led-text").textContent = `Light ${color}${color === "amber" ? ": needs you" : ""}`;
  };
  if (pause) setLed.timer = setTimeout(apply, pause);
  else apply();
}

// flashScanner shows that a code was held to the scanner's window.
export const flashScanner = () => replay(byId("window"), "reading");

function pointOf(event) {
  const box = canvas.getBoundingClientRect();
  const inside = (value, size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
  return {
    x: inside(((event.clientX - box.left) / box.width) * canvas.width, canvas.width),
    y: inside(((event.clientY - box.top) / box.height) * canvas.height, canvas.height),
  };
}

function buttonAt({ x, y }) {
  return state?.buttons?.find((b) => b.enabled && x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h);
}

canvas.addEventListener("click", (event) => {
  if (!state) return;
  const point = pointOf(event);
  tap.style.setProperty("--x", `${(point.x / canvas.width) * 100}%`);
  tap.style.setProperty("--y", `${(point.y / canvas.height) * 100}%`);
  replay(tap, "tapped");
  post("/terminal/touch", point);
});

canvas.addEventListener("pointermove", (event) => {
  canvas.classList.toggle("over", Boolean(buttonAt(pointOf(event))));
});

row.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) post("/terminal/touch", { button: button.dataset.button });
});

function press(key) {
  if (!state) return;
  const cap = keys.querySelector(`[data-key="${key}"]`);
  if (cap) replay(cap, "pressed");
  post("/terminal/key", { key });
}

keys.addEventListener("click", (event) => {
  const key = event.target.closest("button")?.dataset.key;
  if (key) press(key);
});

// belongsElsewhere: what has focus wants this key for itself.
function belongsElsewhere(target, key) {
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest("select")) return !/^\d$/.test(key); // a digit chooses nothing there
  if (target.closest("input:not([type=radio], [type=checkbox]), textarea, [contenteditable]")) return true;
  return key === "Enter" && Boolean(target.closest("button, a, [role=tab]"));
}

window.addEventListener("keydown", (event) => {
  if (!useKeyboard.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const key = /^\d$/.test(event.key) ? event.key : KEYBOARD[event.key];
  if (!key || (event.repeat && key !== "backspace")) return;
  if (belongsElsewhere(event.target, event.key)) return;
  event.preventDefault();
  press(key);
});
