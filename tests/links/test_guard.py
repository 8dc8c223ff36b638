"""`links.guard`: rule 13 of the links. No name is looked up outside; the lookups are our own."""

import asyncio
import socket
from collections.abc import Mapping

import pytest

from ethogram.links import guard as guard_module
from ethogram.links.client import Answer, Client, Trouble
from ethogram.links.guard import (
    CONTROL,
    AddressError,
    Guard,
    NameLookupError,
    NoHostError,
    PrivateError,
    SchemeError,
    is_public,
    origin,
    target,
)
from ethogram.links.schedule import Schedule
from loopback_web import LoopbackWeb, redirect

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Names:
    """Name servers that know some names, and note what they are asked."""

    def __init__(self, names: Mapping[str, list[str] | int], seconds: float = 0) -> None:
        self.names = names
        self.seconds = seconds
        self.asked: list[str] = []

    async def __call__(self, name: str) -> list[str]:
        """Answer, or fail with the error that the name has."""
        self.asked.append(name)
        await asyncio.sleep(self.seconds)
        found = self.names.get(name, socket.EAI_NONAME)
        if isinstance(found, int):
            raise socket.gaierror(found, "Something about names")
        return found


SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0x7F000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.8.9.10:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://anything.localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fd00:ec2::254]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://①②⑦.0.0.1:{port}/",
    "http://127。0．0｡1:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://lo\u00adcalhost:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://example.com:80@127.0.0.1:{port}/",
    "http://a@b@127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://127.0.0.1:{port}?@example.com/",
    " \x00ht\ntp://127.0.0.1:{port}/",
    "http://10.0.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://inside.test:{port}/",
    "http://InSide.TEST:{port}/",
]
"""This machine, its network and its cloud, each in another way."""

NOWHERE = [
    "http://[fe80::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/",
    "http://[::ffff:127.0.0.1:{port}/",
    "http://127.0.0.1:{port}:80/",
    "http://127.0.0.256:{port}/",
    "http://127.0.0.0x100:{port}/",
    "http://1.127.0.0.1:{port}/",
    "http://4294967296:{port}/",
    "http://127.0.0.1%00:{port}/",
    "http://127.0.0.1 :{port}/",
    "http://127.0.0.1%23:{port}/",
    "http://127..1:{port}/",
]
"""What browsers would not ask for either."""


def asked_without_leave(addresses: list[str], trusted: bool = False) -> list[Answer]:
    """What a client answers that may ask no private address, but for trusted requests."""
    guard = Guard(lookup=Names({"inside.test": ["127.0.0.1"]}))

    async def main() -> list[Answer]:
        async with Client(Schedule(), guard, timeout=5) as client:
            asked = [client.ask(address, trusted=trusted) for address in addresses]
            return await asyncio.gather(*asked)

    return asyncio.run(main())


def test_no_spelling_of_a_private_address_is_connected_to() -> None:
    """Nothing arrives, not even a connection."""
    with LoopbackWeb(hosts=2) as web:
        addresses = [spelling.format(port=web.ports[1]) for spelling in SPELLINGS + NOWHERE]
        answers = asked_without_leave(addresses)
        assert (web.connections, web.requests) == (0, [])
    found = {spelling: answer.trouble for spelling, answer in zip(addresses, answers, strict=True)}
    assert list(found.values()) == [Trouble.PRIVATE] * len(SPELLINGS) + [Trouble.ADDRESS] * len(
        NOWHERE
    )


def test_no_redirect_leads_to_a_private_address() -> None:
    """The guard holds on every hop, also of a request that was trusted."""
    with LoopbackWeb(hosts=2) as web:
        targets = [each.format(port=web.ports[1]) for each in SPELLINGS + NOWHERE]
        # What no header can hold, and what is relative to a page of the same scheme, is left out.
        targets = [each for each in targets if each.isprintable() and "http:/1" not in each]
        for number, to in enumerate(targets):
            web.set(f"/{number}", redirect(to.encode().decode("latin-1")))
        pages = [web.url(f"/{n}") for n in range(len(targets))]
        answers = asked_without_leave(pages, trusted=True)
        assert {request.port for request in web.requests} == {web.ports[0]}
        assert len(web.requests) == len(targets)
    assert {answer.trouble for answer in answers} == {Trouble.PRIVATE, Trouble.ADDRESS}


def test_trust_is_for_a_request_and_not_for_an_address() -> None:
    """What the operator configured may be private; a page's link to the same place may not."""
    with LoopbackWeb() as web:
        here, secret = web.url("/api"), web.url("/secret")

        async def main() -> list[Answer]:
            async with Client(Schedule(), Guard()) as client:
                before = await client.ask(secret)
                own = await client.ask(here, trusted=True)
                return [before, own, await client.ask(secret), await client.ask(here)]

        answers = asyncio.run(main())
        assert [request.path for request in web.requests] == ["/api"]
    private = Trouble.PRIVATE
    assert [answer.trouble for answer in answers] == [private, None, private, private]


