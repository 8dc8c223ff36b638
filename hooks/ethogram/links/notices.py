"""Pages that are not what was asked for: tests for robots, and "not found" with a 200.

The oddities of vendors and languages stand in tables. A page is told by what it says: its title,
its first-rank headings, and its text if that is short. An article about such pages is none.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import product

from ethogram.links.webpage import WebPage

ARTICLE = 2000
"""Characters of running text from which on a page is an article, whatever its title says."""

NOTICE = 400
"""Characters of running text up to which a page may be a mere notice."""

# -- walls -----------------------------------------------------------------------------------

_WALL_HEADERS = {
    "cf-mitigated": ("Cloudflare", "challenge"),
    "x-amzn-waf-action": ("AWS", "challenge captcha"),
    "x-vercel-mitigated": ("Vercel", "challenge deny"),
}
"""Headers of a challenge: whose it is, and the values that say so.

https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html
"""

_WALL_TITLES = {
    "access to this page has been denied": "PerimeterX",
    "are you a robot": "",
    "attention required cloudflare": "Cloudflare",
    "bot verification": "",
    "checking your browser": "",
    "client challenge": "Fastly",
    "ddos guard": "DDoS-Guard",
    "human verification": "",
    "just a moment": "Cloudflare",
    "making sure youre not a bot": "Anubis",
    "oh noes": "Anubis",
    "one moment please": "",
    "pardon our interruption": "Imperva",
    "robot check": "",
    "security check": "",
    "security checkpoint": "",
    "sucuri website firewall access denied": "Sucuri",
    "vercel security checkpoint": "Vercel",
    "verify you are human": "",
}
"""Titles of challenges, in plain words, and whose they are."""

_WALL_MARKS = {
    "_cf_chl_opt": "Cloudflare",
    "cf-browser-verification": "Cloudflare",
    "captcha-delivery.com": "DataDome",
    "px-captcha": "PerimeterX",
    "_Incapsula_Resource": "Imperva",
    "Incapsula incident ID": "Imperva",
    "/_sec/cp_challenge": "Akamai",
    "sec-if-cpt-container": "Akamai",
    "bm-verify=": "Akamai",
    "anubis_challenge": "Anubis",
    "/.within.website/x/cmd/anubis/": "Anubis",
    "window.gokuProps": "AWS",
    ".token.awswaf.com": "AWS",
    "sucuri_cloudproxy_js": "Sucuri",
    "window.KPSDK": "Kasada",
    "_guard/auto.js": "",
}
"""What the source of a challenge holds, and whose it is.

Walls add some of their scripts to ordinary pages too; so on a page that has something to say, a
mark means nothing. `/cdn-cgi/challenge-platform` is none at all: it is on most of Cloudflare's.
"""


def wall(headers: Mapping[str, str], page: WebPage | None) -> str:
    """Why an answer is no page but a test for robots; empty where it is a page."""
    for header, (owner, values) in _WALL_HEADERS.items():
        if headers.get(header, "").strip().lower() in values.split():
            return _challenged(owner)
    if page is None:
        return ""
    title = _plain(page.title[:_HEADING])
    if title in _WALL_TITLES and len(page.words) <= ARTICLE:
        return _challenged(_WALL_TITLES[title])
    if len(page.words) <= NOTICE:
        for mark, owner in _WALL_MARKS.items():
            if mark in page.source:
                return _challenged(owner)
    return ""


def _challenged(owner: str) -> str:
    return f"a test for robots ({owner})" if owner else "a test for robots"


# -- pages that say they are none ------------------------------------------------------------

_BARE = """
    not found; nicht gefunden; non trouvé; no encontrado; no encontrada; non trovato; non trovata;
    não encontrado; não encontrada; niet gevonden; nie znaleziono; не найдено; не знайдено;
    bulunamadı; hittades inte; ikke fundet; ikke funnet; nenalezeno; 未找到; 見つかりません;
    찾을 수 없습니다; does not exist; doesnt exist; no longer available; no longer exists
