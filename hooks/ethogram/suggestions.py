"""Terms for a new card, from the words of its title and from the cards beside it.

Only what is a real hint is suggested, and each hint can be explained: a term whose own words stand
in the title, a word of the tables below, or what most cards of the page have in common. The kind
of evidence is never guessed: it is suggested where the title itself says it.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ethogram.bibliography import Work
from ethogram.cards import Card
from ethogram.catalog import Catalog
from ethogram.taxonomy import Taxonomy, Term

FIELDS = ("behaviors", "methods", "evidence", "direction")
"""The fields for which there can be a hint, in the card's order."""

MOST = 3
"""As many values as are suggested for one field: a list to prune is no help."""

_CARDS = 3
"""Fewer cards than this do not show what a page mostly has."""

_OTHER_SENSE = re.compile(
    r"circuit.break\w*|knowledge manipulation|constitutional classif\w+"
    r"|(task|vector|school) arithmetic"
)
_NO_METHOD = re.compile(
    r"circuit.break\w*|peer.review\w*|theory.of.mind|prompt.injection\w*"
    r"|self.replicat\w*|replicate human|(replac|simulat)\w* human participants"
)
"""Words that mean something else together than they do alone."""

BEHAVIORS = {
    "opinion-sycophancy": r"sycophan\w+",
    "sandbagging": r"sandbag\w*|strategic underperformance",
    "alignment-faking": r"(alignment.fak|fak\w+.alignment|deceptive.alignment)\w*",
    "strategic-deception": r"decepti(on|ve)\w*|deceiv\w+|(large language model|llm)s? (can )?lie",
    "scheming": r"schem(ing|er|ers)",
    "evaluation-awareness": r"(test|evaluation|situational).aware\w*|being (evaluated|tested)",
    "encoded-reasoning": r"steganogra\w+|encoded reasoning",
    "oversight-subversion": r"(subvert|evad|bypass)\w* (\w+ )?(oversight|monitor\w*)",
    "backdoor": r"backdoor\w*|sleeper agents?|trojan\w*",
    "jailbreak": r"jail.?br(ea|o)k\w*",
    "prompt-injection": r"prompt.injection\w*",
    "adversarial-input": r"adversarial (attack|example|input|suffix|trigger|prompt)\w*",
    "poisoning-susceptibility": r"(data.)?poison\w*",
    "hallucination": r"hallucinat\w+|confabulat\w+",
    "imitative-falsehood": r"falsehoods?",
    "miscalibration": r"(mis|over)?calibrat\w+|overconfiden\w+",
    "introspection": r"introspecti\w+",
    "self-correction": r"self.correct\w*",
    "persuasion": r"persua(sion|sive\w*|ders?)",
    "over-underthinking": r"(over|under).?think\w*",
    "unfaithful-reasoning": r"(un)?faithful\w*(?=.*(chain|cot|reason|explan))"
    r"|(chain.of.thought|cot|reasoning|explanation)s?\b.*(un)?faithful\w*",
    "reversal-curse": r"reversal curse",
    "theory-of-mind": r"theory of mind",
    "in-context-learning": r"in.context (learn|reinforc)\w*",
    "position-bias": r"lost in the middle|position(al)? bias\w*",
    "memorization": r"memori[sz]\w+",
    "many-shot-effect": r"many.shot",
    "over-refusal": r"over.?refus\w+|exaggerated safety",
    "toxic-generation": r"toxic\w*",
    "privacy-leakage": r"privacy",
    "reward-hacking": r"(reward.(hack|tamper|gam)|specification.gam)\w*"
    r"|reward (model )?overoptimi[sz]\w+",
    "goal-misgeneralization": r"(goal.)?misgenerali[sz]\w+",
    "emergent-misalignment": r"emergent.misalign\w*",
    "political-leaning": r"political(?! persua)\w*",
    "moral-judgment": r"moral (judg\w+|reasoning|beliefs?)",
    "social-bias": r"(social|gender|racial) bias\w*|stereotyp\w+",
    "induction-mechanisms": r"induction heads?",
    "features-and-superposition": r"superposition|monosemantic\w*|polysemantic\w*",
    "circuits": r"circuits?",
    "internal-world-models": r"world models?",
    "factual-recall": r"factual (recall|association|knowledge)s?",
    "algorithmic-circuits": r"arithmetic|(?<!activation )addition|subtraction",
    "training-dynamics": r"grokking|phase (transition|change)s?",
    "preference-training": r"rlhf|rlaif|human feedback|preference (optimi[sz]|learn|train)\w*",
    "constitutions-and-character-training": r"constitution\w*",
    "model-editing": r"(model|knowledge|memory).edit\w*",
    "unlearning-and-relearning": r"(un|re)learn(s|ed|ing)?",
    "activation-steering": r"steering|activation (addition|engineering)",
    "openness-and-release": r"open.(source|weights?) (\w+ )?(ai|foundation models?)"
    r"|safeguards? .*open.weight\w*",
    "models-as-judges": r"llm.as.a.judge|(llm|model)s?.as.judges?",
    "scaling-and-emergence": r"scaling laws?|inverse scaling|emergent abilit(y|ies)",
    "validity-and-contamination": r"contaminat\w+|construct validity",
}
"""Words that tell of a behavior by another name than its label; which term: which words."""

