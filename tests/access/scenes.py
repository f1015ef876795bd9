# SPDX-License-Identifier: MIT
"""How every scene is reached. What happens in one is undone by whoever tries it, with an anchor."""

from collections.abc import Callable
from typing import Any, Final

from nmr.protocol.chunk_tree import encode, leaf_of
from nmr.protocol.reference import Terms
from nmr.protocol.score_words import encode_word
from nmr.text.amounts import NMR
from tests.access import rules
from tests.access.rules import (
    BACKER,
    BUYBACK_GUARDIAN,
    DEPLOYER,
    EXECUTOR,
    GUARDIAN,
    MANAGER,
    MODEL_OWNER,
    NEIGHBOUR,
    OPERATOR,
    OTHER_GUARDIAN,
    OTHER_MODEL_OWNER,
    OWNER,
    PROPOSER,
    STRANGER,
)
from tests.access.world import DELAY, FIRST_ROUND, HOUR, MAX_WINDOW, WINDOW, World
from tests.support.programme import FIFTEEN, PROGRAMME
from tests.support.terms import terms as terms_of_tests

ROUND: Final = FIRST_ROUND
OPENED_LIST, EVIDENCE, SEALED, FILE_HASH, PACKAGE = (bytes([fill]) * 32 for fill in (1, 2, 3, 4, 5))
CHUNK: Final = encode([encode_word(0, [(3_000_000, 1_000_000), (-3_000_000, 0), (0, 0), (0, 0)])])
"""Model 0 wins, model 1 loses."""
ROOT: Final = leaf_of(CHUNK)
LONG_AGO: Final = PROGRAMME.max_age + 1
NOTHING = bytes(32)


def terms(now: int) -> Terms:
    """Terms of a round that is opened now."""
    return terms_of_tests(now, HOUR, clip=10**11, opens_for=2 * HOUR, expires_in=80 * HOUR)


# tournament


def _open(world: World, round_id: int) -> None:
    world.do(OPERATOR, "Tournament", "open_round", round_id, tuple(terms(world.chain.now)), PACKAGE)


def _opened(world: World) -> None:
    _open(world, ROUND)
    # Below the targets, so that entering moves something.
    world.do(MODEL_OWNER, "Tournament", "stake", 0, 20 * NMR)
    world.do(OTHER_MODEL_OWNER, "Tournament", "stake", 1, 30 * NMR)
    world.do(MODEL_OWNER, "Tournament", "submit", [0], [FILE_HASH])
    world.do(OTHER_MODEL_OWNER, "Tournament", "submit", [1], [FILE_HASH])


def _to(world: World, term: str, less: int = 0) -> None:
    """Until a time that the round's terms name."""
    world.chain.now = getattr(Terms(*world.chain.view(world["Tournament"], "round_info", ROUND)[0]), term) - less


def _ended(world: World) -> None:
    _opened(world)
    _to(world, "locks_at")


def _locked(world: World) -> None:
    _ended(world)
    world.do(STRANGER, "Tournament", "lock", ROUND)


def _published(world: World) -> None:
    _locked(world)
    world.do(OPERATOR, "Tournament", "publish_opened", ROUND, OPENED_LIST)


def _resolved(world: World) -> None:
    _published(world)
    _to(world, "resolves_at")


def _too_late(world: World) -> None:
    _published(world)
    _to(world, "expires_at", less=48 * HOUR - 1)


def _proposed(world: World) -> None:
    _resolved(world)
    world.do(OPERATOR, "Tournament", "propose", ROUND, ROOT, 1, EVIDENCE)


def _final(world: World) -> None:
    _proposed(world)
    world.wait(24 * HOUR)


def _next_open(world: World) -> None:
    _final(world)
    _open(world, ROUND + 1)


def _next_over(world: World) -> None:
    _next_open(world)
    world.do(GUARDIAN, "Tournament", "void", ROUND + 1)


def _voided(world: World) -> None:
    _proposed(world)
    world.do(GUARDIAN, "Tournament", "void", ROUND)


def _never_locked(world: World) -> None:
    _ended(world)
    world.wait(24 * HOUR)


def _never_published(world: World) -> None:
    _locked(world)
    world.wait(24 * HOUR)


def _never_settled(world: World) -> None:
    _final(world)
    _to(world, "expires_at")


def _closed(world: World) -> None:
    _final(world)
    world.do(STRANGER, "Tournament", "settle", ROUND, 0, CHUNK, [])


def _closed_late(world: World) -> None:
    _next_open(world)
    world.wait(HOUR + 1)
    world.do(STRANGER, "Tournament", "settle", ROUND, 0, CHUNK, [])


# treasury


def _spent(world: World) -> None:
    world.do(OWNER, "Treasury", "spend", world.who[DEPLOYER], world.chain.view(world["Treasury"], "free"))


# buyback


