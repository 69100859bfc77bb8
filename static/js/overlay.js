// A form above the page: <dialog data-overlay open> becomes modal (focus stays inside, Escape
// closes it). Whatever has data-close inside it closes it; focus returns to where it was.

function raise(dialog) {
  const before = document.activeElement;
  dialog.removeAttribute("open"); // close() would say so later, to the listener below
  dialog.showModal();
  const wrong = dialog.querySelector("[aria-invalid=true]");
  (wrong ?? dialog.querySelector("input:not([type=hidden])"))?.focus();
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
}

function raiseAll() {
  document.querySelectorAll("dialog[data-overlay]:not(:modal)").forEach(raise);
}

document.addEventListener("htmx:afterSettle", raiseAll);
raiseAll();
