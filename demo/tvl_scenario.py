# SPDX-License-Identifier: MIT
"""One and the same stake counted twice: the scenario of $4M and $20M, on a chain of its own with the real contracts.

First most of the stake lies in three wallets of the operator, "earmarked" by accounts off the chain, and a small
contract holds the rest; then all of it is in escrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ape.api import AccountAPI, ProviderAPI
from ape.managers.project import LocalProject

from nmr.ape.project import ApeDeployer, compiled, record_of
from nmr.ape.rpc import rpc_of
from nmr.client.lens import LensReader
from nmr.client.session import Session
from nmr.deploy.local import DEPLOYER, HOUR, MARKET, OPERATOR, STAKERS, local_parameters
from nmr.deploy.suite import deploy_suite
from nmr.protocol.reference.rounds import Terms
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from nmr.tvl.figures import Figures, Price

PRICE: Final = "10"
"""Dollars for an NMR."""
IN_CONTRACT: Final = 400_000 * NMR
"""What the small contract holds; a quarter of it is at risk in an open round."""
EARMARKED: Final = (700_000 * NMR, 500_000 * NMR, 400_000 * NMR)
"""What each of the operator's wallets holds for stakers."""
WALLETS: Final = range(11, 14)
"""Accounts that play these wallets."""


@dataclass(frozen=True)
class Act:
    """A moment of the scenario: the figures, and wei in each wallet of the operator."""

    title: str
    figures: Figures
    earmarked: dict[str, int]


def play(project: LocalProject, provider: ProviderAPI, accounts: Sequence[AccountAPI]) -> tuple[Act, Act]:
    """Deploy the suite and bring the stakes first into wallets, then into escrow.

    Args:
        project: with the contracts.
        provider: an embedded chain, which is changed.
        accounts: the chain's test accounts.
    """
    contracts = compiled(project)
    deployer = ApeDeployer(contracts, accounts[DEPLOYER])
    suite = deploy_suite(deployer, local_parameters([account.address for account in accounts]))
    lens = LensReader(Session(record_of(suite, contracts, deployer), rpc_of(provider)))
    [tournament] = suite.tournaments.values()
    market, staker = accounts[MARKET], accounts[STAKERS[0]]
    wallets = [accounts[number] for number in WALLETS]

    def look(title: str) -> Act:
        number = lens.latest
        figures = lens.figures(number).priced(Price.parse(PRICE))
        return Act(title, figures, lens.balances([wallet.address for wallet in wallets], number))

    suite.numeraire.transfer(staker, IN_CONTRACT, sender=market)
    model = _deposit(suite, tournament, staker, IN_CONTRACT - IN_CONTRACT // 4)
    terms = _terms(int(provider.get_block("pending").timestamp))
    tournament.open_round(tournament.due_round(), tuple(terms), b"\x22" * 32, sender=accounts[OPERATOR])
    tournament.stake(model, IN_CONTRACT // 4, sender=staker)
    for wallet, amount in zip(wallets, EARMARKED, strict=True):
        suite.numeraire.transfer(wallet, amount, sender=market)
    before = look("Stakes in the operator's wallets, and a small contract")
    for wallet, amount in zip(wallets, EARMARKED, strict=True):
        _deposit(suite, tournament, wallet, amount)
    return before, look("The same stakes, everything in escrow")


def _deposit(suite: Any, tournament: Any, account: AccountAPI, amount: int) -> int:
    """Register a model, bring NMR into its idle, and allow the tournament the rest."""
    model = int(tournament.model_count())
    suite.numeraire.approve(tournament, 2**256 - 1, sender=account)
    tournament.register("legacy", ZERO_ADDRESS, sender=account)
    tournament.deposit(model, amount, account.address, sender=account)
    return model


def _terms(now: int) -> Terms:
    locks_at = now + 100 * HOUR
    return Terms(
        primary=5_000,
        contribution=20_000,
        clip=5 * 10**10,
        threshold=0,
        sealing_key=b"\x11" * 32,
        locks_at=locks_at,
        resolves_at=locks_at + 24 * HOUR,
        expires_at=locks_at + 224 * HOUR,
        window=24 * HOUR,
    )
