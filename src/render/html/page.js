(() => {
  const table = document.getElementById("people");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const store = document.getElementById("rows");

  // Rows that stand in the page.
  const sort = (column, sign) => {
    const rows = Array.from(body.rows, (row) => {
      const cell = row.cells[column];
      return [cell.dataset.key ?? cell.textContent, row];
    });
    rows.sort((one, other) => sign * words.compare(one[0], other[0]));
    const sorted = document.createDocumentFragment();
    rows.forEach(([, row]) => sorted.append(row));
    body.append(sorted);
  };

  // Rows that are data: class, name, user, account, mfa, default, methods, reset, as of, seconds. A piece of them is shown.
  const paged = () => {
    const PIECE = 200;
    const KEYS = [1, 3, 4, 5, 6, 7, 9];
    const rows = JSON.parse(store.textContent);
    store.remove();
    rows.sort((one, other) => !one[0] - !other[0]);
    const [find, back, on, shown] = ["find", "back", "on", "shown"].map((id) => document.getElementById(id));
    let list = rows;
    let start = 0;
    const line = (row) => {
      const made = document.createElement("tr");
      made.className = row[0];
      const head = document.createElement("th");
      head.scope = "row";
      head.dataset.key = row[1];
      head.textContent = row[1];
      if (row[1] !== row[2]) {
        const user = document.createElement("small");
        user.textContent = row[2];
        head.append(user);
      }
      made.append(head);
      for (let at = 3; at < 9; at += 1) {
        const cell = document.createElement("td");
        cell.dataset.name = heads[at - 2].textContent;
        cell.textContent = row[at];
        if (at === 4 && row[at] === "no") cell.className = "lacks";
        if (at === 8) cell.dataset.key = row[9];
        made.append(cell);
      }
      return made;
    };
    const draw = () => {
      const piece = list.slice(start, start + PIECE);
      body.replaceChildren(...piece.map(line));
      const number = (many) => many.toLocaleString("en");
      shown.textContent = list.length
        ? `${number(start + 1)} to ${number(start + piece.length)} of ${number(list.length)}`
        : "nobody";
      back.disabled = start === 0;
      on.disabled = start + PIECE >= list.length;
    };
    const choose = () => {
      const wanted = document.querySelector("[name=show]:checked").id.slice("show-".length);
      const text = find.value.trim().toLowerCase();
      list = rows.filter((row) =>
        (wanted === "all" || row[0].split(" ").includes(wanted)) &&
        (!text || row[1].toLowerCase().includes(text) || row[2].toLowerCase().includes(text)));
      start = 0;
      draw();
    };
    document.querySelectorAll("[name=show]").forEach((choice) => choice.addEventListener("change", choose));
    find.addEventListener("input", choose);
    back.addEventListener("click", () => { start -= PIECE; draw(); });
    on.addEventListener("click", () => { start += PIECE; draw(); });
    choose();
    return (column, sign) => {
      const key = KEYS[column];
      rows.sort(key === 9 ? (one, other) => sign * (one[9] - other[9])
        : (one, other) => sign * words.compare(one[key], other[key]));
      choose();
    };
  };

  const order = store ? paged() : sort;
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      order(column, up ? 1 : -1);
    });
  });
})();
