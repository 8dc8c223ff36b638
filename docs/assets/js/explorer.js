/* The explorer: narrows the table of works by facets and words. The address keeps the choice.

   Works are numbers, the newest 0. Each facet has one bit, and so have the words; a work's bits say
   which of them it fails. It is found where it fails none, and a facet counts it where it fails no
   other: so one pass gives what is found, and one per facet its counts. */

const AT_ONCE = 100; // rows
const IN_SIGHT = 20; // rows, and more than a window shows
const IN_SHORT = 12; // values of a facet, or two more rather than hide two
const MORE_VALUES = 50;
const TYPING_ENDS = 80; // milliseconds without a key
const WIDE = "(min-width: 60em)";
const WORDS = 1; // their bit
const SOUGHT = ["group", "behavior", "evidence", "method", "model", "year"];

const figures = new Intl.NumberFormat("en");

export async function start() {
  const root = document.querySelector("[data-explorer]");
  root.setAttribute("aria-busy", "true");
  try {
    const data = await load(root.dataset.explorer);
    await nextTask();
    const explorer = new Explorer(root, data);
    await nextTask();
    explorer.start();
  } catch (error) {
    root.querySelector(".tally").textContent =
      `The list cannot be narrowed now (${error.message}). It stands here as it is.`;
    for (const part of root.querySelectorAll(".controls, .facets")) part.hidden = true;
  }
  root.removeAttribute("aria-busy");
}

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} for ${new URL(address, location).pathname}`);
  return answer.json();
}

/* -- the works ------------------------------------------------------------------------------- */

/** What the list can be narrowed by: the values of each work, and those that are chosen. */
class Facet {
  constructor({ name, label, values, of }, bit) {
    Object.assign(this, { name, label, bit, chosen: new Set() });
    this.slugs = values.map(([slug]) => slug);
    this.labels = values.map(([, text]) => text);
    this.places = new Map(this.slugs.map((slug, place) => [slug, place]));
    this.fill(of);
    this.counts = new Uint32Array(values.length);
    this.count(new Uint16Array(of.length));
    this.totals = this.counts.slice();
  }

  /** Keep the values of all works in one array, and where those of each begin in another. */
  fill(of) {
    this.starts = new Uint32Array(of.length + 1);
    of.forEach((each, work) => (this.starts[work + 1] = this.starts[work] + (each.length ?? 1)));
    this.values = Uint16Array.from(of.flat());
  }

  *of(work) {
    for (let at = this.starts[work]; at < this.starts[work + 1]; at++) yield this.values[at];
  }

  labelsOf(work) {
    return Array.from(this.of(work), (value) => this.labels[value]);
  }

  /** Mark the works that have none of the chosen values. */
  mark(fails) {
    if (!this.chosen.size) return;
    const wanted = new Uint8Array(this.labels.length);
    for (const value of this.chosen) wanted[value] = 1;
    for (let work = 0; work < fails.length; work++) {
      let at = this.starts[work];
      const end = this.starts[work + 1];
      while (at < end && !wanted[this.values[at]]) at++;
      if (at === end) fails[work] |= this.bit;
    }
  }

  /** Count the works of each value that fail nothing but perhaps this. */
  count(fails) {
    const { counts, starts, values, bit } = this;
    counts.fill(0);
    for (let work = 0; work < fails.length; work++) {
      if (fails[work] & ~bit) continue;
      for (let at = starts[work]; at < starts[work + 1]; at++) counts[values[at]]++;
    }
  }
}

/** All works, what of them is wanted, and what is found. */
class Works {
  constructor(data) {
    Object.assign(this, data);
    this.size = data.keys.length;
    this.facets = facetsOf(data).map((facet, number) => new Facet(facet, 1 << (number + 1)));
    this.facet = Object.fromEntries(this.facets.map((facet) => [facet.name, facet]));
    this.fails = new Uint16Array(this.size);
    this.text = "";
    this.sort = "newest";
    this.orders = { newest: Array.from(data.keys, (_, work) => work) };
  }

  narrow() {
    this.fails.fill(0);
    this.markWords();
    for (const facet of this.facets) facet.mark(this.fails);
    for (const facet of this.facets) facet.count(this.fails);
    this.found = this.order(this.sort).filter((work) => !this.fails[work]);
  }

  markWords() {
    const words = plain(this.text).split(" ").filter(Boolean);
    if (!words.length) return;
    this.sought ??= this.wordsOfAll();
    this.sought.forEach((sought, work) => {
      if (!words.every((word) => sought.includes(` ${word}`))) this.fails[work] |= WORDS;
    });
  }

  /** What words are looked for in, with a space before each. */
  wordsOfAll() {
    const facets = SOUGHT.map((name) => [this.facet[name], this.facet[name].labels.map(plain)]);
    return this.keys.map((_, work) => {
      const id = this.ids[work];
      const number = id.includes(":") ? id : `arxiv ${id}`;
      const who = this.names?.[work] ?? this.who[work];
      const [standing] = this.standingOf(work);
      const texts = [this.titles[work], who, number, standing].map(plain);
      for (const [facet, labels] of facets)
        for (const value of facet.of(work)) texts.push(labels[value]);
      return ` ${texts.join(" ")}`;
    });
  }

  placeOf(work) {
    return this.places.values[this.places.of[work]];
  }

  standingOf(work) {
    return this.standings.values[this.standings.of[work]];
  }

  /** The names of all authors have come. */
  learn(names) {
    this.names = names;
    this.sought = this.wordsOfAll();
  }

  order(sort) {
    this.orders[sort] ??= this.sorted(sort);
    return this.orders[sort];
  }

  sorted(sort) {
    if (sort === "oldest") return this.orders.newest.toReversed();
    if (sort === "added") return sortedBy(this.added, this.orders.newest, -1);
    const texts = { title: this.titles, author: this.who }[sort];
    return sortedBy(texts.map(plain), this.orders.newest, 1);
  }

  /** How many works there would be without what one bit stands for. */
  without(bit) {
    return this.fails.reduce((count, failed) => count + ((failed & ~bit) === 0), 0);
  }

  chosenFacets() {
    return this.facets.filter((facet) => facet.chosen.size);
  }

  get isPlain() {
    return !this.text && this.sort === "newest" && !this.chosenFacets().length;
  }
}

/** The facets of the file, and that of groups, which follows from behaviors. */
function facetsOf({ facets, groups, groupOf }) {
  const behaviors = facets.find((facet) => facet.name === "behavior");
  const places = new Map(groups.map(([slug], place) => [slug, place]));
  const group = behaviors.values.map(([slug]) => places.get(groupOf[slug]));
  const groupsOf = (each) => [...new Set([each].flat().map((value) => group[value]))];
  const of = behaviors.of.map((each) => groupsOf(each).filter((place) => place !== undefined));
  return [{ name: "group", label: "Group", values: groups, of }, ...facets];
}

/** Works in the order of a column; what is empty comes last, and what is equal newest first. */
function sortedBy(column, works, direction) {
  const compare = (one, other) => {
    const [a, b] = [column[one], column[other]];
    if (a === b) return one - other;
    if (!a || !b) return a ? -1 : 1;
    return a < b ? -direction : direction;
  };
  return works.toSorted(compare);
}

/* Letters that Unicode does not take apart into a plain one and its mark. */
const LETTERS = { ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe", ı: "i" };
const ADDRESS = /https?:\/\/(?:(?:www\.)?arxiv\.org\/(?:abs|pdf|html)|(?:dx\.)?doi\.org)\//g;
const VERSION = /(\d{4}\.\d{4,5})v\d+/g;

/** The words of a text, without case and marks; a work's address is as good as its number. */
function plain(text) {
  const lower = text.toLowerCase().replace(ADDRESS, "").replace(VERSION, "$1");
  if (!/[^\x00-\x7f]/.test(lower)) return lower.replace(/[^a-z0-9]+/g, " ").trim();
  return lower
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[øłđðþßæœı]/g, (letter) => LETTERS[letter])
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/* -- the address ----------------------------------------------------------------------------- */

/** Take the choice from an address; return what of it means nothing here. */
function readAddress(works) {
  const query = new URLSearchParams(location.search);
  const unknown = [];
  for (const facet of works.facets) {
    facet.chosen.clear();
    for (const slug of query.getAll(facet.name)) {
      const value = facet.places.get(slug);
      if (value === undefined) unknown.push(`${facet.label.toLowerCase()} “${slug}”`);
      else facet.chosen.add(value);
    }
  }
  works.text = query.get("q") ?? "";
  works.sort = query.get("sort") || "newest";
  return unknown;
}

function addressOf(works) {
  const query = new URLSearchParams();
  for (const facet of works.facets)
    for (const value of [...facet.chosen].sort((a, b) => a - b))
      query.append(facet.name, facet.slugs[value]);
  if (works.text.trim()) query.set("q", works.text.trim());
  if (works.sort !== "newest") query.set("sort", works.sort);
  return `${location.pathname}${String(query) && `?${query}`}`;
}

/* -- what the reader sees -------------------------------------------------------------------- */

class Explorer {
  constructor(root, data) {
    this.root = root;
    this.works = new Works(data);
    this.top = new URL("..", new URL(root.dataset.explorer, location));
    for (const name of ["controls", "facets", "tally", "found", "years"])
      this[name] = root.querySelector(`.${name}`);
    this.search = this.controls.elements.q;
    this.sort = this.controls.elements.sort;
    this.table = this.found.querySelector("table");
    this.rows = this.table.tBodies[0];
    this.lists = listsOf(this.works);
  }

  start() {
    this.makeFrame();
    this.listen();
    this.shown = this.rows.rows.length;
    this.follow();
  }

  makeFrame() {
    const form = element("form", { className: "choices", autocomplete: "off" });
    const skip = button("Skip to the works", "skip");
    skip.addEventListener("click", () => this.tally.focus());
    form.append(skip, ...this.lists.map((list) => list.element));
    this.facets.append(form);
    const wide = matchMedia(WIDE);
    const fold = () => (this.facets.open = wide.matches);
    wide.addEventListener("change", fold);
    fold();
    this.clearAll = button("Clear all", "clear");
    this.bar = element("div", { className: "bar" });
    this.tally.replaceWith(this.bar);
    this.bar.append(this.tally, this.clearAll);
    this.note = element("p", { className: "note", hidden: true });
    this.empty = element("div", { className: "empty", hidden: true });
    this.more = button("", "more rows");
    this.bar.after(this.note, this.empty);
    this.table.after(this.more);
  }

  listen() {
    const { works } = this;
    addEventListener("popstate", () => this.follow());
    this.controls.addEventListener("submit", (event) => event.preventDefault());
    this.search.addEventListener("focus", () => this.learnNames(), { once: true });
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.typed(), TYPING_ENDS);
    });
    this.sort.addEventListener("change", () => this.choose(() => (works.sort = this.sort.value)));
    this.clearAll.addEventListener("click", () => this.choose(() => this.clear()));
    this.more.addEventListener("click", () => this.showMore());
    for (const list of this.lists) list.listen((...given) => this.choose(...given));
  }

  /** Show what the address says. */
  follow() {
    const unknown = readAddress(this.works);
    if (![...this.sort.options].some((option) => option.value === this.works.sort)) {
      unknown.push(`order “${this.works.sort}”`);
      this.works.sort = "newest";
    }
    this.search.value = this.works.text;
    this.sort.value = this.works.sort;
    if (this.works.text) this.learnNames();
    this.update();
    this.say(unknown.length ? `The address asks for what is not here: ${unknown.join(", ")}.` : "");
  }

  say(text) {
    this.note.hidden = !text;
    this.note.textContent = text;
  }

  /** A reader's choice: the one before it is a step back. */
  choose(change, event) {
    clearTimeout(this.typing);
    this.works.text = this.search.value;
    change();
    history.pushState(null, "", addressOf(this.works));
    this.say("");
    if (event) measure(event);
    this.update();
  }

  typed() {
    this.works.text = this.search.value;
    history.replaceState(null, "", addressOf(this.works));
    this.say("");
    this.update();
  }

  clear() {
    for (const facet of this.works.facets) facet.chosen.clear();
    this.works.text = this.search.value = "";
    this.tally.focus();
  }

  /** Names beyond the first three are many, and wanted only by those who look for words. */
  async learnNames() {
    this.asked ??= load(this.root.dataset.authors);
    try {
      this.works.learn(await this.asked);
    } catch {
      return; // the first three authors of each are known all the same
    }
    if (this.works.text) this.update();
  }

  update() {
    const { works } = this;
    works.narrow();
    const all = figures.format(works.size);
    const found = works.found.length;
    const of = found === works.size ? all : `${figures.format(found)} of ${all}`;
    this.tally.textContent = `${of} work${works.size === 1 ? "" : "s"}`;
    this.clearAll.hidden = !works.text && !works.chosenFacets().length;
    for (const list of this.lists) list.update();
    this.updateSummary();
    this.updateRows();
    this.updateEmpty();
  }

  updateSummary() {
    const chosen = this.works.facets.reduce((count, facet) => count + facet.chosen.size, 0);
    const summary = this.facets.querySelector("summary");
    summary.textContent = chosen ? `Narrow the list (${chosen} chosen)` : "Narrow the list";
  }

  /** The rows that came with the page stay as long as they are what is wanted. */
  updateRows() {
    const { works } = this;
    if (!works.isPlain || this.narrowed) this.replaceRows();
    if (this.years) this.years.hidden = true;
    this.table.hidden = !works.found.length;
    this.updateMore();
  }

  /** To lay out rows takes longest of all: those in sight come first, the others after them. */
  replaceRows() {
    const { found } = this.works;
    this.narrowed = true;
    this.found.style.minHeight = `${this.found.offsetHeight}px`; // or the page would jump meanwhile
    this.rows.replaceChildren();
    this.fill(Math.min(IN_SIGHT, found.length));
    this.shown = Math.min(AT_ONCE, found.length);
    afterPaint(() => {
      if (found !== this.works.found) return; // chosen anew: the rows are others already
      this.fill(this.shown);
      this.found.style.minHeight = "";
    });
  }

  /** Add rows until there are so many. */
  fill(count) {
    const next = this.works.found.slice(this.rows.rows.length, count);
    this.rows.append(...next.map((work) => this.row(work)));
  }

  updateMore() {
    const left = this.works.found.length - this.shown;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(AT_ONCE, left)} more`;
  }

  showMore() {
    const before = this.shown;
    this.shown = Math.min(before + AT_ONCE, this.works.found.length);
    this.fill(this.shown);
    this.updateMore();
    this.rows.rows[before].querySelector("a").focus();
  }

  row(work) {
    const { works } = this;
    const { year, evidence, behavior } = works.facet;
    const [before, after] = works.placeOf(work);
    const [standing, against] = works.standingOf(work);
    const key = works.keys[work];
    const row = rowTemplate().cloneNode(true);
    const [head, ...cells] = row.children;
    head.firstChild.href = new URL(before + key + after, this.top);
    head.firstChild.dataset.preview = key;
    head.firstChild.textContent = works.titles[work];
    head.lastChild.textContent = works.who[work];
    const texts = [year, evidence, behavior].map((facet) => facet.labelsOf(work).join(", "));
    [...texts, standing].forEach((text, place) => (cells[place].textContent = text));
    cells[3].classList.toggle("against", against);
    return row;
  }

  /** Say which single choice, given up, would bring works back. */
  updateEmpty() {
    const { works } = this;
    this.empty.hidden = works.found.length > 0;
    if (works.found.length) return;
    const ways = this.waysToLoosen();
    const useful = ways.filter((way) => way.count).sort((one, other) => other.count - one.count);
    const list = element("ul");
    for (const { count, words, loosen } of useful) {
      const way = button(`Without ${words}: ${worksIn(count)}`, "loosen");
      way.addEventListener("click", () => this.choose(() => (loosen(), this.tally.focus())));
      list.append(wrapped("li", way));
    }
    this.empty.replaceChildren(wrapped("p", wordsForNone(ways.length, useful.length)));
    if (useful.length) this.empty.append(list);
    if (works.text) this.empty.append(searchFor(works.text));
  }

  waysToLoosen() {
    const { works } = this;
    const ways = works.chosenFacets().map((facet) => ({
      count: works.without(facet.bit),
      words: wordsFor(facet),
      loosen: () => facet.chosen.clear(),
    }));
    const loosen = () => (works.text = this.search.value = "");
    const words = `the words “${works.text}”`;
    if (works.text) ways.push({ count: works.without(WORDS), words, loosen });
    return ways;
  }
}

