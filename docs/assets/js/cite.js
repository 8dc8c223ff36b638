/* Citations to take along: the Cite menus, buttons that copy, and links that save a file.

   A page of several works has files to copy and to save. A work has its record, a place on its own
   page with the BibTeX, and with links whose addresses are the files: elsewhere it is fetched. */

const SHOWN_FOR = 2000; // milliseconds that a button says "Copied"
const PATIENCE = 8000; // for a page of a work, instead of which its link can be followed
const SOON = 100; // a screen reader must have seen the empty status first

const labels = new WeakMap(); // button or link -> what it says when nothing has just been done
const timers = new WeakMap();
const pages = new Map(); // address -> promise of a work's page; each is fetched once

/* Changes in it are read out; it must be there before they come. */
const status = document.body.appendChild(document.createElement("div"));
status.setAttribute("role", "status");
status.className = "copy-status";

/* Copy what a button is for: the text it carries, or the file or the record it names. */
export async function copy(button) {
  const text = textFor(button);
  text.catch(() => {}); // told below
  const said = () => announce(button, "Copied", labelOf(button).replace(/^Copy\b/, "Copied"));
  const written = write(text).then(said);
  await written.catch(() => text.then((plain) => byHand(button, plain)).catch(() => failed(button)));
}

async function textFor(button) {
  if ("copyText" in button.dataset) return button.dataset.copyText;
  const url = new URL(button.dataset.copy, location.href);
  return url.hash ? (await partOf(url, "pre")).textContent : fetched(url);
}

/* Save the file that a link is for; where it cannot be had, follow the link to the work's page. */
export async function save(link) {
  const suffix = link.dataset.save;
  try {
    const file = await partOf(new URL(link.href), `a[data-save="${suffix}"][href^="data:"]`);
    make("a", { href: file.href, download: file.download }).click();
    announce(link, "Saved", `Saved ${file.download}`);
  } catch {
    announce(link, "Opening page", `The .${suffix} could not be fetched: the work's page opens.`);
    setTimeout(() => location.assign(link.href), SHOWN_FOR);
  }
}

/* A part of a work's record, which is a place on this page or on another. */
async function partOf(url, selector) {
  const page = await pageAt(url.href.split("#")[0]);
  const part = page.querySelector(`${url.hash} ${selector}`);
  if (!part) throw new Error(`No ${selector} at ${url}`);
  return part;
}

async function pageAt(address) {
  if (address === location.href.split("#")[0]) return document;
  const signal = AbortSignal.timeout(PATIENCE);
  if (!pages.has(address)) pages.set(address, fetched(address, { signal }).then(parsed));
  const page = pages.get(address);
  page.catch(() => pages.delete(address)); // the network may come back
  return page;
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

async function fetched(address, options = {}) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.url}`);
  return answer.text();
}

/* The clipboard is asked before the text has come: Safari allows it only in the click itself. */
async function write(text) {
  if (typeof ClipboardItem === "undefined") return navigator.clipboard.writeText(await text);
  const plain = text.then((words) => new Blob([words], { type: "text/plain" }));
  plain.catch(() => {});
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": plain })]);
}

/* Say what was done: shortly in place of a button's or a link's own words, in full to listeners. */
function announce(button, word, sentence) {
  const label = labelOf(button);
  status.textContent = ""; // the same words again are news, too
  setTimeout(() => (status.textContent = sentence), SOON);
  button.textContent = word;
  clearTimeout(timers.get(button));
  timers.set(
    button,
    setTimeout(() => (button.textContent = label), SHOWN_FOR),
  );
}

function labelOf(button) {
  if (!labels.has(button)) labels.set(button, button.textContent.trim());
  return labels.get(button);
}

/* -- where the clipboard is not to be had ---------------------------------------------------- */

function byHand(button, text) {
  const area = make("textarea", { readOnly: true, rows: 8, spellcheck: false, value: text });
  area.setAttribute("aria-label", "Text to copy");
  tell("This page may not use the clipboard: copy the text with Ctrl+C or ⌘C.", button, area);
  area.focus();
  area.select();
}

const failed = (button) => tell("It could not be fetched, so nothing was copied.", button);

function tell(sentence, button, ...parts) {
  const dialog = make("dialog", { className: "md-typeset copy-dialog" });
  dialog.setAttribute("aria-label", labelOf(button));
  const foot = make("form", { method: "dialog" });
  foot.append(make("button", { textContent: "Close" }));
  if (button.dataset.copy)
    foot.append(make("a", { href: button.dataset.copy, textContent: "Open it" }));
  dialog.append(make("p", { textContent: sentence }), ...parts, foot);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const make = (name, properties) => Object.assign(document.createElement(name), properties);

/* -- menus, and the rules of a standing: one is open at a time, over the page ----------------- */

const openPanels = () => document.querySelectorAll("details:is(.cite, .standing)[open]");

/* Close those that an element is not in: the target of a click, of the focus, or one just opened. */
export function closeOthers(target) {
  if (target.closest?.("dialog")) return; // it gives the focus back to a button of the menu
  for (const panel of openPanels()) if (!panel.contains(target)) panel.open = false;
}

function closeByKey(event) {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  for (const panel of openPanels()) {
    if (panel.contains(document.activeElement)) panel.querySelector("summary").focus();
    panel.open = false;
  }
}

document.addEventListener("keydown", closeByKey);
for (const kind of ["click", "focusin"])
  document.addEventListener(kind, (event) => closeOthers(event.target));
