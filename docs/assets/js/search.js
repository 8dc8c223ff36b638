/* Search: made, and its index fetched, when a reader first asks for it. Pagefind finds; the words
   of a query are set right before, as it knows starts of words, and no slips of the pen. */

const site = new URL("../../", import.meta.url);
const index = new URL("pagefind/", site);
const papers = new URL("papers/", site);

const SHOWN = 10; // a card's text is fetched when it is shown
const PAUSE = 120; // milliseconds without a key before a query is put
const PATIENCE = 20000; // milliseconds: Pagefind waits forever for a file that does not come
const MOST_WORDS = 6; // that are offered one by one
const NAMES = 3; // of authors, before "et al."
const FACETS = {
  group: "Group",
  behavior: "Behavior",
  evidence: "Evidence",
  year: "Year",
  standing: "Standing",
};
const GRAVE = ["contested", "retracted", "withdrawn"]; // a standing that speaks against a work
const FOLDED = ["behavior"]; // facets of many values, fetched when they are first unfolded
const WORKS = { any: ["card", "work"] };

let dialog;
let view;

/** Open the dialog, or go back to its field; search for words where some are given. */
export function open(words) {
  dialog ??= makeDialog();
  if (!dialog.open) dialog.showModal();
  if (words) view.ask(words);
  view.input.select();
}

/** Search in the page itself, for the words of its address. */
export function here(place) {
  const own = new View();
  place.append(own.element);
  own.ask(wordsOf(location.pathname));
}

function wordsOf(path) {
  const last = path.split("/").filter(Boolean).at(-1) ?? "";
  return decoded(last)
    .replace(/\.html?$/, "")
    .replace(KEY, "$1 $2 $3")
    .replace(/[^\p{L}\p{N}.]+/gu, " ")
    .trim();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function makeDialog() {
  view = new View();
  const close = make("button", { type: "button", className: "search-close" }, "Close");
  const made = make("dialog", { className: "search-dialog", "aria-label": "Search" }, view.element);
  view.form.append(close);
  close.addEventListener("click", () => made.close());
  made.addEventListener("click", (asked) => {
    if (asked.target === made || asked.target.closest("a")) made.close(); // beside it, or away
  });
  document.body.append(made);
  return made;
}

/** An element; what is no property of it is an attribute. */
function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given))
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/* -- what is seen -------------------------------------------------------------------------- */

class View {
  constructor() {
    this.turn = 0; // of queries: an answer that comes after the next one's is dropped
    this.chosen = {}; // values by facet
    this.literal = ""; // a query that the reader wants as it is
    this.input = make("input", {
      type: "text",
      placeholder: "A title, a name, a finding, a behavior",
      "aria-label": "Search for cards",
      inputMode: "search",
      enterKeyHint: "search",
      autocapitalize: "off",
      autocomplete: "off",
      spellcheck: false,
    });
    this.form = make("form", { className: "search-form" }, this.input);
    this.form.setAttribute("role", "search");
    this.state = make("p", { className: "search-state", role: "status" });
    this.pages = make("ul", { className: "search-pages" });
    this.facets = new Map(Object.keys(FACETS).map((name) => [name, this.makeFacet(name)]));
    this.narrow = make("details", { className: "search-facets" }, make("summary", {}, "Narrow"));
    this.narrow.append(...this.facets.values());
    const wide = matchMedia("(min-width: 45em)");
    this.narrow.open = wide.matches;
    wide.addEventListener("change", () => (this.narrow.open = wide.matches));
    this.results = make("ol", { className: "search-results" });
    this.more = make("button", { type: "button", className: "search-more" }, "Show more");
    const found = make("div", { className: "search-found" }, this.pages, this.results, this.more);
    this.body = make("div", { className: "search-body" }, this.narrow, found);
    this.element = make("div", { className: "search" }, this.form, this.state, this.body);
    this.empty();
    this.listen();
    engine().catch(() => {}); // it is told of when there is something to search for
  }

  makeFacet(name) {
    const list = make("ul");
    const open = !FOLDED.includes(name);
    const facet = make("details", { open }, make("summary", {}, FACETS[name]), list);
    if (!open) facet.addEventListener("toggle", () => this.answer(), { once: true });
    return facet;
  }

