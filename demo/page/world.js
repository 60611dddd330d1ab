// What stands around the terminal: drawer, buzzer, network cable, mains plug.
import { send } from "./api.js";
import { replay } from "./notices.js";
import { times } from "./words.js";

const byId = (id) => document.getElementById(id);
const cable = byId("cable");
const power = byId("power");
const plug = byId("plug");
const hear = byId("hear");

const LINKS = {
  up: { up: true },
  down: { up: false },
  drop: { up: false, drop: true },
};

let kicks, buzzes;
let screen = "";
let terminalOn = false;
let powered = true;
let cutting = false; // a power cut that was asked for and is not over
let sound;

export function setPeripherals({ drawer_kicks, buzzer }, first) {
  if (!first && drawer_kicks > kicks) replay(byId("drawer"), "kicked");
  if (!first && buzzer > buzzes) buzz();
  kicks = drawer_kicks;
  buzzes = buzzer;
  byId("drawer-text").textContent = kicks ? `Opened ${times(kicks)}` : "Never opened";
  byId("buzzer-text").textContent = buzzes ? `Sounded ${times(buzzes)}` : "Silent so far";
}

// Tones by what the terminal shows: [hertz, start in ms, length in ms].
const TONES = {
  approved: [[660, 0, 120], [990, 150, 160]],
  declined: [[180, 0, 500]],
  checking: [[520, 0, 90], [520, 160, 90], [520, 320, 90]],
};
const TICK = [[1200, 0, 40]];

function buzz() {
  replay(byId("bell"), "ringing");
  if (!hear.checked) return;
  sound ??= new AudioContext();
  for (const [hertz, start, length] of TONES[screen] ?? TICK) {
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    const at = sound.currentTime + start / 1000;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.08, at);
    volume.gain.setTargetAtTime(0, at + length / 1000, 0.02); // no click at the end
    tone.connect(volume).connect(sound.destination);
    tone.start(at);
    tone.stop(at + length / 1000 + 0.2);
  }
}

export function setWorld({ power: isOn, link, pace }) {
  powered = isOn;
  cable.dataset.link = link;
  const radio = cable.querySelector(`[value="${CSS.escape(link)}"]`);
  if (radio) radio.checked = true;
  byId("pace").textContent = pace > 1 ? `Wallets’ waits run ${pace}× faster` : "";
  showPower();
}

export function setTerminal(state) {
  terminalOn = Boolean(state);
  screen = state?.screen ?? "";
  showPower();
}

function showPower() {
  const starting = cutting || !terminalOn;
  plug.dataset.power = String(powered);
  byId("power-text").textContent = !powered ? "No power" : starting ? "Starting…" : "Powered";
  power.setAttribute("aria-disabled", String(starting));
  for (const radio of cable.querySelectorAll("input")) radio.disabled = !terminalOn;
}

power.addEventListener("click", async () => {
  if (cutting || !terminalOn) return;
  cutting = true;
  showPower();
  await send("/terminal/power");
  cutting = false;
  showPower();
});

cable.addEventListener("change", async (event) => {
  const { ok } = await send("/terminal/link", LINKS[event.target.value]);
  if (!ok) cable.querySelector(`[value="${cable.dataset.link}"]`).checked = true;
});
