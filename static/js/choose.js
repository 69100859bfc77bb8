// "All on this page" chooses every checkbox of its form whose name it carries. Without this script
// it stays hidden, and one chooses by hand.

for (const all of document.querySelectorAll("input[data-chooses]")) {
  const boxes = () => [...all.form.querySelectorAll(`input[name="${all.dataset.chooses}"]`)];
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  };
  all.hidden = false;
  for (const label of all.labels) label.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  all.form.addEventListener("change", show);
}
