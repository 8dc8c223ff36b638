"""Which addresses may be asked: never one inside the network that we run in (rule 13).

A link, or a redirect on the way from it, may name any address in any spelling: `http://127.1`,
`http://0x7f000001`, `http://[::ffff:127.0.0.1]`, a name that leads there, or a name that leads
elsewhere when it is looked up again. So an address is first brought into one form, as browsers
do it (https://url.spec.whatwg.org/#host-parsing), names are looked up once a run, and
connections go to the addresses that were found and judged then.

The other question that names raise is whether one does not exist, in which case the link is dead,
or only could not be looked up. A machine without a network says the former of every name; it is
believed only once another name has been found.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote, urljoin

CONTROL = "doi.org"
"""Looked up, never asked for anything, to tell "there is no such name" from "there is no network".
"""

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Finds the IP addresses of a name, or raises `OSError` as `socket.getaddrinfo` does."""


class GuardError(Exception):
    """An address that is not asked; the text says why in a few words."""


class AddressError(GuardError):
    """It is no address."""


class SchemeError(GuardError):
    """It is an address of another kind than http or https."""


class PrivateError(GuardError):
    """It lies in a private network, or on this machine."""


class NoHostError(GuardError):
    """Its name does not exist."""


class NameLookupError(GuardError):
    """Its name could not be looked up; it may well exist."""


