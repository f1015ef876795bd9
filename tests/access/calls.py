# SPDX-License-Identifier: MIT
"""The arguments of every function: such that the call goes through, from the right caller and in the right scene."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nmr.deploy.suite import default_bounds
from nmr.protocol.reference import UNLIMITED, Signed
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.access import rules
from tests.access.scenes import (
    CHUNK,
    EVIDENCE,
    FILE_HASH,
    OPENED_LIST,
    PACKAGE,
    ROOT,
    ROUND,
    batch,
    operation,
    terms,
)
from tests.access.world import DELAY, HOUR, RESERVED_ROUND, World
from tests.stateful.chain import CHAIN_ID
from tests.stateful.signatures import entries
from tests.support.permits import numeraire_domain, sign_permit
from tests.support.programme import DOLLAR

DEADLINE: Final = 2**64
NO_SIGNATURE: Final = (27, bytes(32), bytes(32))

Arguments = Callable[[World, str, str], tuple[Any, ...]]
"""Of the world, who calls, and the scene of the contract."""


def _fixed(*arguments: Any) -> Arguments:
    return lambda world, caller, scene: arguments


def _permit(world: World, caller: str, scene: str) -> tuple[Any, ...]:
    owner, spender = world.who[rules.MODEL_OWNER], world.who[rules.STRANGER]
    return owner, spender, NMR, DEADLINE, *_signed(world, rules.MODEL_OWNER, spender, NMR)


def _deposit_with_permit(world: World, caller: str, scene: str) -> tuple[Any, ...]:
    signature = NO_SIGNATURE
    # A contract cannot sign: its deposit goes by the allowance that it has given.
    if caller in world.keys:
        signature = _signed(world, caller, world.address("Tournament"), 5 * NMR)
    return 0, NMR, world.who[rules.MODEL_OWNER], 5 * NMR, DEADLINE, *signature


def _deposit(world: World, caller: str, scene: str) -> tuple[Any, ...]:
    return 0, NMR, world.who[rules.MODEL_OWNER]


def _leave(world: World, caller: str, scene: str) -> tuple[Any, ...]:
    return 0, ROUND + {rules.CLOSED: 1, rules.CLOSED_LATE: 2}.get(scene, 0), UNLIMITED


def _open_round(world: World, caller: str, scene: str) -> tuple[Any, ...]:
    round_id = ROUND + {rules.UNKNOWN: 0, rules.FINAL_NEXT_OVER: 2}.get(scene, 1)
    return round_id, tuple(terms(world.chain.now)), PACKAGE


def _submit_signed(world: World, caller: str, scene: str) -> tuple[Any, ...]:
    round_id = world.chain.view(world["Tournament"], "last_opened")
    signed = signed_submission(world, rules.SUBMITTER, round_id, [0], world.chain.now)
    return [signed], [0], [FILE_HASH]


def signed_submission(
    world: World, signer: str, round_id: int, models: Sequence[int], sequence: int
) -> tuple[int, int, int]:
    """What a caller signs to submit for models, each the same file."""
    hashes = [FILE_HASH] * len(models)
    address = world.address("Tournament")
    signed = [Signed(len(models), sequence, signer)]
    [entry] = entries(signed, models, hashes, tournament=address, round_id=round_id, keys=world.keys)
    return entry


def _signed(world: World, caller: str, spender: str, amount: int) -> tuple[Any, ...]:
    domain = numeraire_domain(CHAIN_ID, world.address("Numeraire"))
    permit = {"owner": world.who[caller], "spender": spender, "value": amount, "nonce": 0, "deadline": DEADLINE}
    return sign_permit(world.keys[caller], domain, **permit)


def _self(*arguments: Any) -> Arguments:
    """Arguments, and the caller's address after them."""
    return lambda world, caller, scene: (*arguments, world.who[caller])


def _lens(*arguments: Any) -> Arguments:
    """The tournament, and arguments after it."""
    return lambda world, caller, scene: (world.address("Tournament"), *arguments)


def _role(world: World, name: str) -> bytes:
    return bytes(world.chain.view(world["Timelock"], name))


_NO_ARGUMENTS: Final = _fixed()
_TO_SELF: Final = _self()

