// Menus are <details class="menu">: they open without us. This adds what people expect of a menu:
// it closes on Escape (focus returns to its button), on a click elsewhere, when focus leaves and
// when something was chosen, the arrow keys walk its items, and all of it is in view.

const openMenus = () => document.querySelectorAll("details.menu[open]");
const itemsOf = (menu) => [...menu.querySelectorAll(".menu-item:not(:disabled)")];

function close(menu, { returnFocus = false } = {}) {
  menu.open = false;
  if (returnFocus) menu.querySelector("summary").focus();
}

function walk(menu, step) {
  const items = itemsOf(menu);
  const at = items.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : items.length - 1) : at + step;
  items[(next + items.length) % items.length]?.focus();
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu);
});

document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu);
});

// "toggle" does not bubble.
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches("details.menu[open]")) {
      target.querySelector(".menu-list").scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  },
  true,
);

// What was chosen is on its way: the menu has done its work.
document.addEventListener("submit", (event) => {
  const menu = event.target.closest("details.menu");
  if (menu) close(menu, { returnFocus: true });
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    event.preventDefault();
    close(menu, { returnFocus: true });
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    menu.open = true;
    walk(menu, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    itemsOf(menu).at(event.key === "Home" ? 0 : -1)?.focus();
  }
});
