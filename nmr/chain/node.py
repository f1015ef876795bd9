# SPDX-License-Identifier: MIT
"""A node by JSON-RPC over HTTP, one request at a time or many in a batch."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import requests
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from nmr.errors import NmrError

BATCH: Final = 500
"""Requests in a batch: at 500, a longer batch is no faster, and nodes that limit batches often do so at 1,000."""
TIMEOUT: Final = 120.0
"""Seconds that an answer may take."""

_ERROR_SELECTOR: Final = "0x08c379a0"
"""Of `Error(string)`, which a revert with a reason returns."""


class NodeUnreachable(NmrError, ConnectionError):
    """Nobody answers there, or whoever does speaks no JSON-RPC."""


class NodeError(NmrError, RuntimeError):
    """A node answered a request with an error.

    Attributes:
        method: what was asked.
        code: the error's number in JSON-RPC.
        data: what the node adds, such as the data of a revert.
    """

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{method}: {message}")
        self.method = method
        self.code = code
        self.message = message
        self.data = data

    @property
    def reason(self) -> str:
        """A contract's own words when it reverts; the node's where there are none."""
        said = self.message.removeprefix("execution reverted: ")
        if not isinstance(self.data, str) or not self.data.startswith(_ERROR_SELECTOR):
            return said
        try:
            return str(decode(["string"], bytes.fromhex(self.data.removeprefix(_ERROR_SELECTOR)))[0])
        except (ValueError, DecodingError):
            return said


class Node:
    """A node at a URL. Not for several threads at once."""

    def __init__(self, url: str, *, batch: int = BATCH, timeout: float = TIMEOUT) -> None:
        self.url = url
        self._batch = batch
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment is not meant for a node

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request.

        Raises:
            NodeError: it is an error.
            NodeUnreachable: there is none.
        """
        answer = self._post({"jsonrpc": "2.0", "id": 0, "method": method, "params": parameters})
        if not isinstance(answer, dict):
            raise NodeUnreachable(f"{self.url} does not answer as a node does.")
        return _result(method, answer)

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        """The answers to many requests, in their order; an answer that is an error is a `NodeError`, not raised.

        They are taken and sent a batch at a time, each when its first answer is asked for.

        Args:
            requests: method and parameters of each.

        Raises:
            NodeUnreachable: a batch has no answer.
        """
        remaining = iter(requests)
        while part := list(islice(remaining, self._batch)):
            answers = self._post(
                [
                    {"jsonrpc": "2.0", "id": i, "method": method, "params": parameters}
                    for i, (method, parameters) in enumerate(part)
                ]
            )
            if not isinstance(answers, list) or len(answers) != len(part):
                raise NodeUnreachable(f"{self.url} does not take batches of requests.")
            for (method, _), answer in zip(part, sorted(answers, key=lambda answer: int(answer["id"])), strict=True):
                try:
                    yield _result(method, answer)
                except NodeError as error:
                    yield error

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests, in their order.

        Raises:
            NodeError: the first that is an error.
            NodeUnreachable: a batch has no answer.
        """
        answers = []
        for answer in self.try_each((method, each) for each in parameters):
            if isinstance(answer, NodeError):
                raise answer
            answers.append(answer)
        return answers

    def number(self, method: str, *parameters: Any) -> int:
        """An answer that is a quantity. Raises as `ask` does."""
        return int(self.ask(method, *parameters), 16)

    def close(self) -> None:
        """Give up the connection."""
        self._session.close()

    def _post(self, content: Any) -> Any:
        try:
            response = self._session.post(
                self.url,
                data=json.dumps(content, separators=(",", ":")),
                headers={"Content-Type": "application/json"},
                timeout=self._timeout,
            )
            return response.json()
        except requests.JSONDecodeError as error:
            raise NodeUnreachable(f"{self.url} does not answer as a node does.") from error
        except requests.RequestException as error:
            raise NodeUnreachable(f"No node answers at {self.url}.") from error


def quantity(value: int) -> str:
    """An integer as JSON-RPC has it."""
    return hex(value)


def data(value: bytes) -> str:
    """Bytes as JSON-RPC has them."""
    return f"0x{value.hex()}"


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        raise NodeError(method, int(error.get("code", 0)), str(error.get("message", "")), error.get("data"))
    return answer.get("result")
