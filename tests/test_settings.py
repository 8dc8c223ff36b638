"""`settings`: every setting is checked, and a wrong one is a sentence with its line."""

from pathlib import Path

import pytest

from ethogram.findings import EthogramError
from ethogram.settings import Endpoints, Settings

ADDRESS = "http://127.0.0.1:1/x"


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    """No mkdocs.yml is needed; an empty one will do as well."""
    assert Settings.beside(tmp_path / "docs") == Settings()
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("")
    assert Settings.beside(tmp_path / "docs") == Settings()
    assert Settings().links == "journal"


def test_settings_are_read_where_mkdocs_reads_them(tmp_path: Path) -> None:
    """Tags that MkDocs acts on are no obstacle, and !ENV means what it does there."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(
        "site_url: !ENV [NO_SUCH_VARIABLE, 'http://127.0.0.1/']\n"
        "markdown_extensions:\n"
        "  - pymdownx.emoji:\n"
        "      emoji_index: !!python/name:material.extensions.emoji.twemoji\n"
        "extra:\n  ethogram:\n    links: !ENV [NO_SUCH_VARIABLE, online]\n"
        f"    endpoints:\n      doi: {ADDRESS}\n"
        "    archive_hosts: [example.org]\n    archive_per_run: 0\n"
    )
    found = Settings.beside(tmp_path / "docs")
    assert found.links == "online"
    assert found.endpoints == Endpoints(doi=ADDRESS)
    assert (found.archive_hosts, found.archive_per_run) == (("example.org",), 0)


def test_the_environment_overrides(tmp_path: Path) -> None:
    """ETHOGRAM_LINKS, ETHOGRAM_RESOLVE and ETHOGRAM_<NAME>_API."""
    environment = {
        "ETHOGRAM_LINKS": "online",
        "ETHOGRAM_RESOLVE": "never",
        "ETHOGRAM_WAYBACK_API": ADDRESS,
    }
    found = Settings.read({"links": "journal", "endpoints": {"wayback": "http://a"}}, environment)
    assert (found.links, found.resolve, found.endpoints.wayback) == ("online", "never", ADDRESS)


def test_records_of_dois_have_an_endpoint_of_their_own() -> None:
    """Whether a DOI is there and what it says of its work are asked at two places."""
    assert Endpoints().doi_records == "https://doi.org/"
    environment = {"ETHOGRAM_DOI_RECORDS_API": ADDRESS}
    found = Settings.read({"endpoints": {"doi_records": "http://a/"}}, environment).endpoints
    assert found == Endpoints(doi_records=ADDRESS)
    assert Settings.read({"endpoints": {"doi_records": "http://a/"}}, {}).endpoints.doi_records


@pytest.mark.parametrize(
    ("setting", "line", "message"),
    [
        ("links: sometimes", 3, "`links` is 'sometimes'. Write `journal` or"),
        ("lnks: online", 3, "has no setting `lnks`. Did you mean `links`?"),
        ("bib: ''", 3, "`bib` is ''. Write some text."),
        ("endpoints: x", 3, "is no list of `name: value` lines"),
        ("endpoints:\n      gitub: http://a", 4, "no setting `gitub`. Did you mean `github`?"),
        ("endpoints:\n      doi: doi.org", 4, "`doi` is 'doi.org'. Write an http(s) address such"),
        ("endpoints:\n      doi: 'http://['", 4, "Write an http(s) address such as https://doi."),
        ("archive_hosts: example.org", 3, "Write a list of host names, in"),
        ("archive_hosts: [Example.org]", 3, "in lower case and without ports."),
        ("archive_hosts: ['localhost:1']", 3, "in lower case and without ports."),
        ("allow_private: maybe", 3, "Write `true` or `false`."),
        ("archive_per_run: -1", 3, "Write a number, 0 or more."),
        ("archive_per_run: true", 3, "Write a number, 0 or more."),
        ("links: [online", 4, "The settings are no YAML"),
    ],
)
def test_a_wrong_setting_is_a_sentence(
    setting: str, line: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names file and line, what is wrong and the mend."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(f"extra:\n  ethogram:\n    {setting}\n")
    with pytest.raises(EthogramError) as caught:
        Settings.beside(Path("docs"))
    assert str(caught.value).startswith(f"mkdocs.yml:{line}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["ETHOGRAM_DOI_API", "ETHOGRAM_LINKS", "ETHOGRAM_RESOLVE"])
def test_a_wrong_variable_is_named(name: str) -> None:
    """Not mkdocs.yml is to blame, but the environment."""
    with pytest.raises(EthogramError, match=f"^{name} is 'x'. Write "):
        Settings.read(None, {name: "x"})


def test_settings_that_are_no_text_are_a_sentence(tmp_path: Path) -> None:
    """The file and the line are named, and where it lies."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_bytes(b"site_name: x\nsite_author: \xe9\n")
    with pytest.raises(EthogramError, match=r"mkdocs\.yml:2: The settings are not UTF-8 text"):
        Settings.beside(tmp_path / "docs")


def test_whoever_is_asked_can_reach_us(tmp_path: Path) -> None:
    """The contact is the repository, else the site, if others can reach it."""
    (tmp_path / "docs").mkdir()
    settings = "site_url: http://127.0.0.1:8000/\nrepo_url: https://git.example.org/a/b\n"
    (tmp_path / "mkdocs.yml").write_text(settings)
    assert Settings.beside(tmp_path / "docs").contact == "https://git.example.org/a/b"
    assert Settings().reached_at("", "http://127.0.0.1:8000/", None).contact == ""
    assert (
        Settings(contact="me@example.org").reached_at("https://a.org").contact == "me@example.org"
    )
