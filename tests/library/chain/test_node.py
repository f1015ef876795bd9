# SPDX-License-Identifier: MIT
"""The JSON-RPC client, against a server that answers as told."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from eth_abi.abi import encode

from nmr.chain.node import Node, NodeError, NodeUnreachable, data, pending_or_latest, quantity, safe_url
from nmr.deploy.anvil import free_port

Answer = Callable[[Any], Any]


class Server:
    """Answers each request with what `answer` makes of it; keeps the requests."""

    def __init__(self) -> None:
        self.answer: Answer = lambda content: {"id": 1, "result": "0x1"}
        self.asked: list[Any] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(content)
                answer = outer.answer(content)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def node(server: Server) -> Node:
    return Node(server.url, batch=3)


def doubled(content: Any) -> Any:
    """Twice the parameter of each request, in the reverse order."""
    if isinstance(content, dict):
        return {"id": content["id"], "result": 2 * content["params"][0]}
    return [{"id": each["id"], "result": 2 * each["params"][0]} for each in reversed(content)]


def test_ask__result__is_given(node: Node, server: Server) -> None:
    assert node.ask("eth_call", {"to": "0x"}, "latest") == "0x1"
    assert server.asked == [{"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": "0x"}, "latest"]}]


def test_number__quantity__is_an_integer(node: Node, server: Server) -> None:
    server.answer = lambda content: {"id": 1, "result": "0x7a69"}
    assert node.number("eth_chainId") == 31_337


def test_ask__error__is_raised_with_its_code(node: Node, server: Server) -> None:
    server.answer = lambda content: {"id": 1, "error": {"code": -32_601, "message": "Method not found"}}
    with pytest.raises(NodeError, match="eth_wish: Method not found") as error:
        node.ask("eth_wish")
    assert (error.value.code, error.value.reason) == (-32_601, "Method not found")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (data(bytes.fromhex("08c379a0") + encode(["string"], ["models: no such model"])), "models: no such model"),
        (data(bytes.fromhex("08c379a0") + b"\x01"), "models: garbled"),
        ("0x", "models: garbled"),
        (None, "models: garbled"),
    ],
)
def test_reason__revert__is_the_contracts_own(node: Node, server: Server, answer: str | None, reason: str) -> None:
    message = "execution reverted: models: garbled" if answer is None or len(answer) < 20 else "models: garbled"
    server.answer = lambda content: {"id": 1, "error": {"code": 3, "message": message, "data": answer}}
    with pytest.raises(NodeError) as error:
        node.ask("eth_call")
    assert error.value.reason == reason


@pytest.mark.parametrize("answer", [b"<html>", b""])
def test_ask__no_json_rpc__is_unreachable(node: Node, server: Server, answer: bytes) -> None:
    server.answer = lambda content: answer
    with pytest.raises(NodeUnreachable, match=f"{server.url} does not answer as a node does"):
        node.ask("eth_chainId")


def test_ask__nobody_there__is_unreachable() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NodeUnreachable, match=f"No node answers at {url}"):
        Node(url).ask("eth_chainId")


def test_ask_all__many__come_in_batches_and_in_order(node: Node, server: Server) -> None:
    server.answer = doubled
    assert node.ask_all("double", [[i] for i in range(7)]) == [0, 2, 4, 6, 8, 10, 12]
    assert [len(asked) if isinstance(asked, list) else 1 for asked in server.asked] == [3, 3, 1]


def test_ask_all__none__asks_nothing(node: Node, server: Server) -> None:
    assert node.ask_all("double", []) == []
    assert server.asked == []


def test_ask_all__one_error__is_raised(node: Node, server: Server) -> None:
    server.answer = lambda content: [
        {"id": each["id"], **({"error": {"code": 3, "message": "no"}} if each["params"] == [1] else {"result": 0})}
        for each in content
    ]
    with pytest.raises(NodeError, match="double: no"):
        node.ask_all("double", [[0], [1], [2]])


def test_try_each__one_error__is_among_the_answers(node: Node, server: Server) -> None:
    server.answer = lambda content: [
        {"id": each["id"], **({"error": {"code": 3, "message": "no"}} if each["method"] == "b" else {"result": 0})}
        for each in content
    ]
    answers = list(node.try_each([("a", []), ("b", []), ("a", [])]))
    assert [type(answer) for answer in answers] == [int, NodeError, int]
    assert answers[1].method == "b"


def test_try_each__reader_stops__sends_no_further_batch(node: Node, server: Server) -> None:
    server.answer = doubled
    next(node.try_each(("double", [i]) for i in range(7)))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        {"id": None, "error": {"code": -32_600, "message": "no batches"}},
        {"error": "too many"},
        [],
        [{"id": "x"}],
        [{"result": 1}],
        3,
    ],
)
def test_try_each__node_takes_no_batches__is_asked_one_by_one(node: Node, server: Server, refusal: Any) -> None:
    server.answer = lambda content: doubled(content) if isinstance(content, dict) else refusal
    assert node.ask_all("double", [[i] for i in range(4)]) == [0, 2, 4, 6]
    assert node.ask_all("double", [[1]]) == [2]


def test_try_each__node_takes_two_at_a_time__gets_smaller_batches(node: Node, server: Server) -> None:
    server.answer = lambda content: doubled(content) if len(content) <= 2 or isinstance(content, dict) else []
    assert node.ask_all("double", [[i] for i in range(6)]) == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_try_each__node_takes_few_at_a_time__leaves_no_request_out(server: Server, most: int) -> None:
    server.answer = lambda content: doubled(content) if isinstance(content, dict) or len(content) <= most else []
    assert Node(server.url, batch=8).ask_all("double", [[i] for i in range(23)]) == [2 * i for i in range(23)]


def test_ask__answer_to_another_request__is_asked_for_again(server: Server) -> None:
    answers = iter([{"id": 7, "result": "0x2"}, {"result": "0x3"}, {"id": 1, "result": "0x4"}])
    server.answer = lambda content: next(answers)
    assert Node(server.url, sleep=lambda _: None).ask("eth_chainId") == "0x4"


def test_ask__range_that_is_refused__is_not_asked_for_again(server: Server) -> None:
    server.answer = lambda content: {"id": 1, "error": {"code": -32_005, "message": "more than 10000 results"}}
    with pytest.raises(NodeError, match="more than 10000 results"):
        Node(server.url).ask("eth_getLogs", {})
    assert len(server.asked) == 1


@pytest.mark.parametrize("first", [None, NodeError("x", -32_000, "pending block is not available")])
def test_pending_or_latest__node_without_a_pending_block__asks_about_the_latest(first: Any) -> None:
    asked: list[str] = []

    def ask(block: str) -> Any:
        asked.append(block)
        if block == "pending" and first is not None:
            raise first
        return None if block == "pending" else "0x1"

    assert pending_or_latest(ask) == "0x1"
    assert asked == ["pending", "latest"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"id": 1}, "the answer has no result"),
        ({"id": 1, "error": "text"}, "text"),
        ({"id": 1, "error": {"code": "x", "message": None}}, "None"),
        ([], "the answer is no object of JSON-RPC"),
    ],
)
def test_ask__odd_answer__is_an_error_of_the_node_after_all_attempts(server: Server, answer: Any, reason: str) -> None:
    waited: list[float] = []
    server.answer = lambda content: answer
    with pytest.raises(NodeError, match=reason):
        Node(server.url, sleep=waited.append).ask("eth_chainId")
    assert waited == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_ask__error_that_is_null__is_no_error(node: Node, server: Server) -> None:
    server.answer = lambda content: {"id": 1, "error": None, "result": "0x1"}
    assert node.ask("eth_chainId") == "0x1"


def test_safe_url__url_with_a_key__leaves_it_out() -> None:
    assert safe_url("https://user:secret@node.example:8545/v3/key?token=x") == "https://node.example:8545"


def test_quantity_and_data__values__are_hexadecimal() -> None:
    assert (quantity(0), quantity(255), data(b""), data(b"\x01\xff")) == ("0x0", "0xff", "0x", "0x01ff")
