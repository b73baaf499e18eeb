(() => {
  const table = document.getElementById("people");
  if (!table) return;
  const heads = Array.from(table.tHead.rows[0].cells);
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = table.tBodies[0];
      const rows = Array.from(body.rows, (row) => {
        const cell = row.cells[column];
        return [cell.dataset.key ?? cell.textContent, row];
      });
      rows.sort((one, other) => (up ? 1 : -1) * words.compare(one[0], other[0]));
      const sorted = document.createDocumentFragment();
      rows.forEach(([, row]) => sorted.append(row));
      body.append(sorted);
    });
  });
})();
