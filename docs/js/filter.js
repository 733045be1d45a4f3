// Filters of the gallery and of the matrix of properties; without this file both show everything. The choice is kept in the
// address, so that a link to "?property=Convex&verdict=holds" opens the page with it.
"use strict";
(() => {
  const form = document.querySelector("form.loss-filters");
  const shown = document.querySelector(".filtered");
  if (!form || !shown) return;
  const all = (selector, within = shown) => [...within.querySelectorAll(selector)];
  const items = all("[data-loss]"), heads = all("th.kind");
  const names = ["text", "task", "property", "verdict"].filter((name) => form.elements[name]);
  const chosen = () => Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));

  function filter() {
    const { text, task, property = "", verdict = "" } = chosen();
    const words = text.toLowerCase().split(/\s+/);
    const claims = (cell) => (!property || cell.dataset.kind === property) &&
      (!verdict || cell.dataset.verdicts.split(" ").includes(verdict));
    let count = 0;
    for (const item of items) {
      const fits = (!task || item.dataset.task === task) && words.every((word) => item.dataset.text.includes(word)) &&
        (!(property || verdict) || all("td[data-kind]", item).some(claims));
      item.hidden = !fits;
      count += fits;
    }
    heads.forEach((head, place) => {
      head.hidden = Boolean(property) && head.dataset.kind !== property;
      for (const item of items) item.cells[place + 1].hidden = head.hidden;
    });
    shown.classList.toggle("one", Boolean(property)); // one column is left, and there is room for its regimes
    for (const details of all("td details")) details.open = Boolean(property);
    form.querySelector("output").value = count < items.length ? `${count} of ${items.length} losses` : "";
  }

  function keep() {
    const query = new URLSearchParams(Object.entries(chosen()).filter(([, value]) => value)).toString();
    try {
      history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash);
    } catch { /* a page opened as a file has no address to change */ }
  }

  const given = new URLSearchParams(location.search);
  for (const name of names) if (given.has(name)) form.elements[name].value = given.get(name);
  form.hidden = false;
  form.addEventListener("input", () => { filter(); keep(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { filter(); keep(); }));
  // only one cell is open at a time, and it closes when something else is clicked
  document.addEventListener("click", (event) => {
    if (shown.classList.contains("one")) return;
    const own = event.target.closest("td details");
    for (const details of all("td details[open]")) if (details !== own) details.open = false;
  });
  filter();
})();
