"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("scripted");

  // Pictures grow in place.
  const toggle = (figure, big) => figure.classList.toggle("big", big);
  document.querySelectorAll(".enlarge").forEach((button) => {
    button.addEventListener("click", () => toggle(button.closest("figure")));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("figure.big").forEach((figure) => toggle(figure, false));
  });

  // The gallery's filters: every part that is set has to hold.
  const names = ["capability", "task", "source", "difficulty"];
  const selects = names.map((name) => byId(`filter-${name}`));
  const text = byId("filter-text");
  const cards = [...document.querySelectorAll(".card")];
  const groups = [...document.querySelectorAll(".group")];
  const contents = new Map();
  const content = (element) => {
    if (!contents.has(element)) contents.set(element, element.textContent.toLowerCase());
    return contents.get(element);
  };
  const words = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const filter = () => {
    const wanted = words(text);
    let shown = 0;
    cards.forEach((card) => {
      const fits =
        names.every((name, i) => !selects[i].value || card.dataset[name] === selects[i].value) &&
        wanted.every((word) => content(card).includes(word));
      card.hidden = !fits;
      shown += fits;
    });
    groups.forEach((group) => {
      group.hidden = !group.querySelector(".card:not([hidden])");
    });
    byId("shown-count").textContent = `${shown} of ${cards.length} questions`;
  };
  if (text) {
    selects.forEach((select) => select.addEventListener("change", filter));
    text.addEventListener("input", filter);
    filter();
  }

  // A link to a family must find it, whatever the filters hide.
  document.querySelectorAll(".families a").forEach((link) => {
    link.addEventListener("click", () => {
      selects.forEach((select) => { select.value = ""; });
      text.value = "";
      filter();
    });
  });

  const search = byId("drop-search");
  if (search) {
    const rows = [...document.querySelectorAll("#drop-table tbody tr")];
    search.addEventListener("input", () => {
      const wanted = words(search);
      let shown = 0;
      rows.forEach((row) => {
        const fits = wanted.every((word) => content(row).includes(word));
        row.hidden = !fits;
        shown += fits;
      });
      byId("drop-count").textContent = `${shown} of ${rows.length} rows`;
    });
  }
})();
