# SPDX-License-Identifier: MIT
"""What a service measures, for Prometheus, and whether it lives: both on loopback only."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

from nmr.client.lens import LensReader
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.deploy.anvil import LOOPBACK, PortTaken
from nmr.errors import NmrError
from nmr.operate.watching import deadline_of
from nmr.operate.working import Pass
from nmr.protocol.reference.rounds import FREED, State
from nmr.rounds.status import view_round
from nmr.text.amounts import NMR

STALE: Final = 600.0
"""Seconds after the last look at the chain from which a service counts as dead."""


class Metrics:
    """The figures of one service."""

    def __init__(self, session: Session, rounds: Rounds, clock: Callable[[], float]) -> None:
        """
        Args:
            session: of the suite.
            rounds: of the tournament.
            clock: unix seconds.
        """
        self._rounds = rounds
        self._lens = LensReader(session)
        self._clock = clock
        self._last: float | None = None
        self.registry = CollectorRegistry()
        self._looked_at = self._gauge("nmr_last_look_timestamp_seconds", "When the chain was read last.")
        self._failures = Counter("nmr_failures", "Looks at the chain that failed.", registry=self.registry)
        self._done = Counter("nmr_duties_done", "Duties that were done.", registry=self.registry)
        self._gas = Counter("nmr_gas_used", "Gas that the service's transactions used.", registry=self.registry)
        self._troubles = self._gauge("nmr_troubles", "Duties that were tried in vain and are still due.")
        self._waits = self._gauge("nmr_waits", "Duties that wait for something.")
        self._alarms = self._gauge("nmr_alarms", "Alarms besides those of duties.")
        self._lag = self._gauge("nmr_node_lag_seconds", "From the node's newest block to this machine's clock.")
        labels = ("round", "step")
        self._left = self._gauge("nmr_deadline_seconds", "Seconds until a round's next deadline.", labels)
        self._states = self._gauge("nmr_round_state", "1 for the state that a round is in.", ("round", "state"))
        self._staked = self._gauge("nmr_waiting_nmr", "NMR that waits to be settled.", ("round",))
        self._submitted = self._gauge("nmr_submissions", "Models that committed to a file.", ("round",))
        self._reserved = self._gauge("nmr_treasury_reserved_nmr", "NMR that the treasury has reserved.")
        self._free = self._gauge("nmr_treasury_free_nmr", "NMR that the treasury holds and has not reserved.")
        self._room = self._gauge("nmr_treasury_room_nmr", "NMR that the tournament may still reserve now.")

    @property
    def alive(self) -> bool:
        """Whether the chain was read a short time ago."""
        return self._last is not None and self._clock() - self._last < STALE

    def take(self, done: Pass | None) -> None:
        """Take what came of a look; None if nothing could be read."""
        if done is None:
            self._failures.inc()
            return
        self._last = self._clock()
        self._looked_at.set(self._last)
        self._done.inc(done.done)
        self._gas.inc(done.gas)
        self._troubles.set(len(done.troubles))
        self._waits.set(len(done.plan.waits))
        self._alarms.set(len(done.alarms))
        try:
            self._read()
        except NmrError:
            self._failures.inc()

    def _gauge(self, name: str, about: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, about, labels, registry=self.registry)

    def _read(self) -> None:
        """Read what is only measured."""
        rounds = self._rounds
        rounds.refresh()
        for gauge in (self._left, self._states, self._staked, self._submitted):
            gauge.clear()
        for number in rounds.recent():
            view = view_round(rounds, number)
            if view.state == State.CLOSED:
                continue
            self._states.labels(number, view.state.name.lower()).set(1)
            due = deadline_of(view)
            if due is not None:
                self._left.labels(number, due.step).set(due.until - view.now)
            if view.state in {State.FINAL, *FREED}:
                self._staked.labels(number).set(view.info.staked / NMR)
            if view.state == State.OPEN:
                self._submitted.labels(number).set(len(rounds.counting(number)))
        figures = self._lens.figures(rounds.block)
        self._lag.set(self._clock() - figures.timestamp)
        self._reserved.set(figures.reserved / NMR)
        self._free.set(figures.treasury_free / NMR)
        room = next((each.room for each in figures.escrows if each.tournament == rounds.address), 0)
        self._room.set(room / NMR)


@contextmanager
def serve_metrics(metrics: Metrics, port: int) -> Iterator[int]:
    """Serve `/metrics` and `/health` on loopback; gives the port.

    Raises:
        PortTaken: somebody else listens there.
    """
    measured = make_wsgi_app(metrics.registry)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return cast(Iterable[bytes], measured(environ, start))
            case "/health":
                alive = metrics.alive
                start("200 OK" if alive else "503 Service Unavailable", [("Content-Type", "text/plain")])
                return [b"alive\n" if alive else b"the chain was not read for a while\n"]
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics or /health\n"]

    try:
        server = make_server(LOOPBACK, port, answer, handler_class=_Quiet)
    except OSError as error:
        raise PortTaken(f"Metrics cannot be served at port {port}: {error.strerror}.") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Say nothing of a request."""