  listen() {
    this.form.addEventListener("submit", (asked) => {
      asked.preventDefault();
      this.answer().then(() => (this.results.querySelector("a") ?? this.links()[0])?.click());
    });
    this.input.addEventListener("input", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.answer(), PAUSE);
    });
    this.narrow.addEventListener("change", () => this.answer());
    this.more.addEventListener("click", () => this.showMore());
    this.element.addEventListener("keydown", (pressed) => this.move(pressed));
  }

  links() {
    return [...this.element.querySelectorAll(".search-pages a, .search-results a")];
  }

  /** Arrows lead from the field to the results, and from one to the next. */
  move(pressed) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    const stops = [this.input, ...this.links()];
    const at = stops.indexOf(pressed.target);
    if (!step || at < 0) return;
    pressed.preventDefault();
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  }

  empty() {
    this.body.hidden = true;
    this.state.replaceChildren();
  }

  say(...parts) {
    this.state.replaceChildren(...parts);
  }

  ask(words) {
    this.input.value = words;
    this.answer();
  }

  /** Answer what is in the field now. */
  async answer() {
    clearTimeout(this.pause);
    const turn = ++this.turn;
    const asked = this.input.value.trim();
    if (!asked) return this.empty();
    const late = setTimeout(() => turn === this.turn && this.say("Searching …"), 250);
    try {
      const query = asked === this.literal ? { meant: asked, unknown: [] } : await corrected(asked);
      const found = await inTime(find(query.meant, this.chosenNow(), this.unfolded()));
      const first = await inTime(texts(found.results.slice(0, SHOWN)));
      if (turn === this.turn) this.show({ asked, ...query, ...found }, first);
    } catch {
      if (turn === this.turn) this.fail();
    } finally {
      clearTimeout(late);
    }
  }

  chosenNow() {
    for (const name of this.facets.keys())
      this.chosen[name] = [...this.boxes(name)].filter((box) => box.checked).map((box) => box.value);
    return this.chosen;
  }

  unfolded() {
    return [...this.facets].filter(([, facet]) => facet.open).map(([name]) => name);
  }

  boxes(name) {
    return this.facets.get(name).querySelectorAll("input");
  }

  fail() {
    this.empty();
    this.say(
      "The search cannot be reached just now. Try again in a moment, or look through ",
      make("a", { href: papers.href }, "all papers"),
      ".",
    );
  }

  show(found, first) {
    this.found = { ...found, terms: termsOf(found.meant), shown: 0 };
    this.body.hidden = !found.total && !found.pages.length;
    this.say(...this.told(found));
    this.pages.replaceChildren(...found.pages.map((page) => pageLine(page)));
    for (const name of this.facets.keys()) this.showFacet(name, found.counts[name] ?? {});
    this.narrow.hidden = !found.total;
    this.results.replaceChildren();
    this.append(first);
  }

  /** What was found, in a sentence, and for which words where they are not those typed. */
  told({ asked, meant, unknown, results, total, pages }) {
    const parts = total ? [numberOf(results.length, total)] : this.nothing(meant, pages.length);
    if (total && unknown.length) parts.push(`No text here has “${unknown.join("” or “")}”. `);
    if (results.length < total) parts.push(this.allAgain(total));
    if (asked !== meant && !asked.match(NUMBER)) {
      const literally = make("button", { type: "button" }, `Search for “${asked}” instead`);
      literally.addEventListener("click", () => {
        this.literal = asked;
        this.input.focus();
        this.answer();
      });
      parts.push("Showing results for ", make("strong", {}, meant), ". ", literally);
    }
    return parts;
  }

  /** What to do where no card has all the words. */
  nothing(meant, pages) {
    if (pages) return [`No card has “${meant}” yet. `];
    const words = meant.includes('"') ? [] : [...new Set(meant.match(WORD))];
    const all = make("a", { href: papers.href }, "look through all papers");
    if (words.length < 2) return [`Nothing found for “${meant}”. Try other words, or `, all, ". "];
    const parts = [`No card has all the words “${meant}”. Search for `];
    for (const word of words.slice(0, MOST_WORDS)) {
      const one = make("button", { type: "button" }, word);
      one.addEventListener("click", () => (this.ask(word), this.input.focus()));
      parts.push(one, ", ");
    }
    return [...parts, "or ", all, ". "];
  }

  /** A button that gives up whatever narrows the results. */
  allAgain(total) {
    const all = make("button", { type: "button" }, `Show all ${total}`);
    all.addEventListener("click", () => {
      for (const box of this.narrow.querySelectorAll(":checked")) box.checked = false;
      this.input.focus();
      this.answer();
    });
    return all;
  }

  showFacet(name, counts) {
    const facet = this.facets.get(name);
    const chosen = this.chosen[name] ?? [];
    const focused = facet.contains(document.activeElement) && document.activeElement.value;
    const values = Object.entries(counts).filter(([value, n]) => n || chosen.includes(value));
    values.sort(name === "year" ? ([a], [b]) => b - a : ([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const lines = values.map(([value, n]) => facetLine(value, n, chosen.includes(value)));
    facet.hidden = !values.length && facet.open;
    facet.querySelector("ul").replaceChildren(...lines);
    if (focused) [...this.boxes(name)].find((box) => box.value === focused)?.focus();
  }

  append(texts) {
    this.results.append(...texts.map((text) => card(text, this.found.terms)));
    this.found.shown += texts.length;
    this.more.hidden = this.found.shown >= this.found.results.length;
  }

  async showMore() {
    const { results, shown } = this.found;
    const turn = this.turn;
    const next = await inTime(texts(results.slice(shown, shown + SHOWN))).catch(() => null);
    if (turn !== this.turn || this.found.shown !== shown) return;
    if (!next) return this.fail();
    this.append(next);
    this.results.children[shown]?.querySelector("a").focus();
  }
}

function numberOf(found, total) {
  const number = `${found} ${found === 1 ? "result" : "results"}`;
  return found === total ? `${number}. ` : `${number} of ${total}. `;
}

function facetLine(value, count, checked) {
  const box = make("input", { type: "checkbox", value, checked });
  const number = make("span", { className: "count" }, String(count));
  return make("li", {}, make("label", {}, box, make("span", {}, value), " ", number));
}

function pageLine({ raw_url: url, meta, content }) {
  const link = make("a", { href: new URL(url, site).href }, meta.title);
  return make("li", {}, link, " ", make("span", {}, content.split(/(?<=\.)\s/)[0]));
}

function card(text, terms) {
  const { raw_url: url, meta, filters } = text;
  const link = make("a", { href: new URL(url, site).href }, ...marked(meta.title, terms));
  const parts = [make("p", { className: "title" }, link)];
  parts.push(make("p", { className: "who" }, ...who(meta.authors ?? "", filters.year?.[0], terms)));
  const labels = (filters.evidence ?? []).map((kind) => make("li", { className: "evidence" }, kind));
  labels.push(...(filters.standing ?? []).map(standing));
  if (filters.kind?.[0] === "work") labels.push(make("li", {}, "no card yet"));
  if (labels.length) parts.push(make("ul", { className: "labels" }, ...labels));
  if (text.content !== meta.title) parts.push(make("p", { className: "excerpt" }, ...excerpt(text)));
  return make("li", {}, ...parts);
}

function standing(word) {
  return make("li", { className: GRAVE.includes(word) ? "against" : "" }, word);
}

/** The first authors, the year, and those further authors that were searched for. */
function who(authors, year, terms) {
  const names = authors.split("; ").map((name) => name.split(", "));
  const shown = names.slice(0, NAMES).filter(([family]) => family !== "others");
  const meant = names.slice(NAMES).filter((parts) => parts.some((part) => isMarked(part, terms)));
  const parts = shown.map(([family]) => family).join(", ");
  const more = shown.length < names.length ? " et al." : "";
  const besides = meant.map(([family, given]) => (given ? `${given} ${family}` : family)).join(", ");
  const whole = `${parts}${more}${besides ? ` with ${besides}` : ""}`;
  return marked([whole, year].filter(Boolean).join(" · "), terms);
}

/* Pagefind's excerpt is HTML in which it has escaped brackets and set marks: it is read as text. */
function excerpt({ excerpt: html, raw_content: whole }) {
  const plain = html.replace(/<\/?mark>/g, "");
  const text = (part) => part.replace(/&lt;/g, "<").replace(/&gt;/g, ">");
  const parts = html
    .split(/<\/?mark>/)
    .map((part, at) => (at % 2 ? make("mark", {}, text(part)) : text(part)));
  return [whole.startsWith(plain) ? "" : "… ", ...parts, whole.endsWith(plain) ? "" : " …"];
}

const termsOf = (query) => fold(query).match(/[\p{L}\p{N}]+/gu) ?? [];

function isMarked(text, terms) {
  return marked(text, terms).some((part) => typeof part !== "string");
}

/** A text with the words marked that a query means, in any of their forms. */
function marked(text, terms) {
  const means = (word) => terms.some((term) => word.startsWith(stem(term)));
  return text
    .split(/([\p{L}\p{M}\p{N}]+)/u)
    .filter(Boolean)
    .map((part) => (means(fold(part)) ? make("mark", {}, part) : part));
}

const stem = (term) => term.slice(0, Math.max(4, term.length - 3));

/* -- what is found ------------------------------------------------------------------------- */

let loading;

/** Pagefind; asked for again if it failed. */
function engine() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  const pagefind = await import(new URL("pagefind.js", index).href);
  return pagefind.createInstance({
    basePath: index.href,
    noWorker: true, // on this thread it takes a few milliseconds, and the worker's bytes are saved
    excerptLength: 36,
    ranking: { metaWeights: { title: 8, lead: 8, authors: 5, terms: 3 } },
  });
}

/** The cards for a query, how many there are without what was chosen, counts, and pages. */
async function find(query, chosen, facets) {
  const pagefind = await engine();
  // Pagefind counts the facets that it has got, and gets those that a query names.
  const counted = ["kind", ...facets].map((name) => [name, { any: [""] }]);
  await pagefind.preload(query, { filters: Object.fromEntries(counted) });
  const search = (filters) => pagefind.search(query, { filters });
  const used = Object.entries(chosen).filter(([, values]) => values.length);
  const filters = (left) =>
    Object.fromEntries(used.filter(([name]) => name !== left).map(([name, any]) => [name, { any }]));
  const all = await search({ kind: WORKS });
  const found = used.length ? await search({ kind: WORKS, ...filters() }) : all;
  const counts = { ...found.filters };
  // What else could be chosen in a facet is counted as if nothing were chosen in it.
  for (const [name] of used)
    counts[name] = (await search({ kind: WORKS, ...filters(name) })).filters[name];
  const pages = await texts((await search({ kind: "page" })).results.slice(0, 3));
  const named = pages.filter(({ meta }) => isMarked(meta.title, termsOf(query)));
  return { results: found.results, total: all.results.length, counts, pages: named };
}

const texts = (results) => Promise.all(results.map((result) => result.data()));

function inTime(promise) {
  let timer;
  const end = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error("It takes too long")), PATIENCE);
  });
  return Promise.race([promise, end]).finally(() => clearTimeout(timer));
}