def test_trust_ends_at_another_origin() -> None:
    """Redirects are trusted within the origin that was configured, and nowhere else."""
    with LoopbackWeb(hosts=2) as web:
        there = web.url("/there", host=1)
        web.set("/to-the-other", redirect(there))
        web.set("/to-itself", redirect("/here"))
        own, other = asked_without_leave([web.url("/to-itself"), web.url("/to-the-other")], True)
        assert {request.port for request in web.requests} == {web.ports[0]}
    assert (own.status, own.trouble) == (404, None)
    assert (other.status, other.trouble, other.final) == (None, Trouble.PRIVATE, there)


def test_no_connection_of_a_trusted_request_serves_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name may have private and public addresses; a kept connection leads to one of them."""
    monkeypatch.setattr(guard_module, "is_public", lambda address: address == "127.0.0.2")
    names = Names({"both.test": ["127.0.0.1", "127.0.0.2"]})
    with LoopbackWeb() as web:
        address = f"http://both.test:{web.ports[0]}"

        async def main() -> list[Answer]:
            async with Client(Schedule(), Guard(lookup=names)) as client:
                asked = [("/own", True), ("/own", True), ("/link", False), ("/own", True)]
                return [await client.ask(address + path, trusted=own) for path, own in asked]

        answers = asyncio.run(main())
        assert [request.path for request in web.requests] == ["/own"] * 3
        assert web.connections == 1
    assert [answer.trouble for answer in answers] == [None, None, Trouble.CONNECT, None]


def test_connections_go_to_the_address_that_was_judged() -> None:
    """A name that leads elsewhere at the second lookup is not looked up a second time."""
    names = Names({"trusted.test": ["127.0.0.1"]})
    with LoopbackWeb() as web:
        address = f"http://trusted.test:{web.ports[0]}"

        async def main() -> list[Answer]:
            async with Client(Schedule(), Guard(lookup=names)) as client:
                asked = [client.ask(f"{address}/{n}", trusted=True) for n in range(20)]
                return await asyncio.gather(*asked)

        assert {answer.status for answer in asyncio.run(main())} == {404}
        assert web.requests[0].headers["host"] == f"trusted.test:{web.ports[0]}"
    assert names.asked == ["trusted.test"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        (PUBLIC, True),
        (PUBLIC_6, True),
        ("168.63.129.15", True),
        ("172.32.0.1", True),
        (f"::ffff:{PUBLIC}", True),
        (f"64:ff9b::{PUBLIC}", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::1", False),
        ("::ffff:169.254.169.254", False),
        (f"{PUBLIC_6}%eth0", False),
        (f"2002:5db8:d70e::{1}", False),
        ("2001:db8::1", False),
        ("fec0::1", False),
        ("192.0.2.1", False),
        ("240.0.0.1", False),
        ("127.1", False),
        ("name", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    """By the registries of IANA (RFC 6890), and what clouds made of them."""
    assert is_public(address) is public


def test_of_a_name_with_both_the_public_addresses_are_kept() -> None:
    """Whoever runs a name server decides what is in there; we go where everybody can."""
    names = Names({"both.test": ["10.0.0.1", PUBLIC, "::1", PUBLIC_6], "in.test": ["10.0.0.1"]})

    async def main() -> None:
        guard = Guard(lookup=names)
        assert await guard.addresses("both.test") == (PUBLIC, PUBLIC_6)
        assert await guard.addresses("in.test", trusted=True) == ("10.0.0.1",)
        with pytest.raises(PrivateError):
            await guard.addresses("in.test")
        everything = Guard(allow_private=True, lookup=names)
        assert len(await everything.addresses("both.test")) == 4

    asyncio.run(main())


def test_a_name_is_looked_up_once_a_run() -> None:
    """Those who ask at the same time share the answer, though the first of them gives up."""
    names = Names({"one.test": [PUBLIC]}, seconds=0.02)

    async def main() -> None:
        guard = Guard(lookup=names)
        first = asyncio.create_task(guard.addresses("one.test"))
        others = [asyncio.create_task(guard.addresses("one.test")) for _ in range(9)]
        await asyncio.sleep(0.01)
        first.cancel()
        assert set(await asyncio.gather(*others)) == {(PUBLIC,)}
        await guard.addresses("one.test")

    asyncio.run(main())
    assert names.asked == ["one.test"]


async def failure(guard: Guard, name: str) -> type[Exception]:
    """How looking a name up fails."""
    with pytest.raises((NoHostError, NameLookupError)) as error:
        await guard.addresses(name)
    return error.type


def test_a_name_does_not_exist_if_another_one_does() -> None:
    """What was found in the run before tells; else a name that is known to exist."""

    async def main() -> None:
        known = Names({"one.test": [PUBLIC]})
        guard = Guard(lookup=known)
        await guard.addresses("one.test")
        assert await failure(guard, "gone.test") is NoHostError
        assert known.asked == ["one.test", "gone.test"]
        control = Names({CONTROL: [PUBLIC], "gone.test": getattr(socket, "EAI_NODATA", -5)})
        assert await failure(Guard(lookup=control), "gone.test") is NoHostError

    asyncio.run(main())


def test_without_a_network_no_name_is_said_not_to_exist() -> None:
    """All names fail in the same way then, though this machine's own are still found."""

    async def main() -> None:
        offline = Names({"this.test": ["127.0.0.1"]})
        guard = Guard(lookup=offline)
        with pytest.raises(PrivateError):
            await guard.addresses("this.test")
        gone = [failure(guard, name) for name in ("gone.test", "far.test", CONTROL)]
        assert set(await asyncio.gather(*gone)) == {NameLookupError}
        assert await failure(guard, "x.invalid") is NoHostError
        assert "x.invalid" not in offline.asked

    asyncio.run(main())


