// "As the machine": runs before the first paint, so that no page flashes in the other colours.
(() => {
  const page = document.documentElement;
  if (page.dataset.themeChoice !== "auto") return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { page.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  apply();
  dark.addEventListener("change", apply);
})();
