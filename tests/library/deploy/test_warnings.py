# SPDX-License-Identifier: MIT
"""What undoes a protection is said, by deployment parameters and by terms, and the shipped examples undo none."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from nmr.deploy.parameters import read_parameters
from nmr.deploy.suite import HOUR, SuiteParameters
from nmr.deploy.warnings import Caution, deployment_cautions, round_cautions
from nmr.protocol.reference.rounds import Bounds, Terms
from nmr.rounds.terms import build_terms, check_terms, read_terms
from nmr.text.amounts import RATIO, SUPPLY

DOCS = Path(__file__).parents[3] / "docs"
DAY = 24 * HOUR
NOW = 1_700_000_000
AHEAD = HOUR // 30


@pytest.fixture
def example() -> SuiteParameters:
    return read_parameters(DOCS / "deployment.example.toml", local=False)


@pytest.fixture
def bounds(example) -> Bounds:
    return example.tournaments["classic"].bounds


@pytest.fixture
def terms(bounds) -> Terms:
    given = read_terms(DOCS / "terms.example.toml")
    built = build_terms(given, bounds, hour=HOUR, now=NOW, sealing_key=b"\1" * 32)
    check_terms(built, bounds, hour=HOUR, now=NOW, ahead=AHEAD)
    return built


def names(cautions: list[Caution]) -> list[str]:
    return [caution.name for caution in cautions]


def with_bounds(parameters: SuiteParameters, **bounds: int) -> list[Caution]:
    """The cautions of parameters whose tournament has other bounds."""
    classic = parameters.tournaments["classic"]
    changed = replace(classic, bounds=classic.bounds._replace(**bounds))
    return deployment_cautions(replace(parameters, tournaments={"classic": changed}))


def with_parts(parameters: SuiteParameters, **parts: object) -> list[Caution]:
    """The cautions of parameters with other values."""
    return deployment_cautions(replace(parameters, **parts))


def of_round(terms: Terms, *, delay: int | None = 365 * DAY, **changed: int) -> list[Caution]:
    return round_cautions(terms._replace(**changed), now=NOW, hour=HOUR, delay=delay)


def with_limits(parameters: SuiteParameters, **limits: int) -> list[Caution]:
    """The cautions of parameters whose tournament may reserve something else."""
    classic = parameters.tournaments["classic"]
    changed = replace(classic, limits=classic.limits._replace(**limits))
    return deployment_cautions(replace(parameters, tournaments={"classic": changed}))


def test_deployment_cautions__shipped_example__undoes_nothing(example):
    assert deployment_cautions(example) == []


def test_deployment_cautions__shipped_daily_example__is_open_for_less_than_a_day():
    daily = read_parameters(DOCS / "deployment.daily.toml", local=False)
    assert names(deployment_cautions(daily)) == ["short open time"]


def test_deployment_cautions__ceiling__is_compared_with_treasury_and_ring(example):
    limits, reserve = example.tournaments["classic"].limits, SUPPLY - sum(example.holders.values())
    assert with_limits(example, ceiling=reserve - 1) == []
    assert names(with_limits(example, ceiling=reserve)) == ["ceiling bounds nothing"]
    assert names(with_limits(example, ceiling=reserve + 1)) == ["ceilings above the treasury", "ceiling bounds nothing"]
    assert with_limits(example, ceiling=4 * limits.cap) == []
    [caution] = with_limits(example, ceiling=4 * limits.cap - 1)
    assert (caution.name, "holds 3 of the 4 rounds" in caution.sentence) == ("tight ceiling", True)


def test_deployment_cautions__no_rate__is_named(example):
    assert names(with_limits(example, rate=0)) == ["no rate"]


def test_round_cautions__shipped_terms_under_the_shipped_deployment__undo_nothing(example, terms):
    assert of_round(terms, delay=example.delay) == []


def test_deployment_cautions__clip_above_a_twentieth__is_loose(example):
    assert with_bounds(example, max_clip=RATIO // 20) == []
    [caution] = with_bounds(example, max_clip=RATIO // 5)
    assert caution.name == "loose clip"
    assert caution.sentence == (
        "max_clip of classic is 20%: one false root can pay or burn so much of a stake, above 5%."
    )


def test_deployment_cautions__open_for_less_than_a_day__is_short(example):
    assert with_bounds(example, min_open=DAY) == []
    [caution] = with_bounds(example, min_open=DAY - 1)
    assert caution.name == "short open time"
    # What the owner's bound allows and the contract does not, no round has.
    [shortest] = with_bounds(example, min_open=0)
    assert "may be open for 2h, less than 1d" in shortest.sentence


def test_deployment_cautions__delay_below_what_a_round_may_hold__is_short(example, bounds):
    held = bounds.max_resolve + bounds.max_expiry
    assert with_parts(example, delay=held) == []
    assert names(with_parts(example, delay=held - 1)) == ["delay below the round"]
    assert names(with_parts(example, delay=bounds.min_window - 1)) == [
        "delay below the window",
        "delay below the round",
    ]
    # Beyond the hard limits no bound counts.
    assert with_bounds(example, max_resolve=10**6 * DAY)[0].sentence.count("134d") == 1


def test_deployment_cautions__one_executor__is_named(example):
    [caution] = with_parts(example, executors=example.executors[:1])
    assert caution.name == "one executor"
    assert example.executors[0] in caution.sentence


def test_deployment_cautions__operator_as_a_proposer__is_named(example):
    operator = example.tournaments["classic"].operator
    [caution] = with_parts(example, proposers=(*example.proposers, operator))
    assert caution.name == "operator proposes"


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"clip": RATIO // 20 + 1}, "loose clip"),
        ({"locks_at": NOW + DAY - 1}, "short open time"),
        ({"threshold": 0}, "no threshold"),
    ],
)
def test_round_cautions__terms_that_undo_a_protection__are_named(terms, changed, name):
    assert names(of_round(terms, **changed)) == [name]


def test_round_cautions__owner__is_compared_with_the_round(terms):
    held = terms.expires_at - terms.locks_at
    assert names(of_round(terms, delay=None)) == ["owner without a delay"]
    assert of_round(terms, delay=held) == []
    assert names(of_round(terms, delay=held - 1)) == ["delay below the round"]
    assert names(of_round(terms, delay=terms.window - 1)) == ["delay below the window", "delay below the round"]


def test_cautions__all_of_them__are_one_sentence_and_a_row_of_the_table(example, terms):
    every = [
        *with_parts(example, delay=1, executors=example.executors[:1]),
        *with_parts(example, proposers=(example.tournaments["classic"].operator,)),
        *with_bounds(example, max_clip=RATIO, min_open=1),
        *of_round(terms, delay=None, clip=RATIO, threshold=0, locks_at=NOW),
        *of_round(terms, delay=1),
        *with_limits(example, ceiling=SUPPLY, rate=0),
        *with_limits(example, ceiling=1),
    ]
    for caution in every:
        assert caution.sentence.endswith(".") and "\n" not in caution.sentence
        assert ". " not in caution.sentence
    section = (DOCS / "networks.md").read_text().partition("## Warnings")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| ([^|]*?) \|", section, re.MULTILINE)) - {"warning", "---"} == set(names(every))
