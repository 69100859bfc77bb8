// Messages can be dismissed. Those that only confirm what was done go by themselves, unless someone
// points at them or is in them: what they say is on the page as well.

const STAYS_MS = 7000;

function leave(message) {
  if (message.matches(":hover, :focus-within")) setTimeout(leave, STAYS_MS, message);
  else message.remove();
}

function expectNew() {
  for (const message of document.querySelectorAll(".message.success:not([data-leaves])")) {
    message.dataset.leaves = "";
    setTimeout(leave, STAYS_MS, message);
  }
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".message")?.remove();
});
document.addEventListener("htmx:afterSettle", expectNew);
expectNew();
