// A page that renews parts of itself must not take things out of a person's hands: what stood open
// (<details> with an id) is open again after the swap. htmx itself keeps the focus of elements with
// an id.

const open = new Set();

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  open.clear();
  for (const one of document.querySelectorAll("details[id][open]")) {
    open.add(one.id);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) {
    const one = document.getElementById(id);
    if (one && !one.open) one.open = true;
  }
});
