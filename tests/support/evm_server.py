# SPDX-License-Identifier: MIT
"""A chain of py-evm behind HTTP, as commands ask a node; what it answers can be changed on the way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from nmr.chain.node import NodeError, Rpc

Lie = Callable[[str, Any], Any]
"""Takes a method and the true answer, and gives what is answered; it may raise `NodeError`."""


@contextmanager
def served(node: Rpc, lie: Lie = lambda _, answer: answer) -> Iterator[str]:
    """The URL at which the chain answers."""
    lock = Lock()

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        about = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            with lock:
                return {**about, "result": lie(request["method"], node.ask(request["method"], *request["params"]))}
        except NodeError as error:
            return {**about, "error": {"code": error.code, "message": error.message}}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two packets; the second would wait until the first is acknowledged.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            replies = [reply(each) for each in content] if isinstance(content, list) else reply(content)
            body = json.dumps(replies).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
