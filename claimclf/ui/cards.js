// On small screens rows are cards from the first, unless somebody has asked for the table.
if (!window.claimclfCards) {
  window.claimclfCards = true;
  const NARROW = matchMedia("(max-width: 640px)"), CARDS = ".st-key-as-cards";
  const asked = new WeakSet();
  let wantsTable = false;
  window.addEventListener("click", (event) => {
    if (event.isTrusted && event.target.closest(CARDS)) { wantsTable = true; }
  }, true);
  const offerCards = () => {
    const box = document.querySelector(`${CARDS} input`);
    if (!box || asked.has(box)) { return; }
    asked.add(box);
    if (NARROW.matches && !box.checked && !wantsTable) { box.click(); }
  };
  new MutationObserver(offerCards).observe(document.body, {subtree: true, childList: true});
  offerCards();
}
