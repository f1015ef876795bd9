# SPDX-License-Identifier: MIT
"""That the contracts of a record are the suite's own, asked of a node before somebody trusts them with an allowance.

A record with the real token and a false tournament would have a perfectly valid permit drain whoever signs it. So
`require_genuine` compares every contract of the record as an audit does: code and immutables to the last byte, the
transactions that created them, and that they refer to each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from eth_hash.auto import keccak

from nmr.chain import builds
from nmr.chain.node import Rpc
from nmr.chain.words import Malformed, address_of, data_of, list_of, number_of, object_of
from nmr.deploy.code import (
    BuildOf,
    Creation,
    Difference,
    Facts,
    Pair,
    blueprints_of,
    code_differences,
    creation_differences,
    pairs_of,
    reference_differences,
    stablecoins_of,
)
from nmr.deploy.record import Record, hash_of
from nmr.errors import NmrError
from nmr.text.addresses import checksummed

PAIR_CODE_HASH: Final = "0x5b83bdbcc56b2e630f2807bbadd2b0c21619108066b92a58de081261089e9ce5"
"""Of the code of every pair of Uniswap V2, which has no immutables."""
PAIR_SLOTS: Final = (6, 7, 5)
"""In which a pair keeps its tokens and its factory."""
DECIMALS_CALL: Final = "0x313ce567"
"""`decimals()`."""
PAIR_CREATION_HASH: Final = bytes.fromhex("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f")
"""Of what creates it."""
LATEST: Final = "latest"


class NotGenuine(NmrError, RuntimeError):
    """A record whose contracts on the chain are not the suite's own."""


class Unanswered(NmrError, ConnectionError):
    """A node that does not tell what has to be known."""


def require_genuine(rpc: Rpc, record: Record, spender: str, build: BuildOf = builds.build) -> None:
    """Make sure that a spender is a tournament of the record, and that every contract of it is genuine.

    Args:
        rpc: the node.
        record: of the suite.
        spender: who is to be given an allowance.
        build: what a contract's sources compile to, by its name.

    Raises:
        NotGenuine: it is not, with the first difference; nothing should be signed.
        Unanswered: the node does not tell enough.
        NodeError, NodeUnreachable: it does not answer.
    """
    if spender not in {part.address for part in record.tournaments.values()}:
        raise NotGenuine(f"{spender} is no tournament of the record: nothing is signed for it.")
    require_whole(rpc, record, build)


def require_whole(rpc: Rpc, record: Record, build: BuildOf = builds.build) -> None:
    """Make sure that every contract of a record is genuine, and so is what a factory copies pools from.

    Arguments and errors as of `require_genuine`.
    """
    with _answered("eth_chainId"):
        chain_id = number_of(rpc.ask("eth_chainId"))
    if chain_id != record.chain_id:
        raise NotGenuine(f"The suite was deployed on chain {record.chain_id}, and this is chain {chain_id}.")
    for difference in differences(rpc, record, build=build):
        raise NotGenuine(f"{difference}: this is not the suite that the record claims, and nothing is signed for it.")


def differences(rpc: Rpc, record: Record, block: str = LATEST, build: BuildOf = builds.build) -> Iterator[Difference]:
    """How the contracts of a record differ from the suite's own, after a block.

    Raises:
        Unanswered: the node does not tell enough.
        NodeError, NodeUnreachable: it does not answer.
    """
    facts = read_facts(rpc, record, block)
    yield from reference_differences(record, facts, build)
    parts = record.parts.values()
    with _answered("eth_getCode"):
        codes = [data_of(code) for code in rpc.ask_all("eth_getCode", [(part.address, block) for part in parts])]
    creations = read_creations(rpc, record)
    for name, code in zip(record.parts, codes, strict=True):
        yield from code_differences(record, name, code, facts, build)
        if name not in creations:
            raise Unanswered(
                f"The node does not tell the transaction that created {name}, {record.parts[name].transaction}: "
                "what ran then cannot be compared; name a node that keeps it."
            )
        yield from creation_differences(record, name, creations[name], build)


