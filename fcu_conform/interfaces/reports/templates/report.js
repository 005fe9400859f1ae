// Filters of the HTML report; without this script the page is the full list.
(() => {
  "use strict";
  const page = document.documentElement;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const filters = document.getElementById("filters");
  const results = all("details.result");
  const said = document.getElementById("said");
  if (!filters) return;
  page.classList.add("js");

  const words = new Map(results.map((result) => [result, result.textContent.toLowerCase()]));
  const search = filters.elements.words;

  const chosen = (name) => new Set(all(`input[name=${name}]:checked`, filters).map((input) => input.value));

  const apply = () => {
    const wanted = ["outcome", "family", "validator"].map((name) => [name, chosen(name)]);
    const text = search.value.trim().toLowerCase();
    let shown = 0;
    for (const result of results) {
      const fits = wanted.every(([name, values]) => !values.size || values.has(result.dataset[name]));
      result.hidden = !(fits && words.get(result).includes(text));
      shown += !result.hidden;
    }
    for (const group of all(".group")) {
      const members = all("details.result", group);
      const left = members.filter((result) => !result.hidden).length;
      group.hidden = !left;
      group.querySelector("h3 span").textContent = left < members.length ? `(${left} of ${members.length})` : `(${left})`;
      if (shown < results.length && group.matches("details")) group.open = true;
    }
    document.getElementById("none").hidden = shown > 0;
    said.textContent = `${shown} of ${results.length} results shown`;
  };

  // What a link of the drawing or the matrix leads to must be seen, whatever the filters say.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches("details.result")) return;
    if (target.hidden) clear();
    for (let part = target; part; part = part.parentElement.closest("details")) part.open = true;
    target.querySelector("summary").focus({ preventScroll: true });
    target.scrollIntoView();
  };

  const clear = () => {
    filters.reset();
    apply();
  };

  const setOpen = (open) => results.forEach((result) => { if (!result.hidden) result.open = open; });

  filters.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", clear);
  document.getElementById("open").addEventListener("click", () => setOpen(true));
  document.getElementById("close").addEventListener("click", () => setOpen(false));
  window.addEventListener("hashchange", reveal);
  // On paper nobody can open anything: what failed is printed with its details.
  window.addEventListener("beforeprint", () => all("details.failed, details.warned, details.error").forEach((d) => { d.open = true; }));
  apply();
  reveal();
})();
