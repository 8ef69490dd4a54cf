// Keys that no button can have: one moves the cursor, the other one Streamlit does not know.
if (!window.claimclfNoteKey) {
  window.claimclfNoteKey = true;
  document.addEventListener("keydown", (event) => {
    const note = document.querySelector('input[aria-label="Note"]');
    const typing = event.target.closest("input, textarea, [contenteditable]");
    if (typing && typing === note && event.key === "Escape") { note.blur(); }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (note && event.key.toLowerCase() === "m") { event.preventDefault(); note.focus(); }
    if (event.key === "?") { document.querySelector(".st-key-keys button").click(); }
  });
}