ARGUMENTS: Final[Mapping[str, Mapping[str, Arguments]]] = {
    "Numeraire": {
        "transfer": lambda world, caller, scene: (world.who[rules.STRANGER], NMR),
        "approve": lambda world, caller, scene: (world.who[rules.STRANGER], NMR),
        "burn": _fixed(NMR),
        "permit": _permit,
        "transferFrom": lambda world, caller, scene: (world.who[rules.MODEL_OWNER], world.who[caller], NMR),
        "burnFrom": lambda world, caller, scene: (world.who[rules.MODEL_OWNER], NMR),
        "balanceOf": _TO_SELF,
        "allowance": lambda world, caller, scene: (world.who[rules.MODEL_OWNER], world.who[caller]),
        "nonces": _TO_SELF,
    },
    "Tournament": {
        "transfer_ownership": _TO_SELF,
        "set_operator": _TO_SELF,
        "set_guardian": _TO_SELF,
        "set_bounds": _fixed(tuple(default_bounds(HOUR))),
        "register": _fixed("new", ZERO_ADDRESS),
        "set_submitter": _self(0),
        "offer_model": _self(0),
        "accept_model": _fixed(0),
        "deposit": _deposit,
        "deposit_with_permit": _deposit_with_permit,
        "withdraw": _self(0, NMR),
        "move_idle": _fixed(0, 2, NMR),
        "set_policy": _fixed(0, 60 * NMR, True),
        "stake": _fixed(0, 10 * NMR),
        "leave": _leave,
        "enter": _fixed([0]),
        "open_round": _open_round,
        "submit": _fixed([0], [FILE_HASH]),
        "submit_signed": _submit_signed,
        "lock": _fixed(ROUND),
        "publish_opened": _fixed(ROUND, OPENED_LIST),
        "propose": _fixed(ROUND, ROOT, 1, EVIDENCE),
        "veto": _fixed(ROUND, ROOT),
        "void": _fixed(ROUND),
        "settle": _fixed(ROUND, 0, CHUNK, []),
        "settle_expired": _fixed(ROUND, [0]),
        "multicall": lambda world, caller, scene: (
            [world.data("Tournament", "deposit", _deposit(world, caller, scene))],
        ),
        "owner_of": _fixed(0),
        "submitter_of": _fixed(0),
        "offered_to": _fixed(0),
        "round_info": _fixed(ROUND),
        "staked": _fixed(ROUND),
        "state": _fixed(ROUND),
        "next_round": _fixed(0),
        "place_of": _fixed(0, 0),
        "words": _fixed(0, 0, 1),
        "submitted": _fixed(ROUND, 0),
    },
    "TermsCheck": {
        "check": lambda world, caller, scene: (tuple(terms(world.chain.now)), tuple(default_bounds(HOUR))),
    },
    "Treasury": {
        "transfer_ownership": _TO_SELF,
        "authorise": lambda world, caller, scene: (world.who[caller], NMR, NMR, NMR),
        "unlist": lambda world, caller, scene: (world.who[rules.FILLER],),
        "spend": lambda world, caller, scene: (world.who[rules.STRANGER], NMR),
        "allow": lambda world, caller, scene: (world.coin, world.who[caller], DOLLAR),
        "reserve": _fixed(RESERVED_ROUND, NMR),
        "draw": _fixed(RESERVED_ROUND, NMR),
        "release": _fixed(RESERVED_ROUND),
        "cap_of": _TO_SELF,
        "budget_of": _TO_SELF,
        "room_of": _TO_SELF,
        "tournament_at": _fixed(0),
        "reservation": lambda world, caller, scene: (world.who[caller], RESERVED_ROUND),
    },
    "Buyback": {
        "transfer_ownership": _TO_SELF,
        "set_guardian": _TO_SELF,
        "take": _self(1_000 * DOLLAR, 0),
        "take+data": lambda world, caller, scene: (1_000 * DOLLAR, 0, world.who[caller], b"\1"),
        "quote": _fixed(1_000 * DOLLAR),
    },
    "Timelock": {
        "schedule": lambda world, caller, scene: (*operation(world, scene), DELAY),
        "schedule_batch": lambda world, caller, scene: (*batch(world, scene), DELAY),
        "cancel": lambda world, caller, scene: (_id(world, scene),),
        "execute": lambda world, caller, scene: operation(world, scene),
        "execute_batch": lambda world, caller, scene: batch(world, scene),
        "grantRole": lambda world, caller, scene: (_role(world, "PROPOSER_ROLE"), world.who[rules.STRANGER]),
        "revokeRole": lambda world, caller, scene: (_role(world, "EXECUTOR_ROLE"), world.who[rules.EXECUTOR]),
        "renounceRole": lambda world, caller, scene: (_role(world, "PROPOSER_ROLE"), world.who[rules.PROPOSER]),
        "set_role_admin": lambda world, caller, scene: (_role(world, "CANCELLER_ROLE"), bytes(32)),
        "update_delay": _fixed(2 * DELAY),
        "hasRole": lambda world, caller, scene: (bytes(32), world.who[caller]),
        "getRoleAdmin": _fixed(bytes(32)),
        "supportsInterface": _fixed(bytes.fromhex("01ffc9a7")),
        "get_timestamp": lambda world, caller, scene: (_id(world, scene),),
        "is_operation": lambda world, caller, scene: (_id(world, scene),),
        "is_operation_pending": lambda world, caller, scene: (_id(world, scene),),
        "is_operation_ready": lambda world, caller, scene: (_id(world, scene),),
        "is_operation_done": lambda world, caller, scene: (_id(world, scene),),
        "get_operation_state": lambda world, caller, scene: (_id(world, scene),),
        "hash_operation": lambda world, caller, scene: operation(world, scene),
        "hash_operation_batch": lambda world, caller, scene: batch(world, scene),
    },
    "UniswapV2TwapFeed": {"getRoundData": _fixed(1)},
    "UniswapV2Filler": {
        "fill": _self(100 * DOLLAR, 0),
        "on_buyback": _fixed(100 * DOLLAR, NMR, b"\1"),
    },
    "Lens": {
        "figures": lambda world, caller, scene: (world.address("Feed"),),
        "figures_of": lambda world, caller, scene: ([world.address("Tournament")], ZERO_ADDRESS),
        "models": lambda world, caller, scene: (world.address("Tournament"), 0, 4, 0),
        "policy_of": _lens(0),
        "idle_of": _lens(0),
        "position": _lens(ROUND, 0),
        "stakes_of": _lens(0),
        "waiting_groups": _lens(ROUND, 0, 1),
        "places": _lens(),
        "getInstance": _fixed(0),
    },
    "Pool": {
        "enter_order": _fixed(0, NMR),
        "exit_order": _fixed(0, 10**9),
        "cancel_entry": _fixed(0),
        "cancel_exit": _fixed(0),
        "claim": _fixed(0),
        "checkpoint": _fixed(0),
        "fill": _fixed(0),
        "set_submitter": _TO_SELF,
        "multicall": lambda world, caller, scene: ([world.data("Pool", "enter_order", (0, NMR))],),
        "place_view": _fixed(0),
        "holding_view": _self(0),
        "exit_batch": _fixed(0, 0),
        "entry_batch": _fixed(0, 0),
        "pot": _fixed(0, 0),
    },
    "PoolFactory": {
        "create": _fixed(2_000, 1_000, ZERO_ADDRESS, "new"),
        "pool_at": _fixed(0),
        "is_pool": _TO_SELF,
    },
}
"""By contract and function; who has none here takes none."""


def arguments(world: World, contract: str, function: str, caller: str, scene: str) -> tuple[Any, ...]:
    """What a caller passes to a function."""
    return ARGUMENTS[contract].get(function, _NO_ARGUMENTS)(world, caller, scene)


def data(world: World, contract: str, function: str, caller: str, scene: str) -> bytes:
    """What a caller sends to a contract. `name+argument` is the function `name` with one argument more."""
    return world.data(contract, function.partition("+")[0], arguments(world, contract, function, caller, scene))


def _id(world: World, scene: str) -> bytes:
    return bytes(world.chain.view(world["Timelock"], "hash_operation", *operation(world, scene)))
