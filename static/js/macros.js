// Typing `{` in a field with data-macros opens a list of what may stand there: the attributes of
// the nexset and the date macros, from the <datalist> that data-macros names. Arrows move, Enter
// or Tab takes, Escape closes. Without JavaScript the macro is simply typed.

const list = document.createElement("ul");
list.id = "macro-list";
list.className = "macro-list";
list.role = "listbox";
list.ariaLabel = "Macros";
list.hidden = true;
document.body.append(list);

let field = null;

function beginning(input) {
  const before = input.value.slice(0, input.selectionStart);
  return /\{([^{}]*)$/.exec(before)?.[1] ?? null;
}

function offered(input, start) {
  const known = document.getElementById(input.dataset.macros)?.options ?? [];
  const wanted = start.toLowerCase();
  return [...known].map((each) => each.value).filter((each) => each.toLowerCase().includes(wanted));
}

function close() {
  list.hidden = true;
  field?.removeAttribute("aria-activedescendant");
  field?.setAttribute("aria-expanded", "false");
  field = null;
}

function open(input) {
  const start = beginning(input);
  const found = start === null ? [] : offered(input, start).slice(0, 50);
  if (!found.length) return close();
  field = input;
  list.replaceChildren(
    ...found.map((text, index) => {
      const option = document.createElement("li");
      option.role = "option";
      option.id = `macro-${index}`;
      option.textContent = `{${text}}`;
      return option;
    }),
  );
  const box = input.getBoundingClientRect();
  // Properties, not a style attribute: the content security policy allows these.
  list.style.top = `${window.scrollY + box.bottom + 4}px`;
  list.style.left = `${window.scrollX + box.left}px`;
  list.hidden = false;
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "true");
  point(0);
}

function point(index) {
  const options = [...list.children];
  const at = (index + options.length) % options.length;
  options.forEach((each, place) => each.setAttribute("aria-selected", String(place === at)));
  options[at].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", options[at].id);
}

function pointed() {
  return [...list.children].findIndex((each) => each.ariaSelected === "true");
}

function take(option) {
  const input = field;
  const start = input.selectionStart - beginning(input).length - 1;
  input.setRangeText(option.textContent, start, input.selectionStart, "end");
  close();
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  close();
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-macros]")) open(event.target);
});

document.addEventListener("keydown", (event) => {
  if (!field || event.target !== field) return;
  if (event.key === "ArrowDown") point(pointed() + 1);
  else if (event.key === "ArrowUp") point(pointed() - 1);
  else if (event.key === "Enter" || event.key === "Tab") take(list.children[pointed()]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});

list.addEventListener("mousedown", (event) => {
  const option = event.target.closest("li");
  if (option) event.preventDefault();
  if (option) take(option);
});

document.addEventListener("focusout", (event) => {
  if (event.target === field) close();
});
