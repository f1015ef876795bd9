"""`ape run audit` and `ape run tvl` of a suite with a buyback, on the embedded chain."""

import json

import pytest

from nmr.deploy.buyback_setup import LOCAL_PROGRAMME
from nmr.deploy.record import read_record, record_path

GUARDIAN, GOVERNOR, KEEPER = "TEST::2", "TEST::3", "TEST::4"


@pytest.fixture
def done(run):
    """Runs a command that has to go through, and gives what it printed."""

    def invoke(*arguments):
        result = run(*arguments)
        assert result.exit_code == 0, result.stderr + result.stdout
        return result.stdout

    return invoke


@pytest.fixture
def filled(local_suite, done, chain, project, records):
    """A buyback with two lots and a fill of each, the second at a higher reference; its contract."""

    def wait(seconds):
        chain.pending_timestamp += seconds
        chain.mine()

    done("buyback", "local")
    for _ in range(2):
        done("buyback", "kick", "--account", KEEPER)
        wait(LOCAL_PROGRAMME.length - 300)
        done("buyback", "take", "--account", KEEPER)
        done("buyback", "set-price", "15.40", "--account", KEEPER)
        wait(LOCAL_PROGRAMME.length + LOCAL_PROGRAMME.gap)
    part = read_record(record_path(records, "ethereum", "local")).parts["buyback"]
    return project.Buyback.at(part.address, fetch_from_explorer=False)


def test_audit__after_a_buyback__agrees_and_counts_it(filled, done):
    report = json.loads(done("audit", "--json"))
    assert report["agrees"] is True
    figures = report["figures"]["buybacks"]["buyback"]
    assert (figures["paid"], figures["bought"]) == (str(filled.total_paid()), str(filled.total_bought()))
    assert (figures["lots"], figures["fills"]) == (2, 2)
    assert report["compared"]["buyback"] == {"compared": 3, "differ": 0}