/** The search forgives slips of the pen, and knows the words of cards. */
function searchFor(words) {
  const link = element("a", { href: location.pathname, textContent: `Search all cards for “${words}”` });
  link.dataset.search = words;
  return wrapped("p", link);
}

const worksIn = (count) => `${figures.format(count)} work${count === 1 ? "" : "s"}`;

function wordsFor(facet) {
  const labels = Array.from(facet.chosen, (value) => facet.labels[value]);
  return `${facet.label.toLowerCase()} ${labels.join(" or ")}`;
}

function wordsForNone(chosen, useful) {
  if (!chosen) return "There is no work here yet.";
  if (useful) return "No work fits all of this. Give up one choice:";
  return "No work fits, and giving up one choice alone would not help. Clear all, and begin anew.";
}

/* -- lists of values ------------------------------------------------------------------------- */

/** The lists beside the table: behaviors inside their groups, and one for each other facet. */
function listsOf({ facets, groupOf }) {
  const [group, behavior, ...others] = facets;
  const tree = new TreeList(group, behavior, groupOf);
  return [tree, ...others.map((facet) => new PlainList(facet))].filter((list) => list.hasAny);
}

/** Values with their counts, in an order that never changes, under a heading. */
class List {
  constructor(label, facets) {
    this.facets = facets;
    this.hasAny = facets.some((facet) => facet.totals.some(Boolean));
    this.element = element("fieldset");
    this.list = element("ul");
    this.clear = button("Clear", "clear");
    this.clear.setAttribute("aria-label", `Clear ${label.toLowerCase()}`);
    this.element.append(wrapped("legend", label), this.clear, this.list);
  }

