// A textarea with data-json says in which line it stops being JSON, in the element that describes
// it. The browser's own parser often does not say where, so the text is walked here.

const TOKEN =
  /\s+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;
const CLOSES = { "{": "}", "[": "]" };

// What may follow a token in a state; null where it may not stand.
function following(state, token, open) {
  const isOpening = token in CLOSES;
  const isClosing = open.length > 0 && token === CLOSES[open.at(-1)];
  if (isClosing && ["first value", "first key", "after"].includes(state)) {
    open.pop();
    return "after";
  }
  if (state.endsWith("key")) return token.startsWith('"') ? "colon" : null;
  if (state === "colon") return token === ":" ? "value" : null;
  if (state === "after") {
    if (token !== "," || !open.length) return null;
    return open.at(-1) === "{" ? "key" : "value";
  }
  if (isOpening) {
    open.push(token);
    return token === "{" ? "first key" : "first value";
  }
  return "}],:".includes(token) ? null : "after";
}

// The position at which `text` stops being JSON, or -1.
function wrongAt(text) {
  const open = [];
  let state = "value";
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (!token) return at;
    if (token.trim()) state = following(state, token, open);
    if (!state) return at;
    at += token.length;
  }
  return state === "after" && !open.length ? -1 : at;
}

function look(area) {
  const at = wrongAt(area.value);
  const lines = area.value.slice(0, Math.max(at, 0)).split("\n");
  const place = `Line ${lines.length}, column ${lines.at(-1).length + 1}`;
  const words = at < 0 ? "" : `${place}: from here on this is not JSON.`;
  document.getElementById(area.getAttribute("aria-describedby")).textContent = words;
  area.setAttribute("aria-invalid", String(at >= 0));
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea[data-json]")) look(event.target);
});

document.addEventListener("reset", (event) => {
  const area = event.target.querySelector("textarea[data-json]");
  if (area) setTimeout(() => look(area));
});
