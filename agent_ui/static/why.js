// The small "?" beside a figure: shown by CSS on hover and focus; here a press keeps it open and Escape closes it.
(() => {
  const open = () => document.querySelectorAll(".why.is-open, .why:hover, .why:focus-within");
  document.addEventListener("click", (event) => {
    const mark = event.target.closest?.(".why-mark");
    for (const why of document.querySelectorAll(".why.is-open")) {
      if (why !== mark?.parentElement) why.classList.remove("is-open");
    }
    if (mark) {
      mark.parentElement.classList.remove("is-shut");
      mark.parentElement.classList.toggle("is-open");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const why of open()) {
      why.classList.remove("is-open");
      why.classList.add("is-shut");
    }
  });
  for (const leaving of ["focusout", "pointerout"]) {
    document.addEventListener(leaving, (event) => {
      const why = event.target.closest?.(".why");
      if (why && !why.contains(event.relatedTarget)) why.classList.remove("is-shut");
    });
  }
})();
