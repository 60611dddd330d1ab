// Toasts, the banner of a lost server, and calm motion.

const KEEP_MS = 12_000;
const MOST = 3;
const toasts = document.getElementById("toasts");
const gone = document.getElementById("gone");

// toast says that something was refused. It stays long enough to be read, longer
// while pointed at or focused, and can be closed.
export function toast(text) {
  for (const old of toasts.children) if (old.dataset.text === text) old.remove();
  while (toasts.children.length >= MOST) toasts.firstChild.remove();

  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.text = text;
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  toasts.append(box);

  let timer;
  const start = () => (timer = setTimeout(() => box.remove(), KEEP_MS));
  const hold = () => clearTimeout(timer);
  box.addEventListener("pointerenter", hold);
  box.addEventListener("pointerleave", start);
  box.addEventListener("focusin", hold);
  box.addEventListener("focusout", start);
  start();
}

export function serverGone(isGone) {
  gone.hidden = !isGone;
  gone.textContent = isGone ? "The demo has ended or cannot be reached. Trying again by itself…" : "";
}

// calmly makes a function whose last call counts, delay ms after it: a screen
// reader then hears where things came to rest, not each step.
export function calmly(delay, call) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), delay);
  };
}

// replay starts a CSS animation again that may be running already.
export function replay(element, name) {
  element.classList.remove(name);
  void element.offsetWidth; // the reflow in between is what restarts it
  element.classList.add(name);
}