def _offered(world: World, answer: int = FIFTEEN) -> None:
    world.tell_feed(answer)
    world.do(STRANGER, "Buyback", "kick")


def _dearer_pool(world: World) -> None:
    _offered(world, 12 * FIFTEEN // 15)


def _sold_out(world: World) -> None:
    _offered(world)
    world.do(DEPLOYER, "Buyback", "take", PROGRAMME.lot_cap, 0, world.who[DEPLOYER])


def _stale(world: World) -> None:
    world.tell_feed(FIFTEEN)
    world.wait(PROGRAMME.max_age)
    world.do(STRANGER, "Buyback", "kick")
    world.wait(1)


def _down(world: World) -> None:
    _offered(world)
    world.tell_sequencer(1)


def _stopped(world: World) -> None:
    _offered(world)
    world.do(BUYBACK_GUARDIAN, "Buyback", "pause")
    world.do(OWNER, "Buyback", "unpause")


def _lot_over(world: World) -> None:
    _offered(world)
    world.wait(PROGRAMME.length + 1)


def _next_due(world: World) -> None:
    _offered(world)
    world.wait(PROGRAMME.length + PROGRAMME.gap)


def _before(world: World) -> None:
    world.tell_feed(FIFTEEN)


def _before_stale(world: World) -> None:
    _before(world)
    world.wait(LONG_AGO)


def _before_broke(world: World) -> None:
    _before(world)
    world.do(OWNER, "Treasury", "allow", world.coin, world.address("Buyback"), 0)


def _before_poor(world: World) -> None:
    _before(world)
    world.do(OWNER, "Treasury", "allow", world.coin, world.address("Buyback"), PROGRAMME.min_lot - 1)


def _before_down(world: World) -> None:
    _before(world)
    world.tell_sequencer(1)


def _programme_ended(world: World) -> None:
    _offered(world)
    world.do(OWNER, "Buyback", "end")


def _programme_swept(world: World) -> None:
    _programme_ended(world)
    world.do(OWNER, "Buyback", "sweep")


# timelock


def operation(world: World, scene: str) -> tuple[Any, ...]:
    """What stands in the timelock: target, value, call, what it depends on and a salt."""
    call = world.data("Tournament", "set_operator", (world.who[OPERATOR],))
    predecessor = SEALED if scene == rules.READY_LACKING else NOTHING
    return world.address("Tournament"), 0, call, predecessor, NOTHING


def batch(world: World, scene: str) -> tuple[Any, ...]:
    """The same as a batch of one."""
    target, value, call, predecessor, salt = operation(world, scene)
    return [target], [value], [call], predecessor, salt


def _waiting(world: World, scene: str = rules.WAITING) -> None:
    world.do(PROPOSER, "Timelock", "schedule", *operation(world, scene), DELAY)
    world.do(PROPOSER, "Timelock", "schedule_batch", *batch(world, scene), DELAY)


def _ready(world: World, scene: str = rules.READY) -> None:
    _waiting(world, scene)
    world.wait(DELAY)


def _lacking(world: World) -> None:
    _ready(world, rules.READY_LACKING)


def _done(world: World) -> None:
    _ready(world)
    world.do(EXECUTOR, "Timelock", "execute", *operation(world, rules.DONE))
    world.do(EXECUTOR, "Timelock", "execute_batch", *batch(world, rules.DONE))


# feed


def _average(world: World) -> None:
    world.wait(WINDOW)


def _too_old(world: World) -> None:
    world.wait(MAX_WINDOW + 1)


def _traded(world: World) -> None:
    _average(world)
    world.sell_to_pool(NMR)


def _strays(world: World) -> None:
    _average(world)
    world.sell_to_pool(5_000 * NMR)
    world.wait(1)


def _shallow(world: World) -> None:
    _average(world)
    world.sell_to_pool(100_000 * NMR)
    world.wait(1)


# pool


def _pool_settled(world: World) -> None:
    """The pool won in a round of its tournament, all is settled, and everybody orders in and out."""

    def call(caller: str, function: str, *arguments: Any) -> None:
        world.do(caller, "OtherTournament", function, *arguments)

    model = world.chain.view(world["Pool"], "MODEL")
    chunk = encode([encode_word(0, [(3_000_000, 0) if lane == model else (0, 0) for lane in range(4)])])
    call(NEIGHBOUR, "open_round", ROUND, tuple(terms(world.chain.now)), PACKAGE)
    world.do(STRANGER, "Pool", "fill", 0)
    world.do(BACKER, "Pool", "claim", 0)
    call(MANAGER, "submit", [model], [FILE_HASH])
    until = Terms(*world.chain.view(world["OtherTournament"], "round_info", ROUND)[0])
    world.chain.now = until.locks_at
    call(STRANGER, "lock", ROUND)
    call(NEIGHBOUR, "publish_opened", ROUND, OPENED_LIST)
    world.chain.now = until.resolves_at
    call(NEIGHBOUR, "propose", ROUND, leaf_of(chunk), 1, EVIDENCE)
    world.wait(24 * HOUR)
    call(STRANGER, "settle", ROUND, 0, chunk, [])
    for holder in (MANAGER, BACKER):
        world.do(holder, "Pool", "exit_order", 0, 10**9)
        world.do(holder, "Pool", "enter_order", 0, NMR)
    world.wait(1)


def _pool_orders(world: World) -> None:
    _pool_settled(world)
    world.do(NEIGHBOUR, "OtherTournament", "open_round", ROUND + 1, tuple(terms(world.chain.now)), PACKAGE)


def _pool_paused(world: World) -> None:
    _pool_orders(world)
    world.do(OTHER_GUARDIAN, "OtherTournament", "pause")


def _pool_exits_ran(world: World) -> None:
    _pool_orders(world)
    world.do(STRANGER, "Pool", "checkpoint", 0)


def _pool_at_risk(world: World) -> None:
    _pool_orders(world)
    world.chain.now = Terms(*world.chain.view(world["OtherTournament"], "round_info", ROUND + 1)[0]).locks_at


def _as_it_is(world: World) -> None:
    """Nothing has to happen."""


REACH: Final[dict[str, dict[str, Callable[[World], None]]]] = {
    "Numeraire": {rules.ALWAYS: _as_it_is},
    "Lens": {rules.ALWAYS: _as_it_is},
    "Tournament": {
        rules.UNKNOWN: _as_it_is,
        rules.OPEN: _opened,
        rules.ENDED: _ended,
        rules.LOCKED: _locked,
        rules.OPENED_EARLY: _published,
        rules.OPENED: _resolved,
        rules.OPENED_LATE: _too_late,
        rules.PROPOSED: _proposed,
        rules.FINAL: _final,
        rules.FINAL_NEXT_OPEN: _next_open,
        rules.FINAL_NEXT_OVER: _next_over,
        rules.VOID: _voided,
        rules.EXPIRED_UNLOCKED: _never_locked,
        rules.EXPIRED_UNOPENED: _never_published,
        rules.EXPIRED_UNSETTLED: _never_settled,
        rules.CLOSED: _closed,
        rules.CLOSED_LATE: _closed_late,
    },
    "TermsCheck": {rules.ALWAYS: _as_it_is},
    "Treasury": {rules.SOME_FREE: _as_it_is, rules.NOTHING_FREE: _spent},
    "Buyback": {
        rules.ON_OFFER: _offered,
        rules.BELOW_POOL: _dearer_pool,
        rules.SOLD_OUT: _sold_out,
        rules.STALE: _stale,
        rules.DOWN: _down,
        rules.STOPPED: _stopped,
        rules.LOT_OVER: _lot_over,
        rules.NEXT_DUE: _next_due,
        rules.FIRST_DUE: _before,
        rules.FIRST_DUE_STALE: _before_stale,
        rules.FIRST_DUE_BROKE: _before_broke,
        rules.FIRST_DUE_POOR: _before_poor,
        rules.FIRST_DUE_DOWN: _before_down,
        rules.PROGRAMME_ENDED: _programme_ended,
        rules.PROGRAMME_SWEPT: _programme_swept,
    },
    "Timelock": {
        rules.READY: _ready,
        rules.UNSET: _as_it_is,
        rules.WAITING: _waiting,
        rules.READY_LACKING: _lacking,
        rules.DONE: _done,
    },
    "PoolFactory": {rules.ALWAYS: _as_it_is},
    "Pool": {
        rules.EMPTY: _as_it_is,
        rules.NOT_OPEN: _pool_settled,
        rules.ORDERS: _pool_orders,
        rules.TURN_PAUSED: _pool_paused,
        rules.EXITS_RAN: _pool_exits_ran,
        rules.AT_RISK: _pool_at_risk,
    },
    "UniswapV2TwapFeed": {
        rules.AVERAGE: _average,
        rules.TOO_YOUNG: _as_it_is,
        rules.TOO_OLD: _too_old,
        rules.TRADED: _traded,
        rules.STRAYS: _strays,
        rules.SHALLOW: _shallow,
    },
}
"""By contract and scene: what happens before it."""


def pause(world: World, contract: str) -> None:
    """Let whoever may pause a contract do so."""
    world.do(BUYBACK_GUARDIAN if contract == "Buyback" else GUARDIAN, contract, "pause")


def reach(world: World, contract: str, scene: str) -> None:
    """Bring a contract into a scene, and all others into the one that they are in while it is not about them."""
    # Time passes before a round is opened, and a lot is kicked when no more time will pass.
    if contract != "Timelock":
        _ready(world)
    if contract != "UniswapV2TwapFeed":
        _average(world)
    REACH[contract][scene](world)
    if contract != "Buyback":
        _offered(world)
