// On small screens the menu lies over the page: it closes once a page was chosen in it.
if (!window.claimclfMenu) {
  window.claimclfMenu = true;
  const LIES_OVER = matchMedia("(max-width: 768px)");
  window.addEventListener("click", (event) => {
    const menu = event.target.closest('[data-testid="stSidebar"]');
    if (!menu || !LIES_OVER.matches || !event.target.closest("a")) { return; }
    // After the link has done what it does.
    setTimeout(() => menu.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
  });
}
