# SPDX-License-Identifier: MIT
"""TVL under each definition in use, from the same figures: how one chain yields several numbers, and why.

docs/tvl.md has the definitions in prose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nmr.errors import NmrError
from nmr.text.amounts import show_nmr
from nmr.tvl.figures import NO_POOLS, Figures, InPools


class TvlError(NmrError, ValueError):
    """A question about TVL that has no answer."""


@dataclass(frozen=True)
class Definition:
    """One definition of TVL and its figure.

    Attributes:
        name: what it counts.
        wei: the figure.
        formula: from what it is computed.
        used_by: who publishes or uses it.
        answers: the question that it answers.
    """

    name: str
    wei: int
    formula: str
    used_by: str
    answers: str


def definitions(
    figures: Figures, earmarked: Mapping[str, int] | None = None, in_pools: InPools = NO_POOLS
) -> list[Definition]:
    """Every definition with its figure.

    Args:
        figures: of all tournaments that the treasury ever authorised.
        earmarked: wei in each wallet of the operator that is said to hold stakes.
        in_pools: what waits in pools.

    Raises:
        TvlError: a wallet is a contract of the suite, and counted already.
    """
    wallets = dict(earmarked or {})
    for escrow in figures.escrows:
        if escrow.tournament in wallets:
            raise TvlError(f"{escrow.tournament} is a tournament of the suite, and counted already: it is no wallet.")
    registry = sum(escrow.balance for escrow in figures.escrows)
    reserved = figures.reserved + figures.reserved_elsewhere
    found = [
        Definition(
            "at risk only",
            figures.at_risk,
            "Σ staked(round), opened",
            "risk models, payout forecasts",
            "What can burn?",
        ),
        Definition(
            "at risk and waiting",
            figures.at_risk + figures.waiting,
            "Σ staked(round)",
            "forecasts of rounds to come",
            "What is in rounds, or goes into one unless its owner leaves?",
        ),
        Definition(
            "everything in escrow",
            figures.tvl,
            "Σ idle + at risk + waiting",
            "this suite: the TVL of the lens",
            "What do users have locked here?",
        ),
        Definition(
            "registry instances",
            registry,
            "Σ NMR of getInstance(i)",
            "public TVL adapters",
            "What do the known contracts hold?",
        ),
        Definition(
            "escrow and reserved rewards",
            figures.tvl + reserved,
            "escrow + reserved",
            "reports on solvency",
            "What is committed to open rounds?",
        ),
        Definition(
            "escrow and treasury",
            figures.tvl + figures.treasury_balance,
            "escrow + NMR of the treasury",
            "some dashboards, as TVL with treasury",
            "What does the protocol control?",
        ),
    ]
    if in_pools.pools:
        found.append(
            Definition(
                "escrow and pools",
                figures.tvl + in_pools.waiting,
                "escrow + Σ owed of pools",
                "adapters that list pools",
                "What do users have here, orders and claims in pools too?",
            )
        )
    if wallets:
        inside = sum(wallets.values())
        found += [
            Definition(
                "earmarked wallets",
                inside,
                f"Σ NMR of {len(wallets)} wallet{'s' if len(wallets) != 1 else ''}",
                "nobody alone",
                "What is said to be staked and is not in escrow?",
            ),
            Definition(
                "instances and earmarked wallets",
                registry + inside,
                "registry instances + earmarked wallets",
                "an operator with off-chain accounting",
                "What does the operator say is staked?",
            ),
        ]
    return found


def reasons(figures: Figures, earmarked: Mapping[str, int] | None = None, in_pools: InPools = NO_POOLS) -> list[str]:
    """Why the figures differ: a sentence for each difference, with its amount."""
    wallets = dict(earmarked or {})
    found = []
    if figures.idle:
        found.append(
            f"Escrow is more than what is at risk by what is idle, {_nmr(figures.idle)}: "
            "its owners can withdraw it now, and no round can burn it."
        )
    if figures.waiting:
        found.append(
            f"Escrow is more than what is at risk by what waits, {_nmr(figures.waiting)}: it was kept for rounds that "
            "are not opened yet, no round can burn it, and its owners can take it back until those lock."
        )
    if figures.donations:
        found.append(
            f"Registry instances are more than escrow by donations, {_nmr(figures.donations)}: "
            "NMR sent to a tournament that belongs to no model."
        )
    if figures.shortfall:
        found.append(f"Escrow is short: tournaments hold {_nmr(figures.shortfall)} less than models own.")
    reserved = figures.reserved + figures.reserved_elsewhere
    if reserved:
        found.append(f"Reserved rewards, {_nmr(reserved)}, lie in the treasury and are nobody's stake yet.")
    if figures.treasury_free:
        found.append(
            f"The treasury holds {_nmr(figures.treasury_free)} that nobody has reserved: the protocol's, not users'."
        )
    if in_pools.waiting:
        found.append(
            f"In pools {_nmr(in_pools.waiting)} wait, as orders to enter and as claims: they are in no tournament. "
            "What backers have at stake is their pools' models', and counted there, once."
        )
    inside = sum(wallets.values())
    if inside:
        found.append(
            f'{_nmr(inside)} lie in wallets of the operator, "earmarked" by accounts that the chain does not have: '
            "an adapter cannot count them, since nothing on chain says that they are stakes, or whose."
        )
    return found


def scenario_verdict(before: tuple[Figures, Mapping[str, int]], after: tuple[Figures, Mapping[str, int]]) -> str:
    """The scenario in a sentence: the two published figures and the reason.

    Args:
        before, after: figures, at a known price, and earmarked wallets, before the stakes came into escrow and after.
    """

    def millions(figures: Figures, wei: int) -> str:
        worth = figures.price.dollars(wei)
        return "unknown" if worth is None else f"${worth // 10**12}M"

    (old, wallets), (new, _) = before, after
    small = sum(escrow.balance for escrow in old.escrows)
    return (
        f"An adapter saw {millions(old, small)} where {millions(old, small + sum(wallets.values()))} was staked, since "
        f"{millions(old, sum(wallets.values()))} lay in the operator's wallets. With everything in escrow the same "
        f"adapter, unchanged, sees {millions(new, sum(escrow.balance for escrow in new.escrows))}."
    )


def _nmr(wei: int) -> str:
    return f"{show_nmr(wei)} NMR"
