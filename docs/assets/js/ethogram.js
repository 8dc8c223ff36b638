/* What every page loads: listeners, and nothing else. The rest is fetched when it is asked for. */

const TOP = new URL("../../", import.meta.url).href;
const KEY = /^#[a-z]+\d{4}[a-z]+$/; // a card's place on a page is its work's key
const PLAIN_INPUTS = ["button", "checkbox", "color", "image", "radio", "range", "reset", "submit"];

const loaded = {};

/* Act with a module: at once where it has come, as what a click allows does not outlast waiting. */
function use(name, act, otherwise = () => {}) {
  if (loaded[name]) return act(loaded[name]);
  return import(`./${name}.js`).then((module) => act((loaded[name] = module)), otherwise);
}

/* The nearest element that a selector names; an event's target may be a text or the document. */
function nearest(target, selector) {
  const element = target instanceof Element ? target : target?.parentElement;
  return element?.closest(selector);
}

/* The link at an event that may have a preview; none inside a preview, nor to the card it is in. */
function previewed(target) {
  const link = nearest(target, "a[data-preview], a.footnote-ref, .md-typeset a[href*='#']");
  if (!link || link.closest(".preview-panel")) return undefined;
  if (link.matches("[data-preview], .footnote-ref")) return link;
  const card = KEY.test(link.hash) && link.href.startsWith(TOP) && !link.closest(link.hash);
  return card ? link : undefined;
}

const modified = (event) => event.ctrlKey || event.metaKey || event.altKey;

function typing(target) {
  if (target.isContentEditable) return true;
  const field = nearest(target, "input, textarea, select");
  return Boolean(field) && !PLAIN_INPUTS.includes(field.type);
}

function search(opener) {
  use("search", (module) => module.open(opener.dataset.search), () => location.assign(opener.href));
}

function save(link) {
  use("cite", (module) => module.save(link), () => location.assign(link.href));
}

for (const kind of ["pointerover", "focusin"])
  document.addEventListener(kind, (event) => {
    const link = previewed(event.target);
    const arrived = link && !link.contains(event.relatedTarget);
    if (arrived && event.pointerType !== "touch")
      use("preview", (module) => module.offer(link, event.clientX));
  });

/* A finger cannot hover: its first tap opens the preview, its second follows the link. */
let touched = false;
const press = (event) => (touched = event.pointerType === "touch");
document.addEventListener("pointerdown", press, true);
document.addEventListener("click", (event) => {
  const link = touched && event.detail > 0 && previewed(event.target);
  if (!link || link.hasAttribute("aria-expanded")) return; // it is open: this tap follows
  event.preventDefault();
  const follow = () => location.assign(link.href);
  use("preview", (module) => module.tap(link).then((open) => open || follow()), follow);
});

document.addEventListener("click", (event) => {
  const button = nearest(event.target, "[data-copy], [data-copy-text]");
  if (button) use("cite", (module) => module.copy(button));
  if (modified(event) || event.shiftKey) return; // a new tab, a new window, a download
  const opener = nearest(event.target, "[data-search]");
  const link = nearest(event.target, "[data-save]:not([href^='data:'])"); // not the file itself
  if (opener || link) event.preventDefault();
  if (opener) search(opener);
  if (link) save(link);
});

document.addEventListener(
  "toggle", // it does not bubble
  ({ target }) => {
    if (target.open && target.matches("details:is(.cite, .standing)"))
      use("cite", (module) => module.closeOthers(target));
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const opener = ["/", "s", "f"].includes(event.key) && document.querySelector("[data-search]");
  if (!opener || event.defaultPrevented || event.isComposing || modified(event)) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  search(opener);
});

if (document.querySelector("[data-explorer]")) use("explorer", (module) => module.start());
