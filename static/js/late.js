// A part of the page asks for its own renewal, and may be replaced before the answer is here: one
// pressed Pause, and all around it is new. What it asked is then older than what stands there, and
// htmx would look for the answer's place in the tree that was taken away. So the answer to a reading
// whose asker is gone is dropped; an answer to something that was done is not.

function dropIfGone(event) {
  if (!event.target.isConnected) event.preventDefault();
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  // On the asker itself: events of an element that is not in the page do not reach the document.
  if (detail.requestConfig.verb === "get") {
    detail.elt.addEventListener("htmx:beforeOnLoad", dropIfGone);
  }
});