  /** Call `choose` with what changes the choice, and with the event if it was a box's. */
  listen(choose) {
    this.clear.addEventListener("click", () => {
      choose(() => this.facets.forEach((facet) => facet.chosen.clear()));
      this.element.querySelector("input").focus();
    });
    this.element.addEventListener("change", (event) => {
      const { facet, value } = event.target.meaning;
      const act = event.target.checked ? "add" : "delete";
      choose(() => facet.chosen[act](value), event);
    });
  }

  update() {
    this.clear.hidden = !this.facets.some((facet) => facet.chosen.size);
  }
}

/** One facet: the first of its values, and the others as they are asked for. */
class PlainList extends List {
  constructor(facet) {
    super(facet.label, [facet]);
    this.facet = facet;
    this.items = new Map();
    this.waiting = [...facet.labels.keys()].filter((value) => facet.totals[value]);
    this.more = button("", "more");
    this.more.addEventListener("click", () => this.showMore());
    this.element.append(this.more);
    this.show(this.waiting.length > IN_SHORT + 2 ? IN_SHORT : this.waiting.length);
  }

  show(count) {
    for (const value of this.waiting.splice(0, count)) this.add(value);
    const next = Math.min(MORE_VALUES, this.waiting.length);
    this.more.hidden = !next;
    this.more.textContent = `Show ${next} more`;
    this.more.setAttribute("aria-label", `Show ${next} more: ${this.facet.label.toLowerCase()}`);
  }