METHODS = {
    "survey": r"(a|of|brief|comprehensive|literature) (survey|review)|survey of"
    r"|(?<=: )(survey|review)|^(survey|review)\b"
    r"|(systematic|scoping|literature|critical) (\w+ )?review",
    "benchmark": r"(\w*bench|benchmark\w*)",
    "model-organism": r"model organisms?|sleeper agents?",
    "red-teaming": r"red.team\w*",
    "automated-audit": r"automat\w+ (\w+ )?audit\w*|auditing agents?",
    "behavioral-eval": r"evaluating|evaluations|behaviou?ral (evaluation|test)\w*",
    "human-study": r"(user|human|field) stud(y|ies)|randomi[sz]ed|participants",
    "usage-analysis": r"(real.world|conversation) (\w+ ){0,3}(use|usage|interactions|logs)"
    r"|real.world conversations",
    "probing": r"prob(e|es|ing)",
    "vocabulary-projection": r"(logit|tuned).lens|vocabulary (space|projection)",
    "causal-intervention": r"(activation|path|attribution).patching|ablat\w+"
    r"|causal (tracing|interven|mediat|abstract|scrub)\w*",
    "circuit-analysis": r"circuits?|reverse.engineer\w*",
    "sparse-dictionary": r"sparse auto.?encoders?|saes?|dictionary learning|(cross|trans)coders?",
    "steering": r"steering|activation (addition|engineering)|representation engineering",
    "model-editing": r"(model|knowledge|memory).edit\w*"
    r"|editing (\w+ )?(facts?|knowledge|associations)",
    "unlearning": r"unlearn\w*",
    "pruning": r"prun(e|ed|ing)",
    "training-data-attribution": r"influence functions?|data attribution",
    "fine-tuning": r"fine.?tun\w+",
    "preference-training": r"rlhf|rlaif|dpo|(human|ai|learned) feedback|preference.optimi[sz]\w+",
    "prompting": r"prompting|prompt (engineering|design|format\w*)",
    "cot-monitoring": r"(chain.of.thought|cot) monitor\w*",
    "theory": r"theor(y|em|ems|etical)|provabl\w+|impossibility",
    "tooling": r"(a|an|open.source) (\w+ )?(toolkit|library|tool)\b",
}
"""Words that tell how a work went about it."""

EVIDENCE = {
    "position": r"^position\b|position paper|(?<=: )a perspective|perspective paper"
    r"|we (should|must)",
    "replication": r"replicat\w+|reproduc(e|ing|ibility)",
    "null-result": r"no evidence|null results?",
    "review": METHODS["survey"],
    "case": r"case reports?|(?<=: )(a )?case stud(y|ies)$",
    "human-subject": METHODS["human-study"],
    "model-organism": METHODS["model-organism"],
    "theory": r"theorems?|provabl\w+|impossibility",
    "benchmark-result": METHODS["benchmark"],
}
"""Words by which a title itself says what kind of evidence follows; the first counts."""

DIRECTIONS = {
    "measures": r"measur\w+|evaluating|evaluations|quantify\w*|assess\w*|detect\w*"
    rf"|{METHODS['benchmark']}",
    "elicits": r"elicit\w*(?! (latent|truthful|calibrated))|attack\w*|induc(e|es|ing)"
    r"|jailbreaking|poisoning|backdooring|training deceptive",
    "mitigates": r"mitigat\w+|reduc(e|es|ing)(?!.* diversity)|defend\w*|prevent(ing)?|guard\w*"
    r"|circuit.break\w*",
    "explains": r"explain\w*|understanding|interpret\w+|mechanis\w+|reverse.engineer\w*|why"
    r"|circuits?(?!.break)",
    "describes": METHODS["survey"],
}
"""Words that tell what a work does with a behavior."""


