"""What servers on loopback share: they run in a thread of their own, from `with` to its end."""

from socketserver import BaseServer
from threading import Thread
from types import TracebackType
from typing import Self

_POLL = 0.01  # seconds until a server sees that it is to end


class Loopback:
    """A server that is there from `with` to its end."""

    _server: BaseServer

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