  showMore() {
    const last = this.list.lastElementChild;
    this.show(MORE_VALUES);
    this.update();
    last.nextElementSibling.querySelector("input").focus();
  }

  add(value) {
    const item = itemOf(this.facet, value);
    this.items.set(value, item);
    this.list.append(item.element);
  }

  /** What an address chooses is shown, wherever it stands, and even if no work has it. */
  update() {
    super.update();
    for (const value of this.facet.chosen) {
      if (this.items.has(value)) continue;
      this.waiting = this.waiting.filter((other) => other !== value);
      this.add(value);
      this.show(0);
    }
    for (const item of this.items.values()) updateItem(item);
  }
}

/** Groups, each with its behaviors folded into it; a behavior that is in no group comes last. */
class TreeList extends List {
  constructor(group, behavior, groupOf) {
    super("Group and behavior", [group, behavior]);
    const leaves = (slug) =>
      [...behavior.slugs.keys()]
        .filter((value) => groupOf[behavior.slugs[value]] === slug)
        .map((value) => itemOf(behavior, value));
    this.branches = group.slugs.map((slug, place) => branchOf(itemOf(group, place), leaves(slug)));
    this.homeless = leaves(undefined);
    const items = [...this.branches.map((branch) => branch.head), ...this.homeless];
    this.list.append(...items.map((item) => item.element));
  }

