// One press decides one case that was on the screen. A key that is held repeats itself, a hand
// that slips clicks twice, and a press meant for one case can come when the next one is there.
if (!window.claimclfConsole) {
  window.claimclfConsole = true;
  // While a press is refused, `data-taken` of the page's body is "no".
  const READ_MS = 250; // a case must have been there for so long
  const APART_MS = 450; // two clicks within this are one, as for most systems
  const DECIDES = ["decide", "rule", "all", "stop"]
    .map((what) => `[class*="st-key-${what}-"] button`).join(", ");
  let shown = "", shownAt = 0, pressedAt = -APART_MS;

  // The first button says by its key which case is there and what is asked about it. Its other
  // classes change whenever the screen is drawn again, which is no other case.
  const keyOf = (button) => button.closest('[class*="st-key-"]').className.match(/st-key-\S+/)[0];
  const look = () => {
    const button = document.querySelector(DECIDES);
    const now = button ? keyOf(button) : "";
    if (now === shown) { return; }
    [shown, shownAt] = [now, performance.now()];
    document.body.dataset.taken = "no";
    const wait = Math.max(READ_MS, pressedAt + APART_MS - shownAt);
    setTimeout(() => { if (shown === now) { document.body.dataset.taken = "yes"; } }, wait + 1);
    announce();
  };

  // The eyes of some are their ears: the heading of a case that has come is read to them, once.
  let announced = "";
  const announce = () => {
    const [, number] = shown.match(/^st-key-(?:decide|rule|stop)-.*-(\d+)-\d+$/) || [];
    const heading = document.querySelector(".st-key-case h3");
    if (!number || !heading || number === announced) { return; }
    announced = number;
    const at = document.activeElement;
    if (at && at !== document.body && !at.closest(".st-key-case, .st-key-last-click")) { return; }
    if (at && at.closest("input, textarea, [contenteditable]")) { return; }
    heading.tabIndex = -1;
    heading.blur(); // it may have the focus of the case before
    requestAnimationFrame(() => heading.focus({preventScroll: true}));
  };
  new MutationObserver(look).observe(
    document.body, {subtree: true, childList: true, attributes: true, attributeFilter: ["class"]}
  );
  look();

  const refuse = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  const isTooSoon = (apart) => {
    look();
    const now = performance.now();
    if (now - shownAt < READ_MS || now - pressedAt < apart) { return true; }
    pressedAt = now;
    return false;
  };

  // Digits that want Shift, as on French keyboards, and letters of other alphabets: what counts
  // is where the key is. Letters are not taken by place where the alphabet is Latin.
  const onOtherKeyboards = (event) => {
    const [, digit] = event.code.match(/^Digit([1-9])$/) || [];
    if (digit) { return event.shiftKey || /^[0-9]$/.test(event.key) ? "" : digit; }
    const [, letter] = event.code.match(/^Key([MNSUV])$/) || [];
    return letter && /^\P{ASCII}$/u.test(event.key) ? letter.toLowerCase() : "";
  };
  const pressInstead = (event, key) => {
    const press = {key, code: event.code, keyCode: key.toUpperCase().charCodeAt(0), bubbles: true, cancelable: true};
    for (const kind of ["keydown", "keyup"]) {
      event.target.dispatchEvent(new KeyboardEvent(kind, press));
    }
  };

  // At the window, before anything else hears of it.
  window.addEventListener("click", (event) => {
    if (event.target.closest(DECIDES) && (event.detail > 1 || isTooSoon(APART_MS))) {
      refuse(event);
    }
  }, true);
  window.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.repeat && (event.key.length === 1 || event.key === "Enter")) { refuse(event); return; }
    const meant = onOtherKeyboards(event);
    if (meant) { refuse(event); pressInstead(event, meant); return; }
    if (/^[0-9nsu]$/i.test(event.key) && isTooSoon(READ_MS)) { refuse(event); }
  }, true);

  // Keys that no button can have: one moves the cursor, the other one Streamlit does not know.
  document.addEventListener("keydown", (event) => {
    const note = document.querySelector('input[aria-label="Note"]');
    const typing = event.target.closest("input, textarea, [contenteditable]");
    if (typing && typing === note && event.key === "Escape") { note.blur(); }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (note && event.key.toLowerCase() === "m") { event.preventDefault(); note.focus(); }
    if (event.key === "?") { document.querySelector(".st-key-keys button").click(); }
  });
}
