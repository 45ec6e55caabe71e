// What moves in the contents: the mark at the place of the reader, and, where the window is narrow and they are a menu, that it
// goes when a place is chosen. Without this they are links.
const menu = document.getElementById("contents");
/** Links by what they lead to: a part's heading, or a section. */
const places = new Map();
for (const link of menu.querySelectorAll("a")) {
  const target = document.getElementById(link.hash.slice(1));
  if (target) places.set(target.closest("section") ?? target, link);
}

/** The link that says where the reader is. */
let marked = null;
/** One that was chosen: it is where the reader is until they move, even where its place cannot come to the top. */
let chosen = null;

/** Brings a link into sight within the contents, and moves nothing else. */
function show(link) {
  const [box, at] = [menu, link].map((element) => element.getBoundingClientRect());
  if (at.top < box.top) menu.scrollTop += at.top - box.top - box.height / 3;
  else if (at.bottom > box.bottom) menu.scrollTop += at.bottom - box.bottom + box.height / 3;
}

/** Marks the place whose beginning the reader has passed last. */
function mark() {
  const left = document.documentElement.scrollHeight - innerHeight - scrollY;
  // What is read stands in the upper part of the window; at the end of the page further down, for the last places cannot rise.
  const line = innerHeight * (left < innerHeight ? 1 - 0.75 * (Math.max(left, 0) / innerHeight) : 0.25);
  let here = null;
  for (const [place, link] of places) if (place.getBoundingClientRect().top <= line) here = link;
  here = chosen ?? here;
  if (here === marked) return;
  marked?.removeAttribute("aria-current");
  here?.setAttribute("aria-current", "location");
  marked = here;
  if (here) show(here);
}

let asked = false;
function later() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    mark();
  });
}
for (const event of ["scroll", "resize"]) addEventListener(event, later, { passive: true });
for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  addEventListener(event, () => (chosen = null), { passive: true });
}
later();

menu.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  chosen = link;
  if (menu.matches(":popover-open")) menu.hidePopover();
  later();
});
// What is shut away cannot be scrolled.
menu.addEventListener("toggle", () => marked && show(marked));
