# SPDX-License-Identifier: MIT
"""A node with bad manners: a proxy in front of a good one that limits, refuses, garbles and stalls, as public ones do.

A mode decides how it behaves; each is one that providers or their gateways are known for.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final

import urllib3

BLOCKS: Final = 5
"""Blocks in a range of logs that it gives at most."""
LOGS: Final = 40
"""Logs in an answer, at most."""
BATCH: Final = 20
"""Requests in a batch, at most."""
STATES: Final = 2
"""Past states that it keeps."""

Request = dict[str, Any]


@dataclass
class Reply:
    """An answer by HTTP; `content` of None hangs up."""

    content: Any
    status: int = 200
    chunked: bool = False


@dataclass
class Upstream:
    """The good node behind, and how often it was asked each thing."""

    url: str
    asked: Counter[str] = field(default_factory=Counter)
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=4))
    _lock: Any = field(default_factory=Lock)

    def forward(self, content: Any) -> Any:
        """What the good node answers."""
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        return self._pool.request("POST", self.url, body=body, headers=headers, timeout=60).json()

    def latest(self) -> int:
        """The number of its latest block."""
        return int(self.forward({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []})["result"], 16)

    def fails_now(self, *requests: Request) -> bool:
        """Whether these requests fail now: the first, third … time that they are made, but for the first of all.

        What comes in one batch fails together, or requests that had turns of their own might do it in turn for ever.
        """
        key = json.dumps([[request["method"], request.get("params")] for request in requests])
        with self._lock:
            self.asked[key] += 1
            return self.asked[key] % 2 == 1 and self.asked.total() > 1


Mode = Callable[[Upstream, Any], Reply]


def error(request: Request | None, code: Any, message: Any) -> Request:
    """An answer that is an error."""
    return {"jsonrpc": "2.0", "id": request and request.get("id"), "error": {"code": code, "message": message}}


def each_request(edit: Callable[[Upstream, Request], Request | None]) -> Mode:
    """A mode that answers some requests by itself, in batches as well; the others are the good node's."""

    def mode(upstream: Upstream, content: Any) -> Reply:
        requests = content if isinstance(content, list) else [content]
        own = {request["id"]: edit(upstream, request) for request in requests}
        kept = [request for request in requests if own[request["id"]] is None]
        answers = {answer["id"]: answer for answer in upstream.forward(kept)} if kept else {}
        replies = [own[request["id"]] or answers[request["id"]] for request in requests]
        return Reply(replies if isinstance(content, list) else replies[0])

    return mode


def _each_answer(edit: Callable[[Upstream, Request, Request], Request]) -> Mode:
    """A mode that changes answers of the good node."""

    def mode(upstream: Upstream, content: Any) -> Reply:
        if not isinstance(content, list):
            return Reply(edit(upstream, content, upstream.forward(content)))
        answers = {answer["id"]: answer for answer in upstream.forward(content)}
        return Reply([edit(upstream, request, answers[request["id"]]) for request in content])

    return mode


def _batches(largest: int, refusal: Reply) -> Mode:
    """A mode that refuses batches of more requests."""

    def mode(upstream: Upstream, content: Any) -> Reply:
        if isinstance(content, list) and len(content) > largest:
            return refusal
        return Reply(upstream.forward(content))

    return mode


def _now_and_then(reply: Reply) -> Mode:
    """A mode that answers each request, or batch of them, in this way every other time."""

    def mode(upstream: Upstream, content: Any) -> Reply:
        requests = content if isinstance(content, list) else [content]
        if upstream.fails_now(*requests):
            return reply
        return Reply(upstream.forward(content))

    return mode


@each_request
def ranges(upstream: Upstream, request: Request) -> Request | None:
    """Logs of few blocks at a time."""
    if request["method"] != "eth_getLogs":
        return None
    [wanted] = request["params"]
    if int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) < BLOCKS:
        return None
    return error(request, -32_600, f"eth_getLogs is limited to a {BLOCKS} range, upgrade for more")


@_each_answer
def few_logs(upstream: Upstream, request: Request, answer: Request) -> Request:
    """Few logs at a time, but for a single block's."""
    if request["method"] != "eth_getLogs" or len(answer.get("result") or ()) <= LOGS:
        return answer
    [wanted] = request["params"]
    if wanted["fromBlock"] == wanted["toBlock"]:
        return answer
    return error(request, -32_005, f"query returned more than {LOGS} results")


@_each_answer
def null_errors(upstream: Upstream, request: Request, answer: Request) -> Request:
    """A field `error` in every answer."""
    return {"error": None, **answer}


@each_request
def text_errors(upstream: Upstream, request: Request) -> Request | None:
    """Every other answer is an error that is a text."""
    return {"id": request["id"], "error": "Too Many Requests"} if upstream.fails_now(request) else None


@each_request
def odd_codes(upstream: Upstream, request: Request) -> Request | None:
    """Every other answer is an error whose code is no number."""
    return error(request, "SERVER_ERROR", None) if upstream.fails_now(request) else None


