// A textarea with data-json says in which line it stops being JSON, in the element that describes it.

function problem(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    const place = /position (\d+)/.exec(error.message);
    const at = place ? Number(place[1]) : text.length;
    const before = text.slice(0, at).split("\n");
    return `Line ${before.length}, column ${before.at(-1).length + 1}: this is not JSON.`;
  }
}

function look(area) {
  const sentence = problem(area.value);
  document.getElementById(area.getAttribute("aria-describedby")).textContent = sentence;
  area.setAttribute("aria-invalid", String(Boolean(sentence)));
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea[data-json]")) look(event.target);
});

document.addEventListener("reset", (event) => {
  const area = event.target.querySelector("textarea[data-json]");
  if (area) setTimeout(() => look(area));
});
