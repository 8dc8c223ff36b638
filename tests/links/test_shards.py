"""`links.shards`: a check in parts misses nothing, asks nothing twice, and comes to the same."""

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.findings import EthogramError
from ethogram.links.journal import Journal
from ethogram.links.shards import MOST, Shard, plan
from ethogram.links.targets import Target
from links.test_checker import ethogram
from loopback_web import LoopbackWeb
from web_probes import GONE, OK

HOSTS = st.sampled_from([f"https://h{number}.example" for number in range(12)])
URLS = st.lists(st.tuples(HOSTS, st.integers(0, 50)).map("{0[0]}/{0[1]}".format), unique=True)


def targets(*urls: str) -> list[Target]:
    """Links with these addresses."""
    return [Target(url, "page", ()) for url in urls]


@given(URLS, st.integers(1, 12))
def test_each_link_is_in_one_shard(urls: list[str], count: int) -> None:
    """The parts together are the whole, and no host is in two of them."""
    parts = [Shard(number, count).of(targets(*urls)) for number in range(1, count + 1)]
    assert sorted(target.url for part in parts for target in part) == sorted(urls)
    hosts = [{target.url.rpartition("/")[0] for target in part} for part in parts]
    assert sum(map(len, hosts)) == len(set().union(*hosts))


@given(URLS, st.integers(1, 9), st.randoms())
def test_every_machine_deals_alike(urls: list[str], count: int, random: Random) -> None:
    """A part is the same whatever the order in which the links were found."""
    shuffled = random.sample(urls, len(urls))
    for number in range(1, count + 1):
        shard = Shard(number, count)
        found = [{each.url for each in shard.of(targets(*some))} for some in (urls, shuffled)]
        assert found[0] == found[1]


def test_whoever_answers_is_in_one_shard() -> None:
    """All of arXiv is one place to ask, and so are the DOIs, however they are spelled."""
    arxiv = ("https://arxiv.org/abs/2401.05566", "https://doi.org/10.48550/arXiv.2212.09251")
    dois = ("https://doi.org/10.1145/1.2", "http://dx.doi.org/10.1145/3.4")
    same = ("https://www.example.org/a", "http://example.org/b", "https://me@EXAMPLE.org/c")
    every = targets(*arxiv, *dois, *same, "https://[broken")
    parts = [{each.url for each in Shard(number, 4).of(every)} for number in range(1, 5)]
    assert sorted(map(len, parts)) == [1, 2, 2, 3]
    assert all(any(part >= set(group) for part in parts) for group in (arxiv, dois, same))


def test_the_plan_fits_the_list() -> None:
    """One part for few links, more for many, none without a host, and never too many."""
    many = targets(*(f"https://h{number % 30}.example/{number}" for number in range(3_000)))
    assert list(map(str, plan([], 10))) == ["1/1"]
    assert list(map(str, plan(many, 1_000))) == ["1/3", "2/3", "3/3"]
    assert len(plan(many, 1)) == MOST
    assert len(plan(targets("https://a.example/1", "https://a.example/2"), 1)) == 1


@pytest.mark.parametrize("text", ["", "0/1", "2/1", "1", "1/0", "a/b", "1/2/3", "-1/2", "1/99999"])
def test_a_shard_that_is_none_is_a_sentence(text: str) -> None:
    """It is said how to write one."""
    with pytest.raises(EthogramError, match="as in 2/3"):
        Shard.read(text)


def test_shards_come_to_what_one_run_comes_to(tmp_path: Path) -> None:
    """Plan, two parts on two machines, and a run that joins what they saw and asks nothing."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "bib").mkdir()
    common = ("links", "--allow-private")
    with LoopbackWeb({"/ok": OK, "/gone": GONE}, hosts=3) as web:
        urls = [web.url(path, host) for host in range(3) for path in ("/ok", "/gone")]
        page = "".join(f"<{url}>\n\n" for url in urls)
        (tmp_path / "docs/page.md").write_text(f"{page}[inside](nowhere.md)\n")
        planned = ethogram(tmp_path, "links", "--plan", "3", "--format", "json")
        assert planned.stdout == '["1/2", "2/2"]\n'
        assert web.requests == []
        shards, told = json.loads(planned.stdout), 0
        for number, shard in enumerate(shards):
            journal = f"{number}.jsonl"
            words = ("--shard", shard, "--journal", journal, "--format", "json")
            told += len(json.loads(ethogram(tmp_path, *common, *words).stdout))
        assert told == len(urls) + 1
        seen = [
            {each.url for each in Journal.load(tmp_path / f"{n}.jsonl").entries()} for n in (0, 1)
        ]
        assert seen[0] | seen[1] == set(urls)
        assert not {each.rpartition("/")[0] for each in seen[0]} & {
            each.rpartition("/")[0] for each in seen[1]
        }
        web.requests.clear()
        merged = ethogram(tmp_path, *common, "--merge", "0.jsonl", "--merge", "1.jsonl")
        assert web.requests == []
    assert merged.returncode == 1
    assert "7 links: 4 dead, 0 suspect, 0 blocked, 0 unknown, 3 ok" in merged.stdout
    assert len(Journal.load(tmp_path / "bib/links.jsonl")) == len(urls)


@pytest.mark.parametrize("other", ["--fix", "--archive", "--shard=1/2", "--merge=seen.jsonl"])
def test_a_plan_is_nothing_but_a_plan(tmp_path: Path, other: str) -> None:
    """What it would not do is refused rather than passed over."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "seen.jsonl").touch()
    done = ethogram(tmp_path, "links", "--plan", "9", other)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--plan only lists shards" in done.stderr


def test_exit_zero_is_for_dead_links_alone(tmp_path: Path) -> None:
    """What upkeep by machine is to go on after; a failure stays one."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "bib").mkdir()
    (tmp_path / "docs/page.md").write_text("[gone](nowhere.md)\n")
    assert ethogram(tmp_path, "links").returncode == 1
    assert ethogram(tmp_path, "links", "--exit-zero").returncode == 0
    assert ethogram(tmp_path, "links", "--exit-zero", "--shard", "3/2").returncode == 2
    assert ethogram(tmp_path, "links", "--exit-zero", "--merge", "no.jsonl").returncode == 2
    (tmp_path / "docs/page.md").write_bytes(b"\xff")
    assert ethogram(tmp_path, "links", "--exit-zero").returncode == 1
