/* Citations to take along: the Cite menus, and buttons that copy a file or a text. */

const SHOWN_FOR = 2000; // milliseconds that a button says "Copied"
const SOON = 100; // a screen reader must have seen the empty status first

const labels = new WeakMap(); // button -> what it says when nothing has just been copied
const timers = new WeakMap();

/* Changes in it are read out; it must be there before they come. */
const status = document.body.appendChild(document.createElement("div"));
status.setAttribute("role", "status");
status.className = "copy-status";

/* Copy what a button is for: the text it carries, or the file it names. */
export async function copy(button) {
  const text = textFor(button);
  text.catch(() => {}); // told below
  const written = write(text).then(() => announce(button));
  await written.catch(() => text.then((plain) => byHand(button, plain)).catch(() => failed(button)));
}

async function textFor(button) {
  if ("copyText" in button.dataset) return button.dataset.copyText;
  const answer = await fetch(button.dataset.copy);
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

function announce(button) {
  if (!labels.has(button)) labels.set(button, button.textContent);
  const label = labels.get(button);
  status.textContent = ""; // the same words again are news, too
  setTimeout(() => (status.textContent = label.trim().replace(/^Copy\b/, "Copied")), SOON);
  button.textContent = "Copied";
  clearTimeout(timers.get(button));
  timers.set(
    button,
    setTimeout(() => (button.textContent = label), SHOWN_FOR),
  );
}

/* -- where the clipboard is not to be had ---------------------------------------------------- */

function byHand(button, text) {
  const area = make("textarea", { readOnly: true, rows: 8, spellcheck: false, value: text });
  area.setAttribute("aria-label", "Text to copy");
  tell("This page may not use the clipboard: copy the text with Ctrl+C or ⌘C.", button, area);
  area.focus();
  area.select();
}

const failed = (button) => tell("The file could not be fetched, so nothing was copied.", button);

function tell(sentence, button, ...parts) {
  const dialog = make("dialog", { className: "md-typeset copy-dialog" });
  dialog.setAttribute("aria-label", button.textContent.trim());
  const foot = make("form", { method: "dialog" });
  foot.append(make("button", { textContent: "Close" }));
  if (button.dataset.copy)
    foot.append(make("a", { href: button.dataset.copy, textContent: "Open the file" }));
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
