# SPDX-License-Identifier: MIT
"""Who is told what and when: alarms, their repetition, deadlines by the chain alone, and what a log leaves out."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from nmr.operate.alarms import Alarm, Bell, alarms
from nmr.operate.duties import Duty, DutyKind, Wait
from nmr.operate.log import ServiceLog
from nmr.operate.season import Alerts
from nmr.operate.telling import NotTold, beat, tell_alarm
from nmr.operate.watching import Deadline, deadline_of, watch_alarms
from nmr.protocol.reference.rounds import Round, State
from tests.library.operate.seasons import season
from tests.library.operate.views import DAY, HOUR, LOCKS_AT, NOON, view
from tests.support.terms import terms

LIST = Duty(DutyKind.LIST, 5, NOON + 7 * HOUR)
ALARM = Alarm("round 5: lock", "Round 5: lock (1h left). Why.", 5, NOON + HOUR, HOUR)


@pytest.mark.parametrize(
    ("now", "patient", "told"),
    [(NOON, True, False), (NOON + HOUR - 1, True, False), (NOON + HOUR, True, True), (NOON, False, True)],
)
def test_alarms__something_waits__tells_near_the_deadline_or_what_nobody_else_mends(now, patient, told):
    found = alarms(Alerts(within=6 * HOUR), now, [Wait(LIST, "No key", patient)], [])

    assert bool(found) == told


def test_alarms__no_deadline__is_not_told_while_time_brings_it():
    assert alarms(Alerts(), NOON, [Wait(Duty(DutyKind.PROPOSE, 5), "Fetched once")], []) == []


def test_alarms__tried_in_vain__says_why_and_what_is_left():
    [alarm] = alarms(Alerts(), NOON, [], [(LIST, "The disk is full.")])

    assert alarm == Alarm(
        "round 5: publish the opening list",
        "Round 5: publish the opening list (7h left). The disk is full.",
        5,
        NOON + 7 * HOUR,
        7 * HOUR,
    )


def test_bell__same_alarm__rings_again_after_a_while_and_at_once_when_it_comes_back():
    bell = Bell(repeat=600)

    assert bell.due([ALARM], 0.0) == [ALARM]
    assert bell.due([ALARM], 599.0) == []
    assert bell.due([ALARM], 600.0) == [ALARM]
    assert bell.due([], 601.0) == []
    assert bell.due([ALARM], 602.0) == [ALARM]


@pytest.mark.parametrize(
    ("what", "deadline"),
    [
        (view(State.OPEN), None),
        (view(State.ENDED), Deadline(5, "lock", "It has to be locked", LOCKS_AT + DAY)),
        (view(State.OPENED), None),
        (view(State.PROPOSED), None),
        (view(State.VOID), None),
        (view(State.CLOSED), None),
    ],
)
def test_deadline_of__round_in_a_state__is_what_somebody_has_to_do(what, deadline):
    assert deadline_of(what) == deadline


def test_watch_alarms__deadline_is_near__tells_it():
    near = LOCKS_AT + DAY - 6 * HOUR

    [alarm] = watch_alarms([view(State.LOCKED, now=near, locked=True)], within=6 * HOUR)

    assert alarm.about == "round 5: publish"
    assert alarm.left == 6 * HOUR
    assert alarm.text.endswith("and the list of them published, and 6h are left.")
    assert watch_alarms([view(State.LOCKED, now=near - 1, locked=True)], within=6 * HOUR) == []


def test_watch_alarms__settlement_is_due_before_the_next_lock__tells_it():
    following = Round(terms(NOON - 21 * HOUR))

    [alarm] = watch_alarms([view(State.FINAL, following=following)], within=6 * HOUR)

    assert (alarm.about, alarm.until) == ("round 5: settle", NOON + 2 * HOUR)


def test_watch_alarms__deadline_was_missed__says_what_it_costs():
    [alarm] = watch_alarms([view(State.EXPIRED, now=LOCKS_AT + DAY, locked=True)], within=0)

    assert alarm.text == "Round 5: no opening list in time. Its stakes settle without rewards and burns."


def test_watch_alarms__round_was_not_opened__tells_half_way_through_its_time(tmp_path):
    rules = {"within": 0, "season": season(tmp_path), "opened_at": NOON - DAY}

    [alarm] = watch_alarms([], now=NOON + HOUR, **rules)

    assert alarm.text == "No round was opened 1h ago, and 1h are left."
    assert watch_alarms([], now=NOON + HOUR - 1, **rules) == []
    assert watch_alarms([], now=NOON + HOUR, **rules | {"opened_at": NOON}) == []


@pytest.mark.parametrize("as_json", [True, False])
def test_log__secrets_and_foreign_text__are_left_out_and_escaped(as_json):
    written = []
    log = ServiceLog(written.append, lambda: 0.0, as_json=as_json)

    log.tell("done", "Read https://user:secret@node.example/key9 and \x1b[31mred", url="s3://user:secret@bucket/x?key9")

    [line] = written
    assert "secret" not in line
    assert "key9" not in line
    assert "\x1b" not in line
    if as_json:
        assert json.loads(line)["time"] == "1970-01-01T00:00:00+00:00"
        assert json.loads(line)["event"] == "done"


@pytest.fixture
def server():
    """A server that keeps what it is told, and answers with `status`."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def do_GET(self):
            heard.append(self.path)
            self.send_response(Handler.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", heard, Handler
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_tell_alarm__webhook_and_command__both_get_it_as_json(server, tmp_path: Path):
    url, heard, _ = server
    told = tmp_path / "told"

    tell_alarm(Alerts(webhook=f"{url}/hook", command=("tee", str(told))), ALARM)

    assert heard == [ALARM.facts, "/hook"]
    assert json.loads(told.read_text()) == ALARM.facts


def test_tell_alarm__webhook_refuses__tells_the_command_and_says_so(server, tmp_path: Path):
    url, _, handler = server
    handler.status = 500
    told = tmp_path / "told"

    with pytest.raises(NotTold, match=r"^http://127\.0\.0\.1:\d+/… answers with HTTP 500\.$"):
        tell_alarm(Alerts(webhook=f"{url}/secret", command=("tee", str(told))), ALARM)

    assert told.exists()


def test_tell_alarm__nobody_is_there__says_so_without_the_secret():
    rules = Alerts(webhook="http://127.0.0.1:9/secret", command=("false",))

    with pytest.raises(NotTold) as caught:
        tell_alarm(rules, ALARM)

    assert "secret" not in str(caught.value)
    assert str(caught.value).endswith("; false ends with exit code 1.")


def test_beat__heartbeat__asks_its_url(server):
    url, heard, handler = server

    beat(Alerts(heartbeat=f"{url}/beat"))
    beat(Alerts())
    handler.status = 404

    assert heard == ["/beat"]
    with pytest.raises(NotTold, match="answers with HTTP 404"):
        beat(Alerts(heartbeat=f"{url}/beat"))