/* -- slips of the pen ---------------------------------------------------------------------- */

const ENDINGS = /^(e?s|e?d|ing|ly|e?rs?)$/;
const shelves = new Map();

const WORD = /[\p{L}\p{M}]{4,}/gu;
const KEY = /(?<![\w-])([a-z_-]+)(\d{4})([a-z]+)(?!\w)/g; // a citation key: author, year, title
const LONG = 6; // letters; of shorter words too many differ in the first
const LETTERS = "abcdefghijklmnopqrstuvwxyz_";
const NUMBER = /\S*arxiv\S*?(\d{4}\.\d{4,5})\S*/gi; // in whatever address, with whatever version

/** A query with each word that no text has replaced by the nearest, and those that have none. */
async function corrected(asked) {
  const query = asked.replace(NUMBER, "$1").replace(KEY, "$1 $2 $3");
  if (query.includes('"')) return { meant: query, unknown: [] }; // to be found as it stands
  const words = [...new Set(query.match(WORD))];
  const near = new Map(await Promise.all(words.map(async (word) => [word, await nearest(word)])));
  const unknown = words.filter((word) => !near.get(word));
  return { meant: query.replace(WORD, (word) => near.get(word) || word), unknown };
}

/** The word itself where a text has it or nothing is known of words; undefined if none is near. */
async function nearest(typed) {
  const word = fold(typed);
  const own = await shelf(word[0]);
  if (!own.length || own.some(([known]) => isForm(word, known))) return typed;
  return best(word, own) ?? best(word, await shelf(word[1])) ?? best(word, await further(word));
}

