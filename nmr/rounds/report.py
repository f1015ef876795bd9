# SPDX-License-Identifier: MIT
"""Rounds in words and in plain values, for people and for programs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nmr.protocol.lanes import place_of
from nmr.protocol.reference.rounds import EMPTY_BYTES32, State
from nmr.rounds.status import STATE_WORDS, Missed, Next, RoundView, describe_next, what_next, what_was_missed
from nmr.rounds.terms import describe_terms, plain_terms
from nmr.text.amounts import FACTOR_PLACES, RATIO_PLACES, format_fixed, format_nmr
from nmr.text.times import format_moment

STATES: Final[dict[State, str]] = {
    State.OPEN: "stakes, too, may still come and go",
    State.ENDED: "it takes nothing more, and waits for its lock",
    State.LOCKED: "stakes are fixed, and submissions still sealed",
    State.OPENED: "the list of valid submissions stands, scores do not",
    State.PROPOSED: "scores stand, and can be vetoed",
    State.FINAL: "scores stand, and stakes can be settled",
    State.VOID: "the guardian ended it, without burns or rewards",
    State.EXPIRED: "not resolved in time, without burns or rewards",
    State.CLOSED: "nothing waits in it",
}
"""What each state means."""

LIST_HEADINGS: Final = ("round", "state", "next", "by", "at stake NMR", "locks at", "until")


def describe_round(view: RoundView, positions: Mapping[int, int], typed: Callable[[str], str] = str) -> dict[str, str]:
    """All about a round for people, by name.

    Args:
        view: the round.
        positions: model -> stake that waits in it.
        typed: what to type for a command on the same suite.
    """
    info = view.info
    facts = {"round": str(view.id), "state": f"{STATE_WORDS[view.state]}: {STATES[view.state]}"}
    facts |= describe_terms(info.terms, view.now)
    if info.locked:
        facts |= {
            "at risk": f"{format_nmr(info.at_risk)} NMR",
            "factor": format_fixed(info.factor, FACTOR_PLACES),
            "effective clip": format_fixed(info.clip, RATIO_PLACES),
            "granted": f"{format_nmr(info.granted)} NMR",
        }
    if info.opened_list != EMPTY_BYTES32:
        facts["opened list"] = _hex(info.opened_list)
    if info.final_at:
        facts |= {
            "root": _hex(info.root),
            "chunks": str(info.chunks),
            "evidence": _hex(info.evidence),
            "final at": format_moment(info.final_at, view.now),
        }
    groups = len({place_of(model)[0] for model in positions})
    facts["waits"] = f"{format_nmr(info.staked)} NMR of {len(positions):,} models in {groups:,} groups"
    missed = what_was_missed(view)
    if missed is not None:
        facts["missed"] = f"{missed.what} by {format_moment(missed.by, view.now)}. {missed.cost}."
    facts["next"] = describe_next(what_next(view), lambda at: format_moment(at, view.now), typed)
    if view.caution:
        facts["caution"] = view.caution
    return facts


def plain_round(view: RoundView, positions: Mapping[int, int], typed: Callable[[str], str] = str) -> dict[str, Any]:
    """All about a round for programs."""
    info = view.info
    return {
        "round": view.id,
        "state": state_word(view.state),
        "terms": plain_terms(info.terms),
        "locked": info.locked,
        "at_risk": format_nmr(info.at_risk) if info.locked else None,
        "factor": format_fixed(info.factor, FACTOR_PLACES) if info.locked else None,
        "clip": format_fixed(info.clip, RATIO_PLACES) if info.locked else None,
        "granted": format_nmr(info.granted) if info.locked else None,
        "opened_list": _hex_or_none(info.opened_list),
        "root": _hex_or_none(info.root),
        "chunks": info.chunks or None,
        "evidence": _hex_or_none(info.evidence),
        "final_at": info.final_at or None,
        "waiting": {
            "nmr": format_nmr(info.staked),
            "models": len(positions),
            "groups": len({place_of(model)[0] for model in positions}),
        },
        "missed": plain_missed(what_was_missed(view)),
        "now": view.now,
        "successor": view.successor or None,
        "next": plain_next(what_next(view), typed),
        "caution": view.caution,
    }


def list_row(view: RoundView) -> Sequence[str]:
    """A round in a line, below `LIST_HEADINGS`."""
    following = what_next(view)
    return (
        str(view.id),
        STATE_WORDS[view.state],
        following.step if following else "",
        (following.who or "time") if following else "",
        format_nmr(view.info.staked),
        format_moment(view.info.terms.locks_at),
        format_moment(following.until) if following and following.until is not None else "",
    )


def list_entry(view: RoundView, typed: Callable[[str], str] = str) -> dict[str, Any]:
    """A round in a list for programs."""
    terms = view.info.terms
    return {
        "round": view.id,
        "state": state_word(view.state),
        "staked": format_nmr(view.info.staked),
        "locks_at": terms.locks_at,
        "resolves_at": terms.resolves_at,
        "expires_at": terms.expires_at,
        "next": plain_next(what_next(view), typed),
    }


def plain_next(following: Next | None, typed: Callable[[str], str] = str) -> dict[str, Any] | None:
    """What has to happen next, for programs; None if nothing has to."""
    if following is None:
        return None
    return {
        "step": following.step,
        "what": following.what,
        "who": following.who,
        "until": following.until,
        "command": typed(following.command) if following.command else None,
    }


def plain_missed(missed: Missed | None) -> dict[str, Any] | None:
    """What did not happen in time, for programs; None if nothing."""
    return None if missed is None else {"what": missed.what, "by": missed.by, "cost": missed.cost}


def state_word(state: State) -> str:
    """The protocol's word for a state, for programs."""
    return state.name.lower()


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _hex_or_none(value: bytes) -> str | None:
    return None if value == EMPTY_BYTES32 else _hex(value)
