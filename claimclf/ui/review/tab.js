// A note that is being typed is kept in this tab, letter by letter, until its case is decided: a
// page that is loaded anew puts it back. Names of drafts come from the server and differ by person.
if (!window.claimclfDrafts) {
  window.claimclfDrafts = true;
  const PREFIX = "claimclf-draft-";
  const write = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const seen = new WeakSet();

  const named = () => [...document.querySelectorAll(".claimclf-draft[data-draft]")];
  const fieldOf = (name) => document.querySelector(`.st-key-${name.dataset.field} input`);
  // A browser that stores nothing for pages loses notes at a reload, and nothing else.
  const stored = (work) => { try { return work(sessionStorage); } catch { return null; } };

  // Streamlit takes what was typed when the field is left.
  const restore = (field, text) => {
    write.call(field, text);
    field.dispatchEvent(new Event("input", {bubbles: true}));
    setTimeout(() => field.dispatchEvent(new FocusEvent("focusout", {bubbles: true})), 50);
  };
  const look = () => {
    const names = named();
    for (const name of names) {
      const field = fieldOf(name);
      if (!field || seen.has(field)) { continue; }
      seen.add(field);
      const text = stored((tab) => tab.getItem(PREFIX + name.dataset.draft));
      if (text && !field.value) { restore(field, text); }
    }
    const here = new Set(names.map((name) => name.dataset.draft));
    for (const sent of document.querySelectorAll(".claimclf-draft[data-sent]")) {
      for (const draft of sent.dataset.sent.split(" ")) {
        if (!here.has(draft)) { stored((tab) => tab.removeItem(PREFIX + draft)); }
      }
    }
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["class", "data-draft", "data-sent"],
  });
  look();

  window.addEventListener("input", (event) => {
    const name = named().find((one) => fieldOf(one) === event.target);
    if (!name) { return; }
    const key = PREFIX + name.dataset.draft, text = event.target.value;
    stored((tab) => text ? tab.setItem(key, text) : tab.removeItem(key));
  }, true);
}
