# SPDX-License-Identifier: MIT
"""Every refusal of the contracts that a command can meet is explained."""

import re
from pathlib import Path

import pytest

from nmr.text.reasons import EXPLANATIONS, explain
from tests.support.contracts import CONTRACTS, module_paths, source_path

NAMES = ("Tournament", "TermsCheck", "Pool", "PoolFactory", "Buyback")
SOURCES = [*map(source_path, NAMES), *module_paths()]
REASON = re.compile(r'"([a-z_0-9]+: [^"]+)"')
PROGRAMME = CONTRACTS / "buyback" / "modules" / "programme_limits.vy"
CONSTRUCTOR_ONLY = {
    "buyback: feed is no contract",
    "buyback: owner is the zero address",
    "buyback: sequencer is no contract",
    "buyback: stablecoin has more than 18 decimals",
    "buyback: stablecoin is NMR",
    "buyback: stablecoin is no contract",
    "buyback: token is the zero address",
    "buyback: treasury is the zero address",
    *REASON.findall(PROGRAMME.read_text()),
    "factory: blueprint has no code",
    "factory: smallest stake too low",
    "factory: tournament has no code",
    "pool: no manager",
    "hours: an hour has 3600 seconds",
    "ledger: min_stake out of range",
    "ledger: token has no code",
    "rounds: first round too large",
    "rounds: hours differ",
    "rounds: ring is out of range",
    "rounds: terms check has no code",
    "rounds: treasury has no code",
}
"""What only a deployment can meet."""


def reasons_of(path: Path) -> set[str]:
    return set(REASON.findall(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_explanations__every_reason_of_a_module__is_explained(path):
    assert reasons_of(path) - CONSTRUCTOR_ONLY - EXPLANATIONS.keys() == set()


def test_explanations__constructor_only__stand_in_the_sources():
    assert set().union(*map(reasons_of, SOURCES)) >= CONSTRUCTOR_ONLY


def test_explanations__of_the_contracts_own_modules__stand_in_the_sources():
    """No explanation outlives its reason; those of snekmate's modules are not in our sources."""
    own = {path.stem for path in SOURCES} | {"terms"}
    explained = {reason for reason in EXPLANATIONS if reason.partition(":")[0] in own}
    assert explained <= set().union(*map(reasons_of, SOURCES))


def test_explanations__sources__have_reasons():
    assert len(set().union(*map(reasons_of, SOURCES))) > 50


@pytest.mark.parametrize("sentence", EXPLANATIONS.values())
def test_explanations__each__is_a_sentence(sentence):
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_explain__unknown__repeats_the_reason():
    assert explain("vault: is empty") == "The contract refuses: vault: is empty."
    assert explain("") == "The contract refuses: it gives no reason."
