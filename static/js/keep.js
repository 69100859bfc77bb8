// A page that renews parts of itself must not take things out of a person's hands: what stood open
// (<details> with an id) is open again after the swap, and what was scrolled sideways (a table's
// frame with an id) is where it was. htmx itself keeps the focus of elements with an id.

const open = new Set();
const scrolled = new Map();

document.addEventListener("htmx:beforeSwap", () => {
  open.clear();
  scrolled.clear();
  for (const one of document.querySelectorAll("details[id][open]")) open.add(one.id);
  for (const one of document.querySelectorAll(".table-scroll[id]")) {
    scrolled.set(one.id, one.scrollLeft);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) {
    const one = document.getElementById(id);
    if (one && !one.open) one.open = true;
  }
  for (const [id, left] of scrolled) {
    const one = document.getElementById(id);
    if (one && one.scrollLeft !== left) one.scrollLeft = left;
  }
});
