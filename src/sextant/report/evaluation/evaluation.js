"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("scripted");

  // The gallery's filters: every part that is set has to hold.
  const names = ["benchmark", "task", "kind"];
  const selects = names.map((name) => byId(`reply-${name}`));
  const text = byId("reply-text");
  const cards = [...document.querySelectorAll(".card")];
  if (!text) return;
  const contents = new Map();
  const content = (card) => {
    if (!contents.has(card)) contents.set(card, card.textContent.toLowerCase());
    return contents.get(card);
  };
  const filter = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    cards.forEach((card) => {
      const fits =
        names.every((name, i) => !selects[i].value || card.dataset[name] === selects[i].value) &&
        wanted.every((word) => content(card).includes(word));
      card.hidden = !fits;
      shown += fits;
    });
    byId("reply-count").textContent = `${shown} of ${cards.length} questions`;
  };
  selects.forEach((select) => select.addEventListener("change", filter));
  text.addEventListener("input", filter);
  filter();
})();
