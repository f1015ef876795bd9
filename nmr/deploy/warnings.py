# SPDX-License-Identifier: MIT
"""What is allowed and undoes a protection all the same: said before a deployment, and before a round is opened.

`docs/networks.md` has a table of all of them by their names.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from nmr.deploy.suite import SuiteParameters, TournamentParameters
from nmr.protocol.reference.rounds import LONGEST_EXPIRY, LONGEST_RESOLVE, SHORTEST_OPEN, SHORTEST_WINDOW, Terms
from nmr.text.amounts import RATIO, RATIO_PLACES, SUPPLY, format_fixed, format_nmr
from nmr.text.times import format_duration

TIGHT_CLIP: Final = RATIO // 20
"""The largest clip that is said nothing about: one false root pays or burns at most 5% of a stake."""
HOURS_TO_LEAVE: Final = 24
"""Hours, of the chain's own, for which a round should be open at least, so that everybody can see it and leave."""


class Caution(NamedTuple):
    """A protection that is undone: its name in the table, and one sentence."""

    name: str
    sentence: str


def deployment_cautions(parameters: SuiteParameters) -> list[Caution]:
    """What a deployment's parameters undo."""
    cautions = []
    if len(parameters.executors) == 1:
        [executor] = parameters.executors
        cautions.append(
            Caution(
                "one executor",
                f"Only {executor} can execute in the timelock: without its key nobody acts as owner any more.",
            )
        )
    reserve = SUPPLY - sum(parameters.holders.values())
    ceilings = sum(tournament.limits.ceiling for tournament in parameters.tournaments.values())
    if ceilings > reserve:
        cautions.append(
            Caution(
                "ceilings above the treasury",
                f"The ceilings come to {format_nmr(ceilings)} NMR and the treasury gets {format_nmr(reserve)} NMR: "
                "what one tournament reserves, another may lack.",
            )
        )
    for name, tournament in parameters.tournaments.items():
        cautions += _of_tournament(name, tournament, parameters)
        cautions += _of_limits(name, tournament, reserve)
    return cautions


def round_cautions(terms: Terms, *, now: int, hour: int, delay: int | None) -> list[Caution]:
    """What a round's terms undo.

    Args:
        terms: of the round that is to be opened.
        now: the chain's time, unix seconds.
        hour: seconds in an hour of the hard limits.
        delay: of the timelock that owns the tournament, in seconds; None if no timelock owns it.
    """
    cautions = []
    if terms.clip > TIGHT_CLIP:
        cautions.append(_loose_clip("The clip", terms.clip))
    if terms.locks_at - now < HOURS_TO_LEAVE * hour:
        cautions.append(_short_open("The round is open for", terms.locks_at - now, hour))
    if terms.threshold == 0:
        cautions.append(
            Caution("no threshold", "There is no threshold: payouts do not shrink, however much is at stake.")
        )
    if delay is None:
        cautions.append(
            Caution(
                "owner without a delay", "No timelock owns the tournament: operator and guardian can change at once."
            )
        )
    else:
        cautions += _short_delay(delay, "the round", terms.window, terms.expires_at - terms.locks_at)
    return cautions


def _of_tournament(name: str, tournament: TournamentParameters, parameters: SuiteParameters) -> Iterator[Caution]:
    bounds, hour = tournament.bounds, parameters.hour
    if tournament.operator in parameters.proposers:
        yield Caution(
            "operator proposes",
            f"The operator of {name} is a proposer of the timelock, too: it can propose the bounds that limit it.",
        )
    window = max(bounds.min_window, SHORTEST_WINDOW * hour)
    held = min(bounds.max_resolve, LONGEST_RESOLVE * hour) + min(bounds.max_expiry, LONGEST_EXPIRY * hour)
    yield from _short_delay(parameters.delay, f"a round of {name}", window, held)
    if bounds.max_clip > TIGHT_CLIP:
        yield _loose_clip(f"max_clip of {name}", bounds.max_clip)
    shortest = max(bounds.min_open, SHORTEST_OPEN * hour)
    if shortest < HOURS_TO_LEAVE * hour:
        yield _short_open(f"A round of {name} may be open for", shortest, hour)


def _of_limits(name: str, tournament: TournamentParameters, reserve: int) -> Iterator[Caution]:
    limits, ring = tournament.limits, tournament.ring
    if limits.ceiling >= reserve:
        yield Caution(
            "ceiling bounds nothing",
            f"The ceiling of {name}, {format_nmr(limits.ceiling)} NMR, is all that the treasury gets: a false root "
            "after another could take all of it.",
        )
    if limits.ceiling < ring * limits.cap:
        full = limits.ceiling // limits.cap
        yield Caution(
            "tight ceiling",
            f"The ceiling of {name}, {format_nmr(limits.ceiling)} NMR, holds {full} of the {ring} rounds that may be "
            f"unresolved at once, at the cap of {format_nmr(limits.cap)} NMR: further rounds pay by a smaller clip, or "
            "nothing.",
        )
    if limits.rate == 0:
        yield Caution(
            "no rate",
            f"{name} has no rate: what its rounds pay never comes back to the ceiling, and one day no round pays.",
        )


def _short_delay(delay: int, which: str, window: int, held: int) -> Iterator[Caution]:
    if delay < window:
        yield Caution(
            "delay below the window",
            f"The timelock's delay of {format_duration(delay)} is shorter than the window of {which}, "
            f"{format_duration(window)}: the guardian could be replaced before it vetoes a root.",
        )
    if delay < held:
        yield Caution(
            "delay below the round",
            f"The timelock's delay of {format_duration(delay)} is shorter than {which} may hold stakes, "
            f"{format_duration(held)}: operator and guardian could change before a staker can leave.",
        )


def _loose_clip(what: str, clip: int) -> Caution:
    share = format_fixed(100 * clip, RATIO_PLACES)
    return Caution("loose clip", f"{what} is {share}%: one false root can pay or burn so much of a stake, above 5%.")


def _short_open(what: str, seconds: int, hour: int) -> Caution:
    return Caution(
        "short open time",
        f"{what} {format_duration(seconds)}, less than {format_duration(HOURS_TO_LEAVE * hour)}: "
        "who does not look in time cannot leave before the lock.",
    )
