// A field is invalid for assistive technology as long as the element that describes its error, the
// one in its aria-describedby whose id ends in "-error", says something.

function mark() {
  for (const field of document.querySelectorAll("[aria-describedby*='-error']")) {
    const id = field.getAttribute("aria-describedby").split(" ").find((each) => each.endsWith("-error"));
    const sentence = document.getElementById(id)?.textContent.trim();
    if (sentence) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

// More than one event: what is replaced before it has settled tells nobody that it did.
for (const event of ["htmx:afterSettle", "htmx:afterSwap", "htmx:oobAfterSwap"]) {
  document.addEventListener(event, mark);
}
mark();