/** All words, for one whose first letter is wrong or left out: all that is left to look through. */
async function further(word) {
  return word.length < LONG ? [] : (await Promise.all([...LETTERS].map(shelf))).flat();
}

/** Whether a word is the start of another, or the other with an ending. */
function isForm(word, known) {
  return known.startsWith(word) || (word.startsWith(known) && ENDINGS.test(word.slice(known.length)));
}

/** The nearest of the known words; of those as near the one that is most frequent. */
function best(word, known) {
  const limit = word.length < 8 ? 1 : 2;
  let found = [limit + 1, 0];
  for (const [each, often] of known) {
    if (Math.abs(each.length - word.length) > limit) continue;
    const far = distance(word, each);
    if (far < found[0] || (far === found[0] && far <= limit && often > found[1]))
      found = [far, often, each];
  }
  return found[2];
}

/** Letters to insert, leave out, change or swap with the next: Damerau and Levenshtein's. */
function distance(a, b) {
  let before;
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = above[j - 1] + (a[i - 1] !== b[j - 1]);
      row[j] = Math.min(row[j - 1] + 1, above[j] + 1, changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, above] = [above, row];
  }
  return above[b.length];
}

/** The words that begin with a letter, each with how often it is used; none if out of reach. */
function shelf(letter) {
  const name = /[a-z]/.test(letter) ? letter : "_";
  if (!shelves.has(name)) shelves.set(name, words(name));
  return shelves.get(name);
}

async function words(name) {
  try {
    const answer = await fetch(new URL(`words/${name}.txt`, index));
    const lines = answer.ok ? (await answer.text()).split("\n") : [];
    return lines.filter(Boolean).map((line) => [line.replace(/\d$/, ""), Number(line.at(-1)) || 1]);
  } catch {
    return [];
  }
}

/** A text in lower case without accents, as the words were written. */
function fold(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
}