"""
"""What a notice's heading says where it says no more. A text may say it of anything."""

_THINGS = """
    page; file; article; post; document; resource; content; url; object; site; repository; video;
    requested page; requested url; page you are looking for; page you were looking for;
    page youre looking for; page you requested; page you have requested; article youre looking for;
    page you are trying to reach; page youre trying to reach; page that you are looking for;
    page that you requested; article you are looking for; content you are looking for
"""
_FATES = """
    not found; was not found; could not be found; couldnt be found; cannot be found;
    can not be found; cant be found; does not exist; doesnt exist; no longer exists;
    is not available; isnt available; is no longer available; has been removed; was removed;
    has been deleted; was deleted; has been moved or deleted; has moved or been deleted
"""
"""What English notices are about, and what they say of it."""

_PHRASES = {
    "en": """
        no such page; we cant find that page; we couldnt find that page; we cant find the page;
        we couldnt find the page; we cant find this page; we couldnt find this page;
        nothing was found at this location; video unavailable;
        no longer available on this site; page you are looking for; page you were looking for;
        page youre looking for; page you requested; page you have requested
        """,
    "de": """
        seite nicht gefunden; seite wurde nicht gefunden; seite konnte nicht gefunden werden;
        seite existiert nicht; seite ist nicht mehr verfügbar; datei nicht gefunden
        """,
    "fr": """
        page non trouvée; page introuvable; page inexistante; page na pas été trouvée;
        page nexiste pas; page nexiste plus; page demandée nexiste; page que vous cherchez;
        page que vous recherchez
        """,
    "es": """
        página no encontrada; página no existe; página que buscas; página que busca;
        no se ha encontrado la página; no se encontró la página
        """,
    "it": "pagina non trovata; pagina non esiste; pagina richiesta non; pagina inesistente",
    "pt": "página não encontrada; página não existe; página que procura",
    "nl": "pagina niet gevonden; pagina bestaat niet; pagina is niet gevonden",
    "sv": "sidan hittades inte; sidan kunde inte hittas; sidan finns inte",
    "da": "siden blev ikke fundet; siden findes ikke; side ikke fundet",
    "no": "siden ble ikke funnet; siden finnes ikke; fant ikke siden",
    "fi": "sivua ei löydy; sivua ei löytynyt",
    "pl": "nie znaleziono strony; strona nie istnieje; strona nie została znaleziona",
    "cs": "stránka nenalezena; stránka nebyla nalezena; stránka neexistuje",
    "hu": "oldal nem található",
    "ro": "pagina nu a fost găsită; pagina nu există",
    "ru": "страница не найдена; страница не существует; такой страницы нет",
    "uk": "сторінку не знайдено; сторінка не існує",
    "tr": "sayfa bulunamadı; sayfa mevcut değil",
    "zh": "页面不存在; 找不到页面; 页面未找到; 頁面不存在; 找不到頁面; 找不到網頁; 您访问的页面",
    "ja": "ページが見つかりません; ページは見つかりません; お探しのページ; ページは存在しません",
    "ko": "페이지를 찾을 수 없습니다; 존재하지 않는 페이지",
    "ar": "الصفحة غير موجودة; لم يتم العثور على الصفحة",
}
"""How pages say in the languages of the web that they are not there."""

_NOISE = frozenset(
    """
    400 404 410 error http https code status oops ooops whoops sorry hmm uh oh ups hoppla ой
    fehler erreur errore erro fout fel feil fejl virhe błąd chyba hiba eroare ошибка помилка hata
    错误 エラー 오류 the this that your a an we re la le el il de die der das cette esta questa
    gone here yet anymore 1 were unfortunately it looks seems like désolé leider diese lo
    sentimos entschuldigung
    """.split()
)
"""What stands around the phrase."""

_ABOUT = frozenset(
    """
    if when whenever what whether where how why returns return returning shows show says say sends
    send throws throw raises raise handles handle means mean displays display custom about for with
    as unless until because cases case wenn falls warum quand pourquoi cuando se quando gdy als
    """.split()
)
"""Words before a phrase, in whose sentence it is spoken of and not said."""

