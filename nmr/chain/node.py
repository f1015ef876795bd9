# SPDX-License-Identifier: MIT
"""A node by JSON-RPC over HTTP: one request at a time or many in a batch, with patience for nodes of all kinds."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from nmr.chain.abi import AbiError, decode
from nmr.errors import NmrError

BATCH: Final = 500
"""Requests in a batch: at 500, a longer batch is no faster, and nodes that limit batches often do so at 1,000."""
TIMEOUT: Final = 60.0
"""Seconds that an answer may take."""
ATTEMPTS: Final = 6
"""How often a request is made before it counts as failed."""
FIRST_PAUSE: Final = 0.5
"""Seconds before the second attempt; each further pause is twice as long."""
LARGEST: Final = 2**28
"""Bytes of an answer, at most: a node that sends more is asked for less at a time."""
NO_SUCH_METHOD: Final = -32_601
LATEST: Final = "latest"
PENDING: Final = "pending"
FINALIZED: Final = "finalized"
LIMITED: Final = -32_005
"""A node's code for too much: of requests, or in an answer."""

_ERROR_SELECTOR: Final = "0x08c379a0"
"""Of `Error(string)`, which a revert with a reason returns."""
_BUSY: Final = (429, 502, 503, 504)
"""HTTP answers after which the same request is made again."""
_TOO_LARGE: Final = 413
_ID: Final = 1
"""Of the first request in a batch. Some gateways take 0 for no id."""
_PIECE: Final = 2**16
"""Bytes of an answer that are read at once."""
_RANGED: Final = frozenset({"eth_getLogs"})
"""What is asked of a range: after a failure its reader asks for less, and not for the same again."""
_REVERT: Final = 3
"""The code of an error that is a revert."""


class NodeUnreachable(NmrError, ConnectionError):
    """Nobody answers there, or whoever does speaks no JSON-RPC."""


class NodeBusy(NodeUnreachable):
    """A node asks to be asked again later."""


class NodeError(NmrError, RuntimeError):
    """A node answered a request with an error.

    Attributes:
        method: what was asked.
        code: the error's number in JSON-RPC; 0 where it has none.
        data: what the node adds, such as the data of a revert.
    """

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{method}: {message}")
        self.method = method
        self.code = code
        self.message = message
        self.data = data

    @property
    def reverted(self) -> bool:
        """Whether a contract refused a call, so that the node did what it was asked."""
        return self.code == _REVERT or "revert" in self.message or self.reason != self.message

    @property
    def reason(self) -> str:
        """A contract's own words when it reverts; the node's where there are none."""
        said = self.message.removeprefix("execution reverted: ")
        # hardhat's network nests it, and others write a word before it.
        told = self.data.get("data") if isinstance(self.data, dict) else self.data
        _, selector, encoded = told.partition(_ERROR_SELECTOR) if isinstance(told, str) else ("", "", "")
        if not selector:
            return said
        try:
            return str(decode(["string"], bytes.fromhex(encoded))[0])
        except (ValueError, AbiError):
            return said


class Rpc(Protocol):
    """Whatever answers JSON-RPC: a node, or a chain in this process."""

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request. Raises `NodeError` or `NodeUnreachable`."""

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        """The answers to many requests, in their order; an answer that is an error is a `NodeError`, not raised."""

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests of a method, in their order. Raises the first that is an error."""


def url_refused(url: str) -> str | None:
    """Why this is no URL of a node, in one sentence; None if it is one."""
    if url.startswith(("http://", "https://")):
        return None
    return f"{url!r} is no URL of a node: write http://… or https://…."


