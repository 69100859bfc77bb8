// When a part of the page cannot be renewed, say so once, in words, and stop saying so as soon as
// it works again. When the session has ended, the answer is the login page: go there as a whole.

const ID = "trouble";

function say(text) {
  let message = document.getElementById(ID);
  if (!message) {
    message = document.createElement("div");
    message.id = ID;
    message.className = "message warning";
    message.append(document.createElement("p"));
    document.getElementById("messages").append(message);
  }
  message.firstChild.textContent = text;
}

// The page that refuses says why; of what is asked in part, only that sentence is shown.
const why = ({ responseText }) =>
  new DOMParser().parseFromString(responseText, "text/html").getElementById("refused")?.textContent;

const forget = () => document.getElementById(ID)?.remove();

document.addEventListener("htmx:sendError", () =>
  say("The server cannot be reached. This page shows what was true before; it goes on by itself."),
);

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { status } = detail.xhr;
  let refused;
  if ([403, 409, 429].includes(status) && (refused = why(detail.xhr))) say(refused);
  else if (status === 429) forget(); // the part that was swapped in says it
  else if (status === 404) say("This is no longer there. Reload the page to see what is.");
  else if (status === 403) say("This was refused: the page stood open too long. Reload it.");
  else say("The server answered with an error. Try again; if it stays, look into the log.");
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.xhr) return;
  if (new URL(detail.xhr.responseURL, location.href).pathname === "/login/") {
    detail.shouldSwap = false;
    location.reload();
  } else if (!detail.isError) {
    forget();
  }
});