_DENIED = re.compile(
    r"\b(?:not|cannot|\w+nt|never|longer|no|removed|moved|deleted|gone|missing|unavailable|expired"
    r"|renamed|retired)\b"
)
_OPEN = re.compile(r"page (?:you|that you).*+")
"""English phrases that need more words to say something, and may get many."""

_HEADING = 300
"""Characters of the longest heading that may say "not found"; what is longer says more."""

_BEFORE, _AFTER, _LONG_AFTER = 1, 3, 16
"""Words of the phrase's sentence around it, noise left out: so it is most of the sentence."""

_BETWEEN = re.compile(r"\s++[|·•»«—–:/-]++\s++|\s*+[|·•»—]\s*+")  # the parts of a title
_SENTENCES = re.compile(r"[.!?;…]++(?=\s|$)|[。！？\n]")


def _plain(text: str) -> str:
    """Reduce a text to its words: case, apostrophes, punctuation and compatibility forms go."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", re.sub("['\u2019\u02bc`\u00b4]", "", folded)).split())


def _phrases(table: str) -> Iterator[str]:
    return (_plain(phrase) for phrase in table.split(";"))


def _bare(words: list[str]) -> list[str]:
    """Words without the noise around them."""
    start, end = 0, len(words)
    while start < end and words[start] in _NOISE:
        start += 1
    while end > start and words[end - 1] in _NOISE:
        end -= 1
    return words[start:end]


def _core(phrase: str) -> str:
    return " ".join(_bare(phrase.split()))


_TELLING = frozenset(
    {_core(phrase) for table in _PHRASES.values() for phrase in _phrases(table)}
    | {f"{thing} {fate}" for thing, fate in product(_phrases(_THINGS), _phrases(_FATES))}
)
_HEADINGS = _TELLING | frozenset(map(_core, _phrases(_BARE)))


def missing(page: WebPage | None) -> str:
    """Why a page that came with a 200 says that it is not there; empty where it does not.

    Its title or first-rank heading must say so and nothing else, or a sentence in a text of a few
    words must, and little else. An article on missing pages is neither.
    """
    if page is None or len(page.words) > ARTICLE:
        return ""
    for heading in (page.title, *page.headings):
        if len(heading) <= _HEADING and any(map(_is_notice, _BETWEEN.split(heading))):
            return f'says "{heading[:60]}"'
    sentences = _SENTENCES.split(page.words) if len(page.words) <= NOTICE else []
    said = max(map(_told, sentences), key=len, default="")
    return f'says "{said}"' if said else ""


def _is_notice(heading: str) -> bool:
    """Whether a heading says "not found" in one of its forms, and says nothing else."""
    words = _bare(_plain(heading).split())
    return " ".join(words) in _HEADINGS or (not words and ("404" in heading or "410" in heading))


def _told(sentence: str) -> str:
    """The longest phrase that a sentence says, and that is most of it; empty where none is."""
    plain = _plain(sentence)
    found = (phrase for phrase in _TELLING if phrase in plain and _says(plain, phrase))
    return max(found, key=len, default="")


def _says(sentence: str, phrase: str) -> bool:
    """Whether a sentence says a phrase that is in it, and does not only speak of it."""
    before, _, after = f" {sentence} ".partition(f" {phrase} ")
    if f" {phrase} " not in f" {sentence} ":
        # Where no blanks stand between words, or the phrase is but the stem of one.
        return not phrase.isascii() and len(sentence) <= 2 * len(phrase) + _LONG_AFTER
    leading = before.split()
    if not _ABOUT.isdisjoint(leading) or len(_content(leading)) > _BEFORE:
        return False
    following = after.split()
    if _OPEN.fullmatch(phrase) and not _DENIED.search(phrase):
        return len(following) <= _LONG_AFTER and bool(_DENIED.search(after))
    return len(_content(following)) <= _AFTER


def _content(words: list[str]) -> list[str]:
    return [word for word in words if word not in _NOISE]