# -- one form for every spelling -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """An address as it is sent.

    Attributes:
        url: in ASCII, without its fragment, its host in the one form; otherwise as written.
        origin: `scheme://host:port`, as `Schedule` knows it.
        host: a name or an IP address in lower case, without brackets.
    """

    url: str
    origin: str
    host: str


_CONTROLS = "".join(map(chr, range(33)))  # what a browser strips from both ends of an address
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(
    r"(?:(?P<user>.*)@)?(?:\[(?P<six>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>[0-9]*))?",
    re.DOTALL,
)
_PORTS = {"http": 80, "https": 443}
# What a browser would not send as it stands: https://url.spec.whatwg.org/#percent-encoded-bytes.
_ODD_IN_PATH = re.compile("[^!#-;=?-_a-z|~]+")
_ODD_IN_QUERY = re.compile("[^!#-;=?-~]+")
_ODD_IN_USER = re.compile("[^!$-.0-9;A-Z_a-z~%:]+")
_NOT_IN_HOSTS = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^`{|}]")
_NUMBER = re.compile("0[xX][0-9A-Fa-f]*|[0-9]+")


def target(address: str, base: Target | None = None) -> Target:
    """Read an address as a browser would, and change no more of it than has to be.

    Percent-encoding, `+`, `//`, dots and the order of a query stay as they are: to a server two
    spellings may be two things.

    Args:
        address: as written.
        base: where it was found; without it the address must have a scheme.

    Raises:
        AddressError: nobody could be asked for that.
        SchemeError: its scheme is neither http nor https.
    """
    cleaned = re.sub(r"[\t\n\r]", "", address.strip(_CONTROLS)).partition("#")[0]
    head, mark, query = cleaned.partition("?")
    joined = _joined(head.replace("\\", "/") + mark + query, base)
    match = _SCHEME.match(joined)
    if not match:
        raise AddressError("no scheme")
    scheme = match[1].lower()
    if scheme not in _PORTS:
        raise SchemeError(f"{scheme} is neither http nor https")
    try:
        return _target(scheme, joined[match.end() :].lstrip("/"))
    except UnicodeError:  # IDNA's errors, and surrogates without their other half
        raise AddressError("it cannot be written in ASCII") from None


def origin(address: str) -> str:
    """The origin of an address, as `Schedule` knows it; empty where there is none."""
    try:
        return target(address).origin
    except GuardError:
        return ""


def _joined(address: str, base: Target | None) -> str:
    """Make an address absolute; `http:page` is relative to a base of the same scheme."""
    if base is None:
        return address
    match = _SCHEME.match(address)
    scheme = base.url.partition(":")[0]
    if match and (match[1].lower() != scheme or address.startswith("//", match.end())):
        return address
    try:
        return urljoin(base.url, address[match.end() :] if match else address)
    except ValueError:  # "//[": brackets that do not match
        raise AddressError("no host") from None


def _target(scheme: str, rest: str) -> Target:
    """Put together what follows the slashes behind the scheme."""
    cut = re.search("[/?]|$", rest)
    end = cut.start() if cut else len(rest)
    match = _AUTHORITY.fullmatch(rest[:end])
    if not match:
        raise AddressError("no host")
    host = _six(match["six"]) if match["six"] is not None else host_of(match["name"])
    port = int(match["port"] or _PORTS[scheme])
    if not 0 < port < 65536:
        raise AddressError(f"no port has the number {port}")
    named = f"[{host}]" if ":" in host else host
    shown = named if port == _PORTS[scheme] else f"{named}:{port}"
    user = f"{_encoded(_ODD_IN_USER, match['user'])}@" if match["user"] else ""
    path, mark, query = rest[end:].partition("?")
    path = _encoded(_ODD_IN_PATH, path) or "/"
    url = f"{scheme}://{user}{shown}{path}{mark}{_encoded(_ODD_IN_QUERY, query)}"
    return Target(url, f"{scheme}://{named}:{port}", host)


def _encoded(odd: re.Pattern[str], text: str) -> str:
    """Percent-encode what is odd in UTF-8; bytes of a header that are none go as they came."""
    return odd.sub(
        lambda match: quote_from_bytes(match[0].encode("utf-8", "surrogateescape"), safe=""), text
    )


def _six(text: str) -> str:
    """Read an IPv6 address; browsers take none with a zone, as that means another host to each."""
    try:
        if "%" in text:
            raise ValueError
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise AddressError("no IPv6 address") from None


def host_of(text: str) -> str:
    """Bring a host into the one form.

    >>> host_of("EXAMPLE.com"), host_of("münchen.de"), host_of("0x7f.1"), host_of("１２７。0.0.1.")
    ('example.com', 'xn--mnchen-3ya.de', '127.0.0.1', '127.0.0.1')

    Raises:
        AddressError: there is no such host, and cannot be.
        UnicodeError: there is no way to write it in ASCII.
    """
    name = unquote(text, errors="strict")
    name = name.lower() if name.isascii() else _idna(name)
    if _NOT_IN_HOSTS.search(name):
        raise AddressError("no host may be named so")
    labels = name.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]) or labels[-1].isdecimal():
        return _four(labels)
    if len(name) > 254 or not all(0 < len(label) < 64 for label in labels):
        raise AddressError("no host may be named so" if name else "no host")
    return name


def _idna(name: str) -> str:
    """Write a name in ASCII, as yarl does: UTS 46, or else the older IDNA, which knows emoji."""
    import idna  # its tables are large, and most names are ASCII

    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except UnicodeError:
        return name.encode("idna").decode("ascii").lower()


def _four(labels: list[str]) -> str:
    """Read an IPv4 address in any of its spellings: decimal, octal, hexadecimal, shortened.

    Raises:
        AddressError: it ends in a number, as no name may, and is no address.
    """
    try:
        numbers = [_number(label) for label in labels]
        *first, last = numbers
        if len(numbers) > 4 or any(number > 255 for number in first):
            raise ValueError
        if last >= 256 ** (4 - len(first)):
            raise ValueError
    except ValueError:
        raise AddressError("no IPv4 address") from None
    high = sum(number << 8 * (3 - place) for place, number in enumerate(first))
    return str(ipaddress.IPv4Address(high + last))


def _number(label: str) -> int:
    if not _NUMBER.fullmatch(label) or len(label) > 50:
        raise ValueError
    if label[:2] in ("0x", "0X"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if label.startswith("0") else 10)


# -- which of them are private ---------------------------------------------------------------

# The IANA registries of special-purpose addresses (RFC 6890); their entries that are no part of
# the public internet. The tables of Python's ipaddress differ from one patch release to the next.
_NOT_PUBLIC_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared behind carriers' NAT; Alibaba's metadata, 100.100.100.200
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # public by its number, and yet Azure's metadata
            "169.254.0.0/16",  # link-local; the metadata of most clouds, 169.254.169.254
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata, 192.0.0.192
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
"""All global unicast addresses; loopback, unique local, link-local, multicast, IPv4-compatible
addresses and the metadata addresses fd00:ec2::254 and fd20:ce::254 lie outside."""

_NOT_PUBLIC_6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which holds IPv4 addresses
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which holds IPv4 addresses
            "3fff::/20",  # documentation
        ),
    )
)
# Addresses that are another way to write an IPv4 address, and are judged by that one: mapped
# ones, and those of a network that has only IPv6 and reaches the rest through NAT64 (RFC 6052).
_IPV4_INSIDE = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; one with a zone never does."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if not any(ip in network for network in _IPV4_INSIDE):
            within = ip in _PUBLIC_6 and ip.scope_id is None
            return within and not any(ip in network for network in _NOT_PUBLIC_6)
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return not any(ip in network for network in _NOT_PUBLIC_4)


# -- names -----------------------------------------------------------------------------------

_NO_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


@dataclass(frozen=True, slots=True)
class _Found:
    """What looking a name up brought.

    Attributes:
        addresses: all of its addresses.
        public: those that everybody may be sent to.
        missing: whether the name does not exist.
        detail: why there is no address.
    """

    addresses: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    missing: bool = False
    detail: str = ""

    @property
    def lasts(self) -> bool:
        """Whether it holds for the whole run; trouble may be over the next time."""
        return bool(self.addresses) or self.missing


class Guard:
    """Finds the addresses of hosts, and refuses those that are not public."""

    def __init__(self, allow_private: bool = False, lookup: Lookup | None = None) -> None:
        """Set what is allowed.

        Args:
            allow_private: whether everything may be asked.
            lookup: how to find the addresses of a name; by default the system's resolver.
        """
        self._allow_private = allow_private
        self._lookup = lookup or _system_lookup
        self._names: dict[str, asyncio.Task[_Found]] = {}
        self._online = False  # whether some name has been found at a public address

    async def addresses(self, host: str, trusted: bool = False) -> tuple[str, ...]:
        """The IP addresses of a host that may be connected to, looked up once a run.

        Args:
            host: `Target.host`: a name, or an IP address, which is its own.
            trusted: whether this one may be private.

        Raises:
            PrivateError: all of them are private.
            NoHostError: the name does not exist.
            NameLookupError: the name could not be looked up.
        """
        free = trusted or self._allow_private
        if host.replace(".", "").isdecimal() or ":" in host:
            found = _Found((host,), (host,) if free or is_public(host) else ())
        elif not free and f".{host.removesuffix('.')}".endswith(".localhost"):
            raise PrivateError("this machine")  # RFC 6761, 6.3, whatever a name server says
        else:
            found = await self._found(host)
        allowed = found.addresses if free else found.public
        if allowed:
            return allowed
        if found.addresses:
            raise PrivateError("an address in a private network")
        raise (NoHostError if found.missing else NameLookupError)(found.detail)

    async def _found(self, name: str) -> _Found:
        """Look a name up, or share the lookup that is under way."""
        task = self._names.get(name)
        if task is None:
            task = self._names[name] = asyncio.create_task(self._find(name))
        # Whoever gives up must not take the answer away from the others.
        found = task.result() if task.done() else await asyncio.shield(task)
        if not found.lasts and self._names.get(name) is task:
            del self._names[name]
        return found

    async def _find(self, name: str) -> _Found:
        if f".{name.removesuffix('.')}".endswith(".invalid"):
            return _Found(missing=True, detail="no name ends in .invalid")  # RFC 6761, 6.4
        try:
            addresses = tuple(dict.fromkeys(await self._lookup(name)))
        except OSError as error:
            return await self._not_found(name, error)
        public = tuple(filter(is_public, addresses))
        self._online |= bool(public)
        return _Found(addresses, public, detail="" if addresses else "the name has no address")

    async def _not_found(self, name: str, error: OSError) -> _Found:
        """Tell a name that does not exist from trouble with looking it up."""
        if error.errno not in _NO_NAME:
            return _Found(detail=f"DNS: {error.strerror or type(error).__name__}")
        if self._online or (name != CONTROL and (await self._found(CONTROL)).public):
            return _Found(missing=True, detail="no such host")
        return _Found(detail="no name can be resolved here")


async def _system_lookup(name: str) -> list[str]:
    """Ask the system's resolver, in a thread."""
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in infos]
