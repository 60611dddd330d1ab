// Tables of the class sorted can be put in another order by their heads.
"use strict";

for (const table of document.querySelectorAll("table.sorted")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "head";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      order(table.tBodies[0], column, head.classList.contains("n"), down);
    });
  });
}

function order(body, column, numbers, down) {
  const key = (row) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    return numbers ? Number(text) || 0 : text;
  };
  const rows = [...body.rows].map((row) => [key(row), row]);
  rows.sort(([a], [b]) => (numbers ? a - b : a.localeCompare(b)));
  if (down) rows.reverse();
  body.append(...rows.map(([, row]) => row));
}
