# SPDX-License-Identifier: MIT
"""What a service measures, served on loopback; and the files by which Prometheus and Grafana read it."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from nmr.deploy.anvil import PortTaken, free_port
from nmr.operate.duties import Plan
from nmr.operate.metrics import STALE, Metrics, serve_metrics
from nmr.operate.working import Pass
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR
from tests.library.operate.views import DAY, LOCKS_AT, NOON, view

DOCS = Path(__file__).parents[3] / "docs" / "operate"
PROMTOOL = shutil.which("promtool")


class Clock:
    """A clock that is set by hand."""

    now = float(NOON)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def measured(monkeypatch):
    """Metrics of a tournament with a round that waits to be locked and one to be settled, and its clock."""
    views = {5: view(State.ENDED), 4: view(State.FINAL, number=4, staked=3 * NMR), 3: view(State.CLOSED, number=3)}

    class Rounds:
        ring, block, address = 4, 7, "0x1"

        def refresh(self):
            pass

        def recent(self):
            return sorted(views)

    class Lens:
        def __init__(self, session):
            pass

        def figures(self, block):
            escrow = type("Escrow", (), {"tournament": "0x1", "room": 5 * NMR})
            parts = {"timestamp": NOON - 30, "reserved": 2 * NMR, "treasury_free": 9 * NMR, "escrows": [escrow]}
            return type("Figures", (), parts)

    monkeypatch.setattr("nmr.operate.metrics.view_round", lambda rounds, number: views[number])
    monkeypatch.setattr("nmr.operate.metrics.LensReader", Lens)
    clock = Clock()
    return Metrics(None, Rounds(), clock), clock


def figures(port: int) -> dict[str, float]:
    """What is served, by name and labels."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def test_metrics__after_a_look__say_deadlines_stakes_and_the_treasury(measured):
    metrics, _ = measured
    metrics.take(Pass(NOON, Plan((), ()), done=2, gas=70_000))
    metrics.take(None)

    with serve_metrics(metrics, free_port()) as port:
        found = figures(port)

    assert found['nmr_deadline_seconds{round="5",step="lock"}'] == LOCKS_AT + DAY - NOON
    assert found['nmr_round_state{round="5",state="ended"}'] == 1
    assert found['nmr_waiting_nmr{round="4"}'] == 3
    assert not any('round="3"' in name for name in found)
    assert found["nmr_treasury_reserved_nmr"] == 2
    assert found["nmr_treasury_free_nmr"] == 9
    assert found["nmr_treasury_room_nmr"] == 5
    assert found["nmr_node_lag_seconds"] == 30
    assert found["nmr_duties_done_total"] == 2
    assert found["nmr_gas_used_total"] == 70_000
    assert found["nmr_failures_total"] == 1


def test_health__chain_was_not_read_for_a_while__is_503(measured):
    metrics, clock = measured
    with serve_metrics(metrics, free_port()) as port:
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
        metrics.take(Pass(NOON, Plan((), ())))
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/health").read() == b"alive\n"
        clock.now += STALE
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")


def test_serve_metrics__port_is_taken__says_so(measured):
    metrics, _ = measured
    with (
        serve_metrics(metrics, free_port()) as port,
        pytest.raises(PortTaken, match=f"port {port}"),
        serve_metrics(metrics, port),
    ):
        pass


def names_in(expressions: str) -> set[str]:
    """The metrics that expressions of Prometheus name."""
    return set(re.findall(r"\bnmr_[a-z_]+\b", expressions))


def test_files__rules_and_dashboard__name_metrics_that_are_served(measured):
    metrics, _ = measured
    metrics.take(Pass(NOON, Plan((), ())))
    with serve_metrics(metrics, free_port()) as port:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    served = names_in(text)
    rules = (DOCS / "alerts.yml").read_text()
    board = json.loads((DOCS / "dashboard.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]

    assert names_in(rules) and names_in(rules) <= served
    assert len(shown) > 8
    assert names_in("\n".join(shown)) <= served
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_rules__parsed__are_rules_of_prometheus():
    [group] = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"]
    rules = group["rules"]

    assert len({rule["alert"] for rule in rules}) == len(rules) > 0
    for rule in rules:
        assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch(r"[0-9]+[smhd]", rule.get("for", "0s"))
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        assert all(rule["expr"].count(opened) == rule["expr"].count(closed) for opened, closed in ("()", "[]", "{}"))


@pytest.mark.skipif(PROMTOOL is None, reason="this machine has no promtool")
def test_rules__promtool__finds_no_fault():
    command = [str(PROMTOOL), "check", "rules", str(DOCS / "alerts.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (checked.returncode, "SUCCESS" in checked.stdout) == (0, True), checked.stderr