class Node:
    """A node at a URL. Not for several threads at once."""

    def __init__(
        self,
        url: str,
        *,
        batch: int = BATCH,
        timeout: float = TIMEOUT,
        largest: int = LARGEST,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            url: where it answers; what stands in it beside the host never stands in a message.
            batch: requests in a batch, at most; fewer once the node has refused as many.
            timeout: seconds that an answer may take.
            largest: bytes that an answer may have.
            sleep: waits between two attempts.
        """
        self.url = url
        self._batch = batch
        self._timeout = timeout
        self._largest = largest
        self._sleep = sleep
        self._answered = False

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request.

        Raises:
            NodeError: it is an error, after all attempts.
            NodeUnreachable: there is none, after all attempts.
        """
        for pause in pauses():
            try:
                return self._ask_once(method, parameters)
            except NodeBusy:
                pass
            except NodeUnreachable:
                # A node that never answered is not there: nobody wants to wait for it.
                if not self._answered or method in _RANGED:
                    raise
            except NodeError as error:
                if not _passes(error) or method in _RANGED:
                    raise
            self._sleep(pause)
        return self._ask_once(method, parameters)

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        """The answers to many requests, in their order; an answer that is an error is a `NodeError`, not raised.

        They are taken and sent a batch at a time, each when its first answer is asked for. A node that does not take a
        batch gets smaller ones from then on, at last single requests.

        Args:
            requests: method and parameters of each.

        Raises:
            NodeUnreachable: a request has no answer.
        """
        remaining = iter(requests)
        while part := list(islice(remaining, self._batch)):
            yield from self._answers(part)

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests of a method, in their order.

        Raises:
            NodeError: the first that is an error.
            NodeUnreachable: a request has no answer.
        """
        return ask_all(self, method, parameters)

    def number(self, method: str, *parameters: Any) -> int:
        """An answer that is a quantity. Raises as `ask` does."""
        return number(method, self.ask(method, *parameters))

    def close(self) -> None:
        """Give up the connection."""
        self._pool.clear()

    def _answers(self, part: Sequence[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        size = self._batch
        if len(part) > size:
            # The node may take fewer from the first of these on.
            for start in range(0, len(part), size):
                yield from self._answers(part[start : start + size])
            return
        if len(part) > 1:
            answers = self._batch_once(part)
            if answers is None:
                self._batch = max(1, len(part) // 2)
                yield from self._answers(part)
                return
        else:
            answers = [None]
        for (method, parameters), answer in zip(part, answers, strict=True):
            if answer is None or (isinstance(answer, NodeError) and _passes(answer)):
                try:
                    yield self.ask(method, *parameters)
                except NodeError as error:
                    yield error
            else:
                yield answer[0] if isinstance(answer, tuple) else answer

    def _batch_once(self, part: Sequence[tuple[str, Sequence[Any]]]) -> list[Any] | None:
        """An answer in a tuple, a `NodeError` or None for each; None at all if the node does not take the batch."""
        content = [
            {"jsonrpc": "2.0", "id": i, "method": method, "params": parameters}
            for i, (method, parameters) in enumerate(part, start=_ID)
        ]
        try:
            replies = self._post(content)
        except NodeUnreachable:
            if not self._answered:
                raise
            return None
        if not isinstance(replies, list):
            return None
        found: list[Any] = [None] * len(part)
        for reply in replies:
            number = reply.get("id") if isinstance(reply, dict) else None
            if isinstance(number, int) and not isinstance(number, bool) and 0 <= number - _ID < len(part):
                place = number - _ID
                try:
                    found[place] = (_result(part[place][0], reply),)
                except NodeError as error:
                    found[place] = error
        return found if any(answer is not None for answer in found) else None

    def _ask_once(self, method: str, parameters: Sequence[Any]) -> Any:
        reply = self._post({"jsonrpc": "2.0", "id": _ID, "method": method, "params": parameters})
        if not isinstance(reply, dict):
            raise NodeError(method, 0, "the answer is no object of JSON-RPC")
        # A node that cannot read a request answers with an error that has no id.
        if reply.get("id") != _ID and (reply.get("id") is not None or reply.get("error") is None):
            raise NodeError(method, 0, "the answer is to another request")
        return _result(method, reply)

    def _post(self, content: Any) -> Any:
        try:
            response = self._pool.request(
                "POST",
                self.url,
                body=json.dumps(content, separators=(",", ":")).encode(),
                headers={"Content-Type": "application/json"},
                timeout=self._timeout,
                retries=False,
                preload_content=False,
            )
            body = self._body(response)
            response.release_conn()
        except (urllib3.exceptions.HTTPError, ValueError, OSError):
            raise NodeUnreachable(f"No node answers at {safe_url(self.url)}.") from None
        if response.status in _BUSY:
            self._answered = True
            raise NodeBusy(f"The node at {safe_url(self.url)} is busy (HTTP {response.status}).")
        if response.status == _TOO_LARGE:
            return None
        if len(body) > self._largest:
            response.close()
            return None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            told = f" (HTTP {response.status})" if response.status >= 400 else ""
            raise NodeUnreachable(f"{safe_url(self.url)} does not answer as a node does{told}.") from None
        self._answered = True
        return answer

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """An answer's bytes, and no more than `largest` and a piece. Raises `TimeoutError` when it takes too long."""
        deadline = time.monotonic() + self._timeout
        pieces, size = [], 0
        while size <= self._largest and (piece := response.read1(_PIECE)):
            pieces.append(piece)
            size += len(piece)
            if time.monotonic() > deadline:
                response.close()
                raise TimeoutError
        return b"".join(pieces)

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        """Loopback never goes through a proxy; all else as the environment says."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        proxy = None if is_loopback(host) or proxy_bypass(host) else getproxies().get(parts.scheme)
        return urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()


def ask_all(rpc: Rpc, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
    """The answers to many requests of a method, in their order. Raises the first that is an error."""
    answers = []
    for answer in rpc.try_each((method, each) for each in parameters):
        if isinstance(answer, NodeError):
            raise answer
        answers.append(answer)
    return answers


def try_each(rpc: Rpc, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
    """The answers to many requests, asked one by one; an answer that is an error is a `NodeError`, not raised."""
    for method, parameters in requests:
        try:
            yield rpc.ask(method, *parameters)
        except NodeError as error:
            yield error


def pending_or_latest(ask: Callable[[str], Any]) -> Any:
    """An answer about the pending block; about the latest one from a node that knows no pending block.

    Args:
        ask: asks about the block of that name.

    Raises:
        NodeError, NodeUnreachable: as `ask` does about the latest.
    """
    try:
        found = ask(PENDING)
    except NodeError:
        found = None
    return ask(LATEST) if found is None else found


def pauses() -> list[float]:
    """Seconds to wait before each attempt after the first."""
    return [FIRST_PAUSE * 2**i for i in range(ATTEMPTS - 1)]


def number(method: str, answer: Any) -> int:
    """A quantity in an answer.

    Raises:
        NodeError: it is none.
    """
    try:
        return int(answer, 16)
    except (TypeError, ValueError):
        raise NodeError(method, 0, f"{str(answer)[:40]!r} is no quantity") from None


def content(method: str, answer: Any) -> bytes:
    """The bytes in an answer.

    Raises:
        NodeError: it has none.
    """
    try:
        return bytes.fromhex(answer.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise NodeError(method, 0, f"{str(answer)[:40]!r} are no bytes") from None


def quantity(value: int) -> str:
    """An integer as JSON-RPC has it."""
    return hex(value)


def data(value: bytes) -> str:
    """Bytes as JSON-RPC has them."""
    return f"0x{value.hex()}"


def safe_url(url: str) -> str:
    """A URL as far as a message may repeat it: without user, password, path and query, where keys stand."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme or 'http'}://{parts.hostname or '?'}{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _passes(error: NodeError) -> bool:
    """Whether the same request may be answered a moment later."""
    return error.code in (0, LIMITED) and not error.reverted


def _result(method: str, reply: dict[str, Any]) -> Any:
    error = reply.get("error")
    if error is None:
        if "result" not in reply:
            raise NodeError(method, 0, "the answer has no result")
        return reply["result"]
    if not isinstance(error, dict):
        raise NodeError(method, 0, str(error))
    code = error.get("code", 0)
    told = code if isinstance(code, int) and not isinstance(code, bool) else 0
    raise NodeError(method, told, str(error.get("message", "")), error.get("data"))
