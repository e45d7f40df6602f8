// One box ticks all the rows, and shows when only some of them are ticked.

function begin() {
  const all = document.querySelector("[data-tick-all]");
  if (!all) return;
  const boxes = () => [...document.querySelectorAll(`input[type=checkbox][name="${all.dataset.tickAll}"]`)];

  function show() {
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  }

  all.closest("label").hidden = false;
  all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
  document.addEventListener("change", (event) => { if (event.target.name === all.dataset.tickAll) show(); });
  show();
}

begin();
