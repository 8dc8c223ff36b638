/* Previews: what a citation mark or a link to a work leads to, beside the link that leads there.

   One is open at a time. It stays while the pointer or the focus is on the link or in the preview,
   and goes on Escape, on leaving, on a press elsewhere and when its link is scrolled away: WCAG
   1.4.13, dismissible, hoverable, persistent. It stands right after its link in the document, so Tab
   and screen readers come to it next; as a popover it is drawn above everything. */

const TOP = new URL("../../", import.meta.url).href;
const OPEN_AFTER = 200; // milliseconds: who only passes sees nothing
const CLOSE_AFTER = 300; // time to cross from the link to the preview
const PATIENCE = 8000;
const EDGE = 8; // pixels kept free at the window's edges

const ACTIVE = "script, style, link, meta, base, template, iframe, object, embed, form, svg, math";
const MEDIA = "img, picture, video, audio, canvas";
const ASIDE = ".footnote-backref, .headerlink, .Z3988"; // no words of the text
const KEPT = ["aria-label", "class", "datetime", "dir", "href", "lang", "title"];

const PANEL = [
  ["id", "preview-panel"],
  ["role", "group"],
  ["aria-label", "Preview"],
  ["popover", "manual"],
];

let shown; // {link, panel, x, tapped}
let asked; // the link whose preview is on its way
let resting = false; // after Escape, until the reader moves again

/* Open the preview of a link, if the reader stays on it. */
export function offer(link, x) {
  if (shown?.link === link) return;
  setTimeout(() => isWanted(link) && open(link, { x }), OPEN_AFTER);
}

/* Open the preview of a link at a tap, to stay until the next one; false where there is none. */
export const tap = (link) => open(link, { tapped: true });

const isHeld = (link) => link.matches(":hover, :focus-visible");
const isWanted = (link) => isHeld(link) && !resting;

async function open(link, { x, tapped = false }) {
  asked = link;
  const content = await contentOf(link);
  if (!content?.textContent.trim()) return false;
  const waiting = asked === link && shown?.link !== link && link.isConnected;
  if (waiting && (tapped || isWanted(link))) show({ link, x, tapped }, content);
  return true;
}

function show({ link, x, tapped }, content) {
  close();
  const panel = document.createElement("div");
  panel.className = "md-typeset preview-panel";
  for (const [name, value] of PANEL) panel.setAttribute(name, value);
  panel.appendChild(document.createElement("div")).append(content);
  // A click on its words must not fold the card in whose title the link may stand.
  panel.addEventListener("click", (event) => event.target.closest("a") || event.preventDefault());
  link.after(panel);
  link.setAttribute("aria-controls", panel.id);
  link.setAttribute("aria-expanded", "true");
  shown = { link, panel, x, tapped };
  panel.showPopover?.();
  place();
}

function close() {
  if (!shown) return;
  const { link, panel } = shown;
  shown = undefined;
  panel.remove();
  link.removeAttribute("aria-controls");
  link.removeAttribute("aria-expanded");
}

/* -- what it shows --------------------------------------------------------------------------- */

const works = new Map(); // key -> promise of its preview; each is fetched once

function contentOf(link) {
  if (link.classList.contains("footnote-ref")) return Promise.resolve(footnote(link));
  const key = link.dataset.preview || link.hash.slice(1);
  if (!works.has(key)) works.set(key, work(key));
  return works.get(key).then((content) => content?.cloneNode(true));
}

function footnote(link) {
  const note = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  return note ? words(note, location.href) : undefined;
}

/* What a work's own page says of it in short; nothing where it cannot be had. */
async function work(key) {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(`${TOP}papers/${encodeURIComponent(key)}/`, { signal });
    if (!answer.ok) return undefined;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const preview = page.querySelector("section.preview");
    return preview ? words(preview, answer.url) : undefined;
  } catch {
    works.delete(key); // the network may come back
    return undefined;
  }
}

/* The words and links of an element, with nothing in them that could act. */
function words(element, base) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll(`${ACTIVE}, ${MEDIA}, ${ASIDE}`)) part.remove();
  for (const part of copy.querySelectorAll("*")) clean(part, base);
  const content = document.createDocumentFragment();
  content.append(...copy.childNodes);
  return content;
}

function clean(element, base) {
  for (const { name } of [...element.attributes])
    if (!KEPT.includes(name)) element.removeAttribute(name);
  if (!element.hasAttribute("href")) return;
  const href = element.getAttribute("href");
  const target = URL.canParse(href, base) ? new URL(href, base) : undefined;
  if (/^https?:$/.test(target?.protocol)) element.setAttribute("href", target.href);
  else element.removeAttribute("href");
}

/* -- where it stands ------------------------------------------------------------------------- */

/* Below its link, or above it where there is more room; inside the window, never over the link. */
function place() {
  const { link, panel, x } = shown;
  const { clientWidth, clientHeight } = document.documentElement;
  const around = link.getBoundingClientRect();
  const [above, below] = [around.top - EDGE, clientHeight - around.bottom - EDGE];
  panel.style.maxHeight = "";
  const up = panel.offsetHeight > below && above > below;
  panel.style.maxHeight = `${Math.max(0, up ? above : below)}px`;
  const start = Math.max(around.left, (x ?? 0) - 3 * EDGE); // beside the pointer on a long link
  const left = Math.max(EDGE, Math.min(start, clientWidth - EDGE - panel.offsetWidth));
  const top = up ? around.top - panel.getBoundingClientRect().height : around.bottom;
  Object.assign(panel.style, { left: `${left}px`, top: `${top}px` });
}

function follow(event) {
  if (!shown || shown.panel.contains(event.target)) return;
  const { top, bottom } = shown.link.getBoundingClientRect();
  if (bottom < 0 || top > document.documentElement.clientHeight) close();
  else place();
}

/* -- when it goes ---------------------------------------------------------------------------- */

const isInside = (target) => shown.link.contains(target) || shown.panel.contains(target);

function leave() {
  if (shown) setTimeout(closeUnlessHeld, CLOSE_AFTER);
}

function closeUnlessHeld() {
  if (!shown || shown.tapped || isHeld(shown.link)) return;
  if (!shown.panel.matches(":hover, :focus-within")) close();
}

/* Close what is open, and let nothing open that is still on its way. */
function forget() {
  asked = undefined;
  close();
}

function press(event) {
  if (shown && !isInside(event.target)) forget();
}

function dismiss(event) {
  resting = event.key === "Escape";
  if (!resting) return;
  if (shown) {
    event.preventDefault();
    event.stopPropagation(); // what is open around it, a dialog or a menu, stays
    if (shown.panel.contains(document.activeElement)) shown.link.focus();
  }
  forget();
}

document.addEventListener("pointerout", leave);
document.addEventListener("focusout", leave);
document.addEventListener("pointermove", () => (resting = false));
document.addEventListener("keydown", dismiss, true);
document.addEventListener("pointerdown", press, true);
document.addEventListener("scroll", follow, { capture: true, passive: true });
addEventListener("resize", follow);
addEventListener("pagehide", forget); // else it would still be there when the reader comes back