def read_facts(rpc: Rpc, record: Record, block: str = LATEST) -> Facts:
    """What constructors of a record's contracts asked of others, as a node tells it after a block.

    A pair whose code is not that of Uniswap V2, or that the factory it names did not make, could have been given any
    books, and is left out.

    Raises:
        Unanswered: an answer makes no sense.
        NodeError, NodeUnreachable: the node does not answer.
    """
    pairs, coins = pairs_of(record), stablecoins_of(record)
    known: dict[str, Pair] = {}
    if pairs:
        with _answered("eth_getCode"):
            codes = [data_of(each) for each in rpc.ask_all("eth_getCode", [(pair, block) for pair in pairs])]
        own = [pair for pair, code in zip(pairs, codes, strict=True) if hash_of(code) == PAIR_CODE_HASH]
        slots = [(pair, f"{slot:#066x}", block) for pair in own for slot in PAIR_SLOTS]
        with _answered("eth_getStorageAt"):
            words = [number_of(word) for word in rpc.ask_all("eth_getStorageAt", slots)]
            found = {address: pair_in(words[3 * i : 3 * i + 3]) for i, address in enumerate(own)}
        known = {address: pair for address, pair in found.items() if pair_address(pair) == address}
    decimals = {}
    for coin in coins:
        with _answered("eth_call"):
            decimals[coin] = number_of(rpc.ask("eth_call", {"to": coin, "data": DECIMALS_CALL}, block))
    blueprints = blueprints_of(record)
    with _answered("eth_getCode"):
        codes = [data_of(each) for each in rpc.ask_all("eth_getCode", [(at, block) for at in blueprints])]
    return Facts(known, decimals, dict(zip(blueprints, map(hash_of, codes), strict=True)))


def read_creations(rpc: Rpc, record: Record) -> dict[str, Creation]:
    """The transactions that created the parts of a record, by the parts' names, as far as a node tells them.

    A transaction that the node does not find by its hash is looked for in its block, which nodes keep for longer.

    Raises:
        Unanswered: an answer makes no sense.
        NodeError, NodeUnreachable: the node does not answer.
    """
    wanted = [(part.transaction,) for part in record.parts.values()]
    with _answered("eth_getTransactionByHash"):
        answers = dict(zip(record.parts, rpc.ask_all("eth_getTransactionByHash", wanted), strict=True))
    blocks: dict[int, dict[str, Any]] = {}
    creations = {}
    for name, part in record.parts.items():
        answer = answers[name]
        with _answered("eth_getBlockByNumber"):
            if answer is None and part.block not in blocks:
                blocks[part.block] = _transactions(rpc.ask("eth_getBlockByNumber", hex(part.block), True))
            answer = blocks[part.block].get(part.transaction) if answer is None else answer
        if answer is None:
            continue
        with _answered("eth_getTransactionByHash"):
            transaction = object_of(answer)
            told = f"0x{data_of(transaction.get('hash')).hex()}"
            if told == part.transaction and number_of(transaction.get("blockNumber")) == part.block:
                creations[name] = creation_of(transaction)
    return creations


def creation_of(transaction: Mapping[str, Any]) -> Creation:
    """A transaction as JSON-RPC has it.

    Raises:
        Malformed: it is none.
    """
    receiver = transaction.get("to")
    return Creation(
        checksummed(f"0x{address_of(transaction.get('from')).hex()}"),
        number_of(transaction.get("nonce")),
        None if receiver is None else checksummed(f"0x{address_of(receiver).hex()}"),
        data_of(transaction.get("input")),
    )


def pair_in(words: Sequence[int]) -> Pair:
    """A pair, by the words in `PAIR_SLOTS`.

    Raises:
        Malformed: one of them holds more than an address.
    """
    return Pair(*map(_as_address, words))


def pair_address(pair: Pair) -> str:
    """Where the factory of a pair makes it (EIP-1014)."""
    factory, first, second = (bytes.fromhex(each[2:]) for each in (pair.factory, pair.first, pair.second))
    made = keccak(b"\xff" + factory + keccak(first + second) + PAIR_CREATION_HASH)
    return checksummed(f"0x{made[12:].hex()}")


def _as_address(word: int) -> str:
    if word >> 160:
        raise Malformed(f"{word:#x} is no address")
    return checksummed(f"0x{word:040x}")


def _transactions(block: Any) -> dict[str, Any]:
    """The transactions of a block by their hashes; none of a block that the node does not have."""
    if block is None:
        return {}
    told = [object_of(each) for each in list_of(object_of(block).get("transactions"))]
    return {f"0x{data_of(each.get('hash')).hex()}": each for each in told}


@contextmanager
def _answered(method: str) -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Unanswered(f"The node's answer to {method} makes no sense: {error}.") from error