@each_request
def rate_limits(upstream: Upstream, request: Request) -> Request | None:
    """Every other answer says that there were too many requests, with HTTP 200."""
    return error(request, -32_005, "daily request count exceeded") if upstream.fails_now(request) else None


@_each_answer
def no_ids(upstream: Upstream, request: Request, answer: Request) -> Request:
    """Every other answer has no id."""
    return {key: value for key, value in answer.items() if key != "id"} if upstream.fails_now(request) else answer


@_each_answer
def wrong_ids(upstream: Upstream, request: Request, answer: Request) -> Request:
    """Every other answer is another request's, whose id it has."""
    wrong = {"jsonrpc": "2.0", "id": 4_711, "result": "0x0"}
    return wrong if upstream.fails_now(request) else answer


def _is_pending(request: Request) -> bool:
    return "pending" in (request.get("params") or [])


@each_request
def pending_is_null(upstream: Upstream, request: Request) -> Request | None:
    """No pending block: null."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": None} if _is_pending(request) else None


@each_request
def pending_fails(upstream: Upstream, request: Request) -> Request | None:
    """No pending block: an error."""
    return error(request, -32_000, "pending block is not available") if _is_pending(request) else None


@each_request
def past_is_gone(upstream: Upstream, request: Request) -> Request | None:
    """State of the newest blocks only."""
    position = {"eth_getStorageAt": 2, "eth_getProof": 2, "eth_call": 1, "eth_getCode": 1, "eth_getBalance": 1}
    at = position.get(request["method"])
    block = None if at is None else request["params"][at]
    if block is None or not block.startswith("0x") or int(block, 16) > upstream.latest() - STATES:
        return None
    return error(request, -32_000, f"missing trie node 5fb4 (path ) state of block {int(block, 16)} is not available")


def _is_good(upstream: Upstream, content: Any) -> Reply:
    """What the good node answers."""
    return Reply(upstream.forward(content))


def slow_chunks(upstream: Upstream, content: Any) -> Reply:
    """Answers that come in small pieces."""
    return Reply(upstream.forward(content), chunked=True)


MODES: Final[Mapping[str, Mode]] = {
    "ranges of 5 blocks": ranges,
    "answers of 40 logs": few_logs,
    "batches of 20": _batches(BATCH, Reply(error(None, -32_600, "batch limit exceeded"))),
    "no batches": _batches(0, Reply(error(None, -32_600, "Batch requests are not supported"))),
    "large batches answered with 413": _batches(BATCH, Reply("Request Entity Too Large", 413)),
    "large batches answered with an error without id": _batches(
        BATCH, Reply({"error": {"code": -32_005, "message": "too many requests in a batch"}})
    ),
    "large batches answered with errors of all": _batches(BATCH, Reply([error(None, -32_600, "batch too large")])),
    "error is null": null_errors,
    "errors that are texts": text_errors,
    "codes that are no numbers": odd_codes,
    "limited by an error": rate_limits,
    "answers without id": no_ids,
    "answers with a wrong id": wrong_ids,
    "busy": _now_and_then(Reply({"error": "busy"}, 429)),
    "a page instead of an answer": _now_and_then(Reply("<html>Bad gateway</html>", 502)),
    "hangs up": _now_and_then(Reply(None)),
    "pending block is null": pending_is_null,
    "pending block is an error": pending_fails,
    "past state is gone": past_is_gone,
    "slow pieces": slow_chunks,
}


class IllNode:
    """The proxy: `mode` is how it behaves from now on."""

    def __init__(self, upstream: str) -> None:
        self.mode = ""
        self._act: Mode = _is_good
        self._upstream = Upstream(upstream)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two packets; the second would wait until the first is acknowledged.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = outer._act(outer._upstream, content)
                if reply.content is None:
                    self.close_connection = True
                    return
                body = reply.content if isinstance(reply.content, str) else json.dumps(reply.content)
                self.send_response(reply.status)
                if reply.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    for piece in _pieces(body.encode()):
                        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                        self.wfile.flush()
                        time.sleep(0.002)
                    self.wfile.write(b"0\r\n\r\n")
                else:
                    self.send_header("Content-Length", str(len(body.encode())))
                    self.end_headers()
                    self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def behave(self, mode: str, act: Mode | None = None) -> None:
        """Behave in a mode from now on, as if nothing had been asked before: one of `MODES`, or another."""
        self._upstream.asked.clear()
        self.mode = mode
        self._act = MODES[mode] if act is None else act

    def be_good(self) -> None:
        """Let the good node answer from now on."""
        self.behave("good", _is_good)

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def ill_node(upstream: str) -> Iterator[IllNode]:
    """A proxy in front of a good node."""
    node = IllNode(upstream)
    try:
        yield node
    finally:
        node.close()


def _pieces(body: bytes, size: int = 4_096) -> Sequence[bytes]:
    return [body[:1], *(body[start : start + size] for start in range(1, len(body), size))]
