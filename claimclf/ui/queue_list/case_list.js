// Where the ticked case stands beside the list, the arrow keys go from case to case.
if (!window.claimclfListKeys) {
  window.claimclfListKeys = true;
  const WIDE = matchMedia("(min-width: 1600px)");
  const STEP = {ArrowUp: "-1", ArrowDown: "1"};
  const OWN_ARROWS = [ // what the keys move in itself
    "input", "textarea", "select", "[contenteditable]", "[role=radiogroup]", "[role=listbox]",
    "[role=combobox]", "[role=menu]", "[role=dialog]", "[role=tablist]", "[role=slider]",
  ].join(", ");

  window.addEventListener("keydown", (event) => {
    const step = STEP[event.key];
    if (!step || !WIDE.matches) { return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) { return; }
    const button = document.querySelector(`.st-key-list-move-${step} button`);
    if (!button || event.target.closest(OWN_ARROWS)) { return; }
    // In the table they move its cursor until a row is ticked.
    const one = document.querySelector(".st-key-list-move-one");
    if (!one && event.target.closest('[data-testid="stDataFrame"]')) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat && !button.disabled) { button.click(); }
  }, true);

  // A row that was ticked out of sight comes into sight. Tables draw their rows themselves; how
  // high a row is stands beside it.
  let shown = "";
  const look = () => {
    const row = document.querySelector(".claimclf-row[data-row]");
    const now = row ? `${row.dataset.table} ${row.dataset.row}` : "";
    if (now === shown) { return; }
    shown = now;
    const table = row && document.querySelectorAll(
      '.st-key-list-table [data-testid="stDataFrame"]'
    )[row.dataset.table];
    const rows = table && table.querySelector(".dvn-scroller");
    if (!rows) { return; }
    const [head, height] = [Number(row.dataset.head), Number(row.dataset.height)];
    const top = Number(row.dataset.row) * height, seen = rows.clientHeight - head;
    if (top < rows.scrollTop) { rows.scrollTop = top; }
    if (top + height > rows.scrollTop + seen) { rows.scrollTop = top + height - seen; }
  };
  new MutationObserver(look).observe(
    document.body, {subtree: true, childList: true, attributeFilter: ["data-row"]}
  );
  look();
}
