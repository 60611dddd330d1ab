// The merchant's ledger: what the cloud believes, beside what the wallets took.
import { get, latest } from "./api.js";
import { setZone, timeText } from "./clock.js";
import { format, totals } from "./money.js";
import { STATUS, walletName } from "./words.js";

const byId = (id) => document.getElementById(id);
const FEW = 25; // rows shown until more are asked for

let currencies = new Map(); // of sales, by id: a charge has none of its own
let currency = "USD"; // for a charge whose sale the ledger has not heard of yet

// A ULID's first ten characters are its time, in ms, in Crockford's base 32.
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
function timeOf(id) {
  let ms = 0;
  for (const c of id.slice(0, 10)) ms = ms * 32 + CROCKFORD.indexOf(c);
  return timeText(new Date(ms));
}

const currencyOf = (id) => currencies.get(id) ?? currency;

const saleColumns = [
  { name: "Sale", key: (s) => s.id, cell: (s) => order(s.id) },
  { name: "Status", key: (s) => s.status, cell: (s) => pill(...(STATUS[s.status] ?? [s.status, "plain"])) },
  { name: "Paid by", key: (s) => tenders(s), cell: (s) => tenders(s) },
  { name: "Amount", key: (s) => s.amount, cell: (s) => format(s.amount, s.currency), money: true },
  { name: "Refunded", key: (s) => s.refunded, cell: (s) => (s.refunded ? format(s.refunded, s.currency) : "–"), money: true },
];

const chargeColumns = [
  { name: "Sale", key: (c) => c.sale + String(c.attempt).padStart(2, "0"), cell: (c) => order(c.sale) },
  { name: "Try", key: (c) => c.attempt, cell: (c) => String(c.attempt) },
  { name: "Wallet", key: (c) => c.wallet, cell: (c) => walletName(c.wallet) },
  { name: "Taken", key: (c) => c.amount, cell: (c) => format(c.amount, currencyOf(c.sale)), money: true },
  { name: "Given back", key: (c) => (c.reversed ? c.amount : c.refunded), cell: (c) => givenBack(c), money: true },
];

function tenders(sale) {
  return (sale.tenders ?? []).map((t) => walletName(t.wallet)).join(" + ") || "–";
}

function givenBack(charge) {
  if (charge.reversed) return pill("all of it", "plain");
  return charge.refunded ? format(charge.refunded, currencyOf(charge.sale)) : "–";
}

function order(id) {
  const box = element("span", "order");
  box.append(element("span", "order-time", timeOf(id)), element("code", "", id));
  return box;
}

const pill = (text, tone) => {
  const mark = element("span", "pill", text);
  mark.dataset.tone = tone;
  return mark;
};

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// book is one sortable table: newest first until a heading is pressed. rowKey
// names a row, state is what makes it new again when it changes.
function book(place, { caption, columns, rowKey, state, empty, sum }) {
  let by = 0, falling = true, all = false, rows = [];
  let known = null; // rowKey -> state, null until the first rows came
  let fresh = new Set();

  const table = element("table", "");
  table.setAttribute("role", "table"); // the narrow layout would take the roles away
  const head = element("tr", "");
  head.setAttribute("role", "row");
  const headings = columns.map((column, i) => {
    const cell = element("th", column.money ? "money" : "");
    cell.scope = "col";
    cell.setAttribute("role", "columnheader");
    const button = element("button", "", column.name);
    button.type = "button";
    button.addEventListener("click", () => {
      falling = by === i ? !falling : Boolean(column.money);
      by = i;
      draw();
    });
    cell.append(button);
    return cell;
  });
  head.append(...headings);
  const thead = element("thead", "");
  thead.setAttribute("role", "rowgroup");
  thead.append(head);
  const body = element("tbody", "");
  body.setAttribute("role", "rowgroup");
  table.append(element("caption", "unseen", caption), thead, body);

  const nothing = element("p", "nothing", empty);
  const foot = element("p", "sum");
  foot.setAttribute("aria-live", "polite");
  const more = element("button", "quiet");
  more.type = "button";
  more.addEventListener("click", () => {
    all = !all;
    draw();
  });
  place.append(table, nothing, foot, more);

  function compare(a, b) {
    const [x, y] = [columns[by].key(a), columns[by].key(b)];
    const way = x < y ? -1 : x > y ? 1 : 0;
    return falling ? -way : way;
  }

  function draw() {
    headings.forEach((cell, i) => {
      cell.setAttribute("aria-sort", i !== by ? "none" : falling ? "descending" : "ascending");
    });
    const sorted = [...rows].sort(compare);
    body.replaceChildren(...(all ? sorted : sorted.slice(0, FEW)).map(line));
    table.hidden = rows.length === 0;
    nothing.hidden = rows.length > 0;
    foot.hidden = rows.length === 0;
    foot.textContent = rows.length ? sum(rows) : "";
    more.hidden = rows.length <= FEW;
    more.textContent = all ? "Show fewer" : `Show all ${rows.length}`;
  }

  function line(item) {
    const row = element("tr", fresh.has(rowKey(item)) ? "fresh" : "");
    row.setAttribute("role", "row");
    row.append(...columns.map((column) => {
      const cell = element("td", column.money ? "money" : "");
      cell.setAttribute("role", "cell");
      cell.dataset.label = column.name;
      cell.append(column.cell(item));
      return cell;
    }));
    return row;
  }

  draw();
  return (next) => {
    rows = next;
    fresh = new Set(rows.filter((r) => known && known.get(rowKey(r)) !== state(r)).map(rowKey));
    known = new Map(rows.map((r) => [rowKey(r), state(r)]));
    draw();
  };
}

const PAID = new Set(["approved", "refunded"]);

const setSales = book(byId("sales"), {
  caption: "Sales in the merchant’s ledger",
  columns: saleColumns,
  rowKey: (s) => s.id,
  state: (s) => `${s.status} ${s.refunded}`,
  empty: "No sale has reached the ledger yet.",
  sum: (sales) => {
    const paid = sales.filter((s) => PAID.has(s.status));
    const kept = totals(paid.map((s) => [s.amount - s.refunded, s.currency])) || format(0, currency);
    return `${paid.length} of ${sales.length} paid · kept ${kept}`;
  },
});

const setCharges = book(byId("charges"), {
  caption: "Charges in the wallets’ own book",
  columns: chargeColumns,
  rowKey: (c) => `${c.sale} ${c.attempt}`,
  state: (c) => `${c.reversed} ${c.refunded}`,
  empty: "No wallet has taken any money yet.",
  sum: (charges) => {
    const kept = totals(charges.map((c) => [c.reversed ? 0 : c.amount - c.refunded, currencyOf(c.sale)]));
    return `${charges.length} ${charges.length === 1 ? "charge" : "charges"} · kept ${kept}`;
  },
});

const load = latest(async (version) => {
  const { sales, charges, records, gaps, timezone } = await (await get("/cloud/ledger.json", version)).json();
  setZone(timezone);
  currencies = new Map(sales?.map((s) => [s.id, s.currency]));
  setSales(sales ?? []);
  setCharges(charges ?? []);
  byId("records").textContent = String(records);
  byId("gaps").textContent = gaps ? String(gaps) : "none";
  byId("gaps-box").dataset.tone = gaps ? "bad" : "good";
});

export const setLedger = ({ version }) => load(version);

export function setTerminal(state) {
  byId("queued").textContent = state ? String(state.queued) : "–";
  byId("queued-box").dataset.waiting = String(Boolean(state?.queued));
  if (state?.entry?.currency) currency = state.entry.currency;
}
