// The receipt printer and the paper that has come out of it.
import { get, latest, send } from "./api.js";
import { timeText } from "./clock.js";

const byId = (id) => document.getElementById(id);
const lane = byId("lane");
const stack = byId("stack");
const paperButton = byId("paper");
const viewer = byId("viewer");

const KEPT = 5;
const STATES = { ready: "Ready", "no-paper": "No paper", off: "Off" };

let receipts = []; // newest first: {number, url, when}
let version; // of the newest receipt that is here: documents are counted from 1
let wanted = 0;
let printing = false;
let printer = "off";
let terminalOn = false;

// load takes every document since the last, as many as are kept here: with a
// new roll they come in a burst.
const load = latest(async (next) => {
  const first = version === undefined || next < version; // or another demo, that counts anew
  for (let number = first ? next : Math.max(version + 1, next - KEPT + 1); number <= next; number++) {
    const response = await get("/terminal/receipt.png", number, "number");
    add(number, URL.createObjectURL(await response.blob()));
    version = number;
    show(!first);
  }
});

// refresh fetches a document that has ended. The terminal's addresses do not
// answer while it is off, so it waits for that too.
function refresh() {
  if (terminalOn && wanted > 0 && wanted !== version) load(wanted);
}

function add(number, url) {
  receipts.unshift({ number, url, when: timeText(new Date()) });
  for (const old of receipts.splice(KEPT)) URL.revokeObjectURL(old.url);
}

const nameOf = ({ number, when }) => `Receipt ${number}, ${when}`;

function show(moving) {
  const [newest, ...earlier] = receipts;
  const sheet = sheetOf(newest);
  sheet.classList.toggle("feeding", moving);
  lane.replaceChildren(sheet);
  lane.scrollTop = 0;
  stack.hidden = earlier.length === 0;
  stack.replaceChildren(...earlier.map(sheetOf));
}

// sheetOf is a piece of paper to look at closely.
function sheetOf(receipt) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sheet-paper";
  const image = document.createElement("img");
  image.src = receipt.url;
  image.alt = `${nameOf(receipt)}: enlarge`;
  button.append(image);
  button.addEventListener("click", () => enlarge(receipt));
  return button;
}

function enlarge(receipt) {
  byId("viewer-title").textContent = nameOf(receipt);
  byId("viewer-image").src = receipt.url;
  byId("viewer-image").alt = nameOf(receipt);
  viewer.showModal();
}

function label() {
  byId("printer-light").dataset.state = printing && printer === "ready" ? "printing" : printer;
  byId("printer-text").textContent = printing && printer === "ready" ? "Printing…" : STATES[printer] ?? printer;
  paperButton.textContent = printer === "no-paper" ? "Put a new roll in" : "Take the paper out";
  paperButton.disabled = !terminalOn;
  // Offered only while there is something behind it.
  byId("bytes").hidden = !(terminalOn && wanted > 0);
}

export function setPaper(next) {
  wanted = next.version;
  if (wanted === 0) version = 0; // a demo that has printed nothing: what comes next is new
  printing = next.printing;
  label();
  refresh();
}

export function setPrinter(next) {
  printer = next;
  label();
}

export function setTerminal(state) {
  terminalOn = Boolean(state);
  label();
  refresh();
}

paperButton.addEventListener("click", () => {
  send("/terminal/printer", { paper: printer === "no-paper" });
});

byId("viewer-close").addEventListener("click", () => viewer.close());
viewer.addEventListener("click", (event) => {
  if (event.target === viewer) viewer.close(); // the backdrop
});