def suggest_fields(work: Work, page: Path, catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Suggest terms for the card of a work; a field without a hint is left out.

    Args:
        work: its record, of which the title is read.
        page: where the card is to stand; its own term is understood and not suggested.
        catalog: for the terms there are, and the cards of that page.
    """
    taxonomy, title = catalog.taxonomy, _folded(work.title)
    how, own = _NO_METHOD.sub(" ", title), _own(page, catalog)
    cards = [card for card in catalog.cards if Path(card.path) == page]
    known = _terms(taxonomy)
    told = {
        "behaviors": [slug for slug in behaviors(work.title, taxonomy) if slug != own],
        "methods": _told(METHODS, how),
        "evidence": _told(EVIDENCE, how)[:1],
        "direction": _told(DIRECTIONS, title)[:1],
    }
    for field in ("behaviors", "methods", "direction"):
        usual = _usual(cards, field)
        told[field] += [slug for slug in usual if slug not in (*told[field], own)]
    found = {field: [slug for slug in told[field] if slug in known[field]] for field in FIELDS}
    return {field: tuple(slugs[:MOST]) for field, slugs in found.items() if slugs}


def behaviors(title: str, taxonomy: Taxonomy) -> list[str]:
    """The behaviors that a title names, by their own words or by another one; as it names them."""
    folded = _OTHER_SENSE.sub(" ", _folded(title))
    words = _stems(folded)
    spans = [(slug, span) for slug, term in taxonomy.terms.items() if (span := _named(term, words))]
    at = {slug: span[0] for slug, span in spans if not _is_part(span, [each for _, each in spans])}
    for slug, pattern in BEHAVIORS.items():
        if slug in taxonomy.terms and (match := _search(pattern, folded)):
            at.setdefault(slug, len(_stems(folded[: match.start()])))
    return sorted(at, key=lambda slug: (at[slug], slug))


def nearest(title: str, taxonomy: Taxonomy, limit: int = 5) -> list[Term]:
    """The terms on whose pages a work may belong, the likeliest first.

    Those that its title names, then those that share words with it: with their labels before
    their definitions, and rare words before common ones.
    """
    named = behaviors(title, taxonomy)
    words = set(_stems(_folded(title)))
    texts = {slug: _term_words(term) for slug, term in taxonomy.terms.items()}
    common = Counter(word for label, rest in texts.values() for word in label | rest)
    scores = {
        slug: sum((3.0 if word in label else 1.0) / common[word] for word in words & (label | rest))
        for slug, (label, rest) in texts.items()
    }
    near = sorted((slug for slug in scores if scores[slug]), key=lambda slug: -scores[slug])
    return [taxonomy.terms[slug] for slug in dict.fromkeys([*named, *near])][:limit]


# -- words -----------------------------------------------------------------------------------

_SILENT = frozenset(
    "a an and are as at be by can do for from how in into is it its large language llm llms lms"
    " model models not of on or other than that the their them they this to towards via was"
    " what when where which who why with without".split()
)


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("\u2019", "'").split())[:500]


def _stems(text: str) -> list[str]:
    """The telling words of a text, each without its plural."""
    return [_stem(word) for word in re.findall(r"[^\W_]+", text) if word not in _SILENT]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def _named(term: Term, words: list[str]) -> tuple[int, int] | None:
    """From where to where among words a term's label or slug stands; None where it does not."""
    for name in (term.label, term.slug.replace("-", " ")):
        wanted = _stems(_folded(name))
        for start in range(len(words) - len(wanted) + 1):
            if wanted and words[start : start + len(wanted)] == wanted:
                return start, start + len(wanted)
    return None


def _is_part(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    """Whether a name is only a part of a longer one: "refusal" in "over-refusal"."""
    return any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in others)


def _term_words(term: Term) -> tuple[set[str], set[str]]:
    label = set(_stems(_folded(f"{term.label} {term.slug.replace('-', ' ')}")))
    return label, set(_stems(_folded(term.definition))) - label


def _search(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", text)


def _told(table: Mapping[str, str], title: str) -> list[str]:
    return [slug for slug, pattern in table.items() if _search(pattern, title)]


# -- what is there ---------------------------------------------------------------------------


def _own(page: Path, catalog: Catalog) -> str:
    """The term of a page: as its front matter says or, before there is one, its name."""
    there = (each.meta("behavior") for each in catalog.pages if Path(each.path) == page)
    return next(there, page.stem)


def _terms(taxonomy: Taxonomy) -> dict[str, Collection[str]]:
    return {
        "behaviors": taxonomy.terms,
        "methods": taxonomy.methods,
        "evidence": taxonomy.evidence,
        "direction": taxonomy.directions,
    }


def _usual(cards: Iterable[Card], field: str) -> list[str]:
    """The values of a field that three in four of a page's cards have, if they are enough."""
    sets = [{value.text for value in card.values(field)} for card in cards]
    counts = Counter(text for each in sets for text in each)
    if len(sets) < _CARDS:
        return []
    return sorted(text for text, count in counts.items() if 4 * count >= 3 * len(sets))
