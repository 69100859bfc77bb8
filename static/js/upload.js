// Giving a file: drop it anywhere on the page, see its size, be told at once when it cannot fit,
// and watch the transfer. Without this script the form works by itself; htmx does the sending.

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

function inWords(bytes) {
  let unit = 0;
  while (bytes >= 1024 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1) : bytes} ${UNITS[unit]}`;
}

const theForm = () => document.getElementById("upload");
const part = (name) => theForm().querySelector(`[data-${name}]`);
const theInput = () => theForm().querySelector("input[type=file]");

function say(sentence) {
  const problem = part("problem");
  problem.textContent = sentence;
  problem.hidden = !sentence;
}

// Returns whether the chosen file can be sent.
function check() {
  const file = theInput().files[0];
  const picked = part("picked");
  picked.hidden = !file;
  picked.textContent = file ? inWords(file.size) : "";
  const { room, roomWords } = theForm().dataset;
  if (file?.size === 0) say("The file is empty.");
  else if (file && file.size > Number(room))
    say(`The disk of this server has no room for this file: up to ${roomWords} fit.`);
  else say("");
  return part("problem").hidden;
}

const isFiles = (event) => event.dataTransfer?.types.includes("Files");
const mark = (isOver) => theForm().querySelector(".drop").classList.toggle("is-over", isOver);

document.addEventListener("dragover", (event) => {
  if (!isFiles(event)) return;
  event.preventDefault(); // or the browser would open the file instead of this page
  mark(true);
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) mark(false);
});

document.addEventListener("drop", (event) => {
  if (!isFiles(event)) return;
  event.preventDefault();
  mark(false);
  if (event.dataTransfer.files.length !== 1) {
    say("Give one file at a time.");
    return;
  }
  theInput().files = event.dataTransfer.files;
  check();
});

document.addEventListener("change", (event) => {
  if (event.target === theInput()) check();
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target === theForm() && !check()) event.preventDefault();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === theForm()) part("transfer").hidden = false;
});

document.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  if (target !== theForm() || !detail.lengthComputable || part("transfer").hidden) return;
  const { loaded, total } = detail;
  part("transfer").querySelector("progress").value = (100 * loaded) / total;
  part("transferred").textContent =
    loaded < total ? `${inWords(loaded)} of ${inWords(total)} sent` : "All sent";
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-cancel]")) return;
  window.htmx.trigger(theForm(), "htmx:abort");
});

// Nothing of a transfer that was broken off stays on the server.
for (const end of ["htmx:xhr:abort", "htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(end, (event) => {
    if (event.target !== theForm()) return;
    part("transfer").hidden = true;
    if (event.detail.xhr?.status === 429) return; // js/trouble.js says when to go on
    say(
      end === "htmx:xhr:abort"
        ? "The transfer was cancelled."
        : "The transfer was broken off. Upload the file again.",
    );
  });
}
