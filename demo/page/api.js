// Requests to the demo, and the stream of what changes in it.
import { toast } from "./notices.js";

const GONE = "The demo does not answer.";

// send posts one thing and gives {ok, data}. Whatever is refused is said in a
// toast here, so a caller has only the good case to care about.
export async function send(path, body, type = "application/json") {
  const text = body === undefined ? undefined : type === "application/json" ? JSON.stringify(body) : body;
  let response, answer;
  try {
    response = await fetch(path, { method: "POST", body: text, headers: text === undefined ? {} : { "Content-Type": type } });
    answer = await response.text();
  } catch {
    toast(GONE);
    return { ok: false };
  }
  const data = parse(answer);
  if (!response.ok) toast(data?.error ?? `The demo refused (${response.status}).`);
  return { ok: response.ok, data };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// queue makes a sender that posts one after the other: digits tapped quickly
// must arrive in the order they were tapped, and parallel requests need not.
export function queue() {
  let last = Promise.resolve();
  return (...args) => (last = last.then(() => send(...args)));
}

// latest makes a loader with at most one load under way: of the versions that
// arrive meanwhile only the last is loaded.
export function latest(load) {
  let wanted, busy = false;
  return async (version) => {
    wanted = version;
    if (busy) return;
    busy = true;
    for (let loading; loading !== wanted; ) {
      loading = wanted;
      try {
        await load(loading);
      } catch {
        // The server went away or the power did; the next event brings a new version.
      }
    }
    busy = false;
  };
}

// get fetches a versioned resource; a refusal is an exception.
export async function get(path, version, name = "v") {
  const response = await fetch(`${path}?${name}=${version}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

const RETRY_MS = [500, 1000, 2000, 3000];

// listen keeps the event stream open. Each handler gets (data, first), where
// first is true for the first event of its name after a (re)connect.
// The browser's own retry is not used: it gives up for good on an HTTP error.
export function listen(handlers, { onOpen, onGone }) {
  let failures = 0;
  const connect = () => {
    const source = new EventSource("/events");
    const seen = new Set();
    source.onopen = () => {
      failures = 0;
      onOpen();
    };
    source.onerror = () => {
      source.close();
      onGone();
      setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        const first = !seen.has(name);
        seen.add(name);
        handle(JSON.parse(event.data), first);
      });
    }
  };
  connect();
}