  update() {
    super.update();
    for (const branch of this.branches) {
      const items = [branch.head, ...branch.items];
      items.forEach(updateItem);
      if (branch.list.hidden && items.some((item) => item.input.checked)) open(branch, true);
    }
    this.homeless.forEach(updateItem);
  }
}

function branchOf(head, items) {
  const branch = { head, items, fold: button("", "fold"), list: element("ul") };
  branch.fold.setAttribute("aria-label", `Behaviors: ${head.facet.labels[head.value]}`);
  branch.fold.addEventListener("click", () => open(branch, branch.list.hidden));
  branch.list.append(...items.map((item) => item.element));
  head.element.append(branch.fold, branch.list);
  open(branch, false);
  return branch;
}

function open({ fold, list }, wanted) {
  list.hidden = !wanted;
  fold.setAttribute("aria-expanded", String(wanted));
}

function itemOf(facet, value) {
  const item = element("li");
  const label = element("label");
  const input = element("input", { type: "checkbox", meaning: { facet, value } });
  const count = element("span", { className: "number" });
  label.append(input, element("span", { textContent: facet.labels[value] }), " ", count);
  item.append(label);
  return { element: item, input, count, facet, value, shown: -1 };
}

/** A value that no work has at all is not shown; one that none found has stays, and is dimmed. */
function updateItem(item) {
  const { element, input, count, facet, value } = item;
  input.checked = facet.chosen.has(value);
  element.hidden = !facet.totals[value] && !input.checked;
  if (item.shown === facet.counts[value]) return;
  item.shown = facet.counts[value];
  count.textContent = figures.format(item.shown);
  element.classList.toggle("none", !item.shown);
}

/* -- small things ---------------------------------------------------------------------------- */

function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

function button(textContent, className) {
  return element("button", { type: "button", textContent, className });
}

function wrapped(name, ...children) {
  const made = element(name);
  made.append(...children);
  return made;
}

let template;

function rowTemplate() {
  if (template) return template;
  const head = wrapped("th", element("a"), element("span"));
  head.scope = "row";
  template = wrapped("tr", head, ...Array.from({ length: 4 }, () => element("td")));
  return template;
}

/* A phone is to answer a touch before all of this is ready. */
const nextTask = () => new Promise((resolve) => setTimeout(resolve));

const afterPaint = (act) => requestAnimationFrame(() => setTimeout(act));

/** Note for a benchmark how long a click took, from the hand to what it painted. */
function measure({ timeStamp }) {
  afterPaint(() => performance.measure("explorer-click", { start: timeStamp }));
}
