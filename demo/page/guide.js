// Three steps for a first visitor, ticked off as they happen.
const byId = (id) => document.getElementById(id);
const guide = byId("guide");
const show = byId("guide-show");
const STORED = "till.guide";
const STEPS = ["amount", "code", "paper"];
const done = new Set();

// Storage may be forbidden; then the guide is simply back at the next visit.
function stored(value) {
  try {
    if (value === undefined) return localStorage.getItem(STORED);
    localStorage.setItem(STORED, value);
  } catch {
    return null;
  }
  return value;
}

function setVisible(visible) {
  guide.hidden = !visible;
  show.hidden = visible;
  stored(visible ? "shown" : "hidden");
}

function draw() {
  const current = STEPS.find((step) => !done.has(step));
  for (const step of STEPS) {
    const item = byId(`step-${step}`);
    item.dataset.state = done.has(step) ? "done" : step === current ? "current" : "ahead";
    if (step === current) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    item.querySelector(".step-mark").textContent = done.has(step) ? "✓" : String(STEPS.indexOf(step) + 1);
  }
  byId("guide-dare").dataset.state = current ? "ahead" : "current";
  byId("guide-then").textContent = current ? "Then break it." : "Sold. Now break it.";
}

function tick(step) {
  if (done.has(step)) return;
  done.add(step);
  draw();
}

export function setTerminal(state) {
  if (!state || state.training) return;
  if (state.entry?.amount > 0) tick("amount");
  if (state.sale) {
    tick("amount");
    tick("code");
  }
}

export function setPaper({ version }, first) {
  if (first) setPaper.from = version;
  else if (version > setPaper.from) tick("paper");
}

byId("guide-hide").addEventListener("click", () => {
  setVisible(false);
  show.focus();
});
show.addEventListener("click", () => {
  setVisible(true);
  byId("guide-hide").focus();
});

setVisible(stored() !== "hidden");
draw();
