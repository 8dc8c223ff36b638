/* What every page loads. The rest is fetched when a reader first asks for it. */

const load = (name) => import(`./${name}.js`);
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

for (const event of ["pointerover", "focusin", "click"])
  document.addEventListener(event, (asked) => {
    const link = asked.target.closest?.("a[data-preview], a.footnote-ref");
    if (link) load("preview").then((module) => module.show(link, asked));
  });

document.addEventListener("click", (asked) => {
  const button = asked.target.closest("[data-copy], [data-copy-text]");
  if (button) load("cite").then((module) => module.copy(button));
  const opener = asked.target.closest("[data-search]");
  if (opener) {
    asked.preventDefault();
    load("search").then((module) => module.open());
  }
});

document.addEventListener("keydown", (pressed) => {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || typing(pressed.target)) return;
  if (!["/", "s", "f"].includes(pressed.key) || !document.querySelector("[data-search]")) return;
  pressed.preventDefault();
  load("search").then((module) => module.open());
});

if (document.querySelector("[data-explorer]")) load("explorer").then((module) => module.start());
