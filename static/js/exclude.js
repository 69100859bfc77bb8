// Exclude Attributes: what is picked, or taken out by its X, stands in the form at once, not only when
// the server has drawn it. So each request carries every pick before it and may take the place of the
// one on its way. In the capturing phase, which is before htmx gathers the form.

document.addEventListener(
  "input",
  ({ target }) => {
    if (target.id !== "exclude-add" || !target.value) return;
    const picked = document.createElement("input");
    Object.assign(picked, { type: "hidden", name: target.name, value: target.value });
    target.before(picked);
    target.selectedOptions[0].remove();
    target.value = "";
  },
  true,
);

document.addEventListener(
  "click",
  ({ target }) => {
    const chip = target.closest("button[name=drop]")?.closest("li");
    for (const input of chip?.querySelectorAll("input") ?? []) input.disabled = true;
  },
  true,
);