def test_trouble_with_names_may_be_over_the_next_time() -> None:
    """It is no statement on the name, so it is not kept; that there is none is."""
    found: dict[str, list[str] | int] = {CONTROL: [PUBLIC], "slow.test": socket.EAI_AGAIN}
    names = Names(found)

    async def main() -> None:
        guard = Guard(lookup=names)
        assert await failure(guard, "slow.test") is NameLookupError
        assert await failure(guard, "gone.test") is NoHostError
        found.update({"slow.test": [PUBLIC], "gone.test": [PUBLIC]})
        assert await guard.addresses("slow.test") == (PUBLIC,)
        assert await failure(guard, "gone.test") is NoHostError

    asyncio.run(main())


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("http://EXAMPLE.com", "http://example.com/"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:8080?q#part", "http://example.com:8080/?q"),
        ("http://a.test/%2F+//../b;c?z=1&a=%20+&&", "http://a.test/%2F+//../b;c?z=1&a=%20+&&"),
        ("http://a.test/%7e%zz?q=%e4", "http://a.test/%7e%zz?q=%e4"),
        ("http://a.test/a b/ü?q=ü x", "http://a.test/a%20b/%C3%BC?q=%C3%BC%20x"),
        ('http://a.test/"<`{|}>?"<{|}>', "http://a.test/%22%3C%60%7B|%7D%3E?%22%3C{|}%3E"),
        ("http://пример.рф/", "http://xn--e1afmkfd.xn--p1ai/"),
        ("http://faß.de/", "http://xn--fa-hia.de/"),
        ("http://💩.la/", "http://xn--ls8h.la/"),
        ("http://me:pa%40ss@a.test/", "http://me:pa%40ss@a.test/"),
        ("http://0x08.8.2056/", "http://8.8.8.8/"),
        ("http://[2001:DB8:0::1]:81/", "http://[2001:db8::1]:81/"),
        ("http://a_b.test./", "http://a_b.test./"),
    ],
)
def test_an_address_is_sent_as_written(written: str, sent: str) -> None:
    """Only what no request can hold is encoded, and a host brought into its one form."""
    assert target(written).url == sent
    assert target(sent).url == sent


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/x?y", "http://a.test/x?y"),
        ("x/../y", "http://a.test/one/y"),
        ("?q", "http://a.test/one/two?q"),
        ("//b.test/x", "http://b.test/x"),
        ("https://b.test/x/../y#z", "https://b.test/x/../y"),
        ("http:x", "http://a.test/one/x"),
        ("\\\\b.test\\x", "http://b.test/x"),
        ("http:///b.test", "http://b.test/"),
    ],
)
def test_a_relative_address_is_taken_from_its_base(location: str, there: str) -> None:
    """As a browser follows a redirect."""
    assert target(location, target("http://a.test/one/two?three")).url == there


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("mailto:a@b.test", SchemeError),
        ("ftp://a.test/", SchemeError),
        ("javascript:alert(1)", SchemeError),
        ("", AddressError),
        ("page.html", AddressError),
        ("//a.test", AddressError),
        ("http://", AddressError),
        ("http://a..test/", AddressError),
        (f"http://{'a' * 64}.test/", AddressError),
        ("http://a.test:0/", AddressError),
        ("http://a.test:65536/", AddressError),
        ("http://a.test:port/", AddressError),
        ("http://[1::2::3]/", AddressError),
        ("http://a b.test/", AddressError),
        ("http://%ff.test/", AddressError),
        ("http://a.test/\ud800", AddressError),
    ],
)
def test_what_is_no_address(address: str, error: type[Exception]) -> None:
    """Only http and https; and what no browser would ask for is not asked for."""
    with pytest.raises(error):
        target(address)


def test_an_origin_always_has_its_port() -> None:
    """So that a host has one queue, however its addresses are written."""
    assert origin("HTTPS://Example.com/x") == origin("https://example.com:443/") != ""
    assert origin("https://example.com/") == "https://example.com:443"
    assert origin("http://[::1]/") == "http://[::1]:80"
    assert origin("mailto:x") == ""
