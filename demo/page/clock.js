// The shop's clock: what happens there is told by it, as on the panel and on paper.
let zone; // undefined until the ledger has said it: the browser's own

export const setZone = (name) => { zone = name; };

export const timeText = (at) => new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: zone }).format(at);
