# SPDX-License-Identifier: MIT
"""What stands in the code of every contract of a record, to the last byte, and how its parts refer to each other.

A contract's code is what its sources compile to, and the words that its constructor fixed right behind it. Each of
these words follows from the arguments in the record, but for what a constructor asked other contracts for: see
`Facts`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from eth_hash.auto import keccak

from nmr.chain import builds, rlp
from nmr.chain.abi import AbiError, canonical_type, encode
from nmr.chain.blueprints import blueprint_of
from nmr.chain.builds import Build, BuildNotFound, Immutable
from nmr.chain.permit_message import NUMERAIRE_NAME, NUMERAIRE_VERSION
from nmr.chain.words import data_of
from nmr.deploy.record import LOCAL_CHAINS, Argument, PartRecord, Record, RecordInvalid, hash_of
from nmr.protocol.reference.buyback import Programme
from nmr.text.addresses import checksummed
from nmr.text.amounts import GWEI

WORD: Final = 32
LOCAL_ONLY: Final = frozenset({"Stablecoin", "SettableFeed"})
"""Contracts that stand in for those of others on a local chain, and have no place in a suite anywhere else."""
MADE: Final = frozenset({"Pool"})
"""Contracts that another contract of a suite creates, and no transaction of the deployer."""
FACTORIES: Final = {
    1: "0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f",
    10: "0x0c3c1c532F1e39EdF36BE9Fe0bE1410313E074Bf",
    137: "0x9e5A52f57b3038F1B8EeE45F28b3C1967e22799C",
    8_453: "0x8909Dc15e40173Ff4699343b6eB8132c65e18eC6",
    42_161: "0xf1D7CC64Fb4452F05c498126312eBE29f30Fbcf9",
    11_155_111: "0xF62c03E08ada871A0bEb309762E260a7a6a880E6",
}
"""The factory of Uniswap V2 on Ethereum, OP Mainnet, Polygon, Base, Arbitrum One and Sepolia, by the chain's id."""
DOMAIN_TYPE: Final = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
NUMERAIRE_SYMBOL: Final = "NMR"
NUMERAIRE_DECIMALS: Final = 18

BuildOf: TypeAlias = Callable[[str], Build]
Value: TypeAlias = int | str | bytes | dict[str, int]
"""What an immutable holds: a number, an address or a text, 32 bytes, or the fields of a struct."""


class Pair(NamedTuple):
    """A pair of Uniswap V2: its tokens in their order, and the factory that made it."""

    first: str
    second: str
    factory: str


class Facts(NamedTuple):
    """What constructors asked contracts that are not the suite's, as it is found again.

    Attributes:
        pairs: by the pair's address; one that Uniswap V2 did not make is left out.
        decimals: of each stablecoin, by its address.
        blueprints: the hash of the code at each address that a factory copies pools from.
    """

    pairs: Mapping[str, Pair]
    decimals: Mapping[str, int]
    blueprints: Mapping[str, str]


class Creation(NamedTuple):
    """The transaction that is said to have created a contract: its receiver is None if it created one."""

    sender: str
    nonce: int
    receiver: str | None
    data: bytes


class Difference(NamedTuple):
    """What a part is, beside what the record and the sources say it is."""

    part: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.part}: {self.what} should be {self.expected} and is {self.found}"


def code_differences(
    record: Record, name: str, code: bytes, facts: Facts, build: BuildOf = builds.build
) -> list[Difference]:
    """How the code of a part differs from what it has to be, to the last byte.

    Args:
        record: of the suite.
        name: the part's.
        code: what is at its address; empty if there is none.
        facts: what its constructor asked others for.
        build: what a contract's sources compile to, by its name.
    """
    part = record.parts[name]
    if not code:
        return [Difference(name, "code", part.code_hash, "missing")]
    differences = list(_built(record, name, code, facts, build))
    if hash_of(code) != part.code_hash:
        differences.append(Difference(name, "hash of the code", part.code_hash, hash_of(code)))
    return differences


def reference_differences(record: Record, facts: Facts, build: BuildOf = builds.build) -> list[Difference]:
    """How the constructors' arguments of a record differ from what makes its parts one suite."""
    differences = []
    for name, part in record.parts.items():
        try:
            for what, expected, found in _references(record, part, facts, build):
                if expected != found:
                    differences.append(Difference(name, what, expected, found))
        except RecordInvalid as error:
            differences.append(Difference(name, "arguments", "those of its constructor", str(error)))
    return differences


def creation_differences(
    record: Record, name: str, creation: Creation, build: BuildOf = builds.build
) -> list[Difference]:
    """How the transaction that created a part differs from deploying what the sources give with the record's arguments.

    Code alone does not tell what ran when it was created: another constructor can leave the same code, and give away
    what the contract will hold.

    Args:
        record: of the suite.
        name: the part's.
        creation: the transaction that the record names.
        build: what a contract's sources compile to, by its name.
    """
    part = record.parts[name]
    if part.contract in LOCAL_ONLY | MADE:
        return []
    try:
        expected = creation_data(part, build)
    except (BuildNotFound, RecordInvalid) as error:
        return [Difference(name, "arguments", "those of its constructor", str(error))]
    found = {
        "receiver of the transaction that created it": ("nobody", creation.receiver or "nobody"),
        "contract that the transaction created": (part.address, created_address(creation.sender, creation.nonce)),
        "hash of the code that created it": (hash_of(expected), hash_of(creation.data)),
    }
    return [
        Difference(name, what, wanted, is_found) for what, (wanted, is_found) in found.items() if wanted != is_found
    ]


def made_code(record: Record, part: PartRecord, build: BuildOf = builds.build) -> bytes:
    """The code that a contract of `MADE` has to have, to the last byte.

    Raises:
        BuildNotFound: there is no such contract.
        RecordInvalid: an argument of its constructor is missing, or cannot be held.
    """
    built = build(part.contract)
    held = immutables_of(record, part, Facts({}, {}, {}))
    code = bytearray(built.runtime_code + bytes(sum(each.size for each in built.immutables)))
    for each, value in _words(built, held):
        word = None if value is None else _bytes_of(each, value)
        if word is None:
            raise RecordInvalid(f"{each.name} of {part.contract} is none of its type")
        start = len(built.runtime_code) + each.offset
        code[start : start + each.size] = word
    return bytes(code)


def creation_data(part: PartRecord, build: BuildOf = builds.build) -> bytes:
    """What a transaction has to hold to create a part: the code that the sources give, and the arguments.

    Raises:
        BuildNotFound: there is no such contract.
        RecordInvalid: the arguments are not those of its constructor.
    """
    built = build(part.contract)
    [inputs] = [entry["inputs"] for entry in built.abi if entry["type"] == "constructor"]
    names = [field["name"] for field in inputs]
    if names != list(part.arguments):
        raise RecordInvalid(f"the arguments of {part.contract} are not {', '.join(names)}")
    types = [canonical_type(field) for field in inputs]
    values = [_positional(field, part.arguments[field["name"]], part.contract) for field in inputs]
    try:
        return built.creation_code + encode(types, values)
    except AbiError as error:
        raise RecordInvalid(f"an argument of {part.contract} is none of its type") from error


def created_address(sender: str, nonce: int) -> str:
    """The address of the contract that a transaction of an account creates."""
    serialised = rlp.encode([bytes.fromhex(sender[2:]), rlp.minimal(nonce)])
    return checksummed(f"0x{keccak(serialised)[12:].hex()}")


def pairs_of(record: Record) -> tuple[str, ...]:
    """The addresses of the pairs that parts of a record trade on, or take prices from.

    Raises:
        RecordInvalid: an argument of a constructor is missing.
    """
    named = [part.address_of("pair") for part in record.parts.values() if part.contract in _ON_A_PAIR]
    return tuple(dict.fromkeys(named))


def stablecoins_of(record: Record) -> tuple[str, ...]:
    """The addresses of the stablecoins that buybacks of a record pay with. Raises as `pairs_of` does."""
    named = [part.address_of("stablecoin") for part in record.parts.values() if part.contract == "Buyback"]
    return tuple(dict.fromkeys(named))


def blueprints_of(record: Record) -> tuple[str, ...]:
    """The addresses from which factories of a record copy pools. Raises as `pairs_of` does."""
    named = [part.address_of("blueprint") for part in record.parts.values() if part.contract == "PoolFactory"]
    return tuple(dict.fromkeys(named))


def immutables_of(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    """What each immutable of a part has to hold, by its name; None where that is not known.

    Raises:
        RecordInvalid: an argument of its constructor is missing.
        BuildNotFound: nobody says what a contract of this name holds.
    """
    if part.contract not in IMMUTABLES:
        raise BuildNotFound(f"nothing says what the code of {part.contract} holds")
    return IMMUTABLES[part.contract](record, part, facts)


def decimals_in(code: bytes, build: Build) -> int | None:
    """The decimals of its stablecoin that a buyback's code holds; None if the code is too short."""
    [place] = [each.offset for each in build.immutables if each.name == "DECIMALS"]
    start = len(build.runtime_code) + place
    word = code[start : start + WORD]
    return int.from_bytes(word, "big") if len(word) == WORD else None


def _built(record: Record, name: str, code: bytes, facts: Facts, build: BuildOf) -> Iterator[Difference]:
    """How code differs from what the sources give with the constructor's arguments."""
    part = record.parts[name]
    if part.contract in LOCAL_ONLY:
        if record.chain_id not in LOCAL_CHAINS:
            yield Difference(name, "contract", "one of this suite", f"{part.contract}, which is for local chains only")
        return
    try:
        built = build(part.contract)
        held = immutables_of(record, part, facts)
    except BuildNotFound:
        yield Difference(name, "contract", "one of this suite", part.contract)
        return
    except RecordInvalid as error:
        yield Difference(name, "arguments", "those of its constructor", str(error))
        return
    start = len(built.runtime_code)
    length = start + sum(each.size for each in built.immutables)
    if len(code) != length:
        yield Difference(name, "length of the code (bytes)", str(length), str(len(code)))
    if code[:start] != built.runtime_code:
        yield Difference(name, "hash of the code as built", hash_of(built.runtime_code), hash_of(code[:start]))
    for each, value in _words(built, held):
        found = code[start + each.offset : start + each.offset + each.size]
        expected = None if value is None else _bytes_of(each, value)
        if expected != found:
            known = "unknown" if value is None else _shown(value)
            yield Difference(name, f"{each.name} in the code", known, _told(each, found))


def _words(built: Build, held: Mapping[str, Value | None]) -> Iterator[tuple[Immutable, int | str | bytes | None]]:
    """The immutables of a contract with what they hold; of a struct each field, which is a word."""
    for each in built.immutables:
        value = held.get(each.name)
        if not isinstance(value, dict):
            yield each, value
        elif each.size != WORD * len(value):
            yield each, None
        else:
            for place, (field, number) in enumerate(value.items()):
                yield Immutable(f"{each.name}.{field}", "uint256", each.offset + WORD * place, WORD), number


def _numeraire(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    domain = "erc20.eip712_domain_separator."
    name, version = keccak(NUMERAIRE_NAME.encode()), keccak(NUMERAIRE_VERSION.encode())
    fields = (keccak(DOMAIN_TYPE), name, version, _word(record.chain_id), _word(int(part.address, 16)))
    return {
        f"{domain}_CACHED_DOMAIN_SEPARATOR": keccak(b"".join(fields)),
        f"{domain}_CACHED_CHAIN_ID": record.chain_id,
        f"{domain}_CACHED_SELF": part.address,
        f"{domain}_NAME": NUMERAIRE_NAME,
        f"{domain}_HASHED_NAME": name,
        f"{domain}_VERSION": NUMERAIRE_VERSION,
        f"{domain}_HASHED_VERSION": version,
        "erc20.name": NUMERAIRE_NAME,
        "erc20.symbol": NUMERAIRE_SYMBOL,
        "erc20.decimals": NUMERAIRE_DECIMALS,
    }


def _timelock(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    return {}


def _treasury(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    return {"TOKEN": part.address_of("token")}


def _tournament(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    return {
        "hours.HOUR": part.number("hour"),
        "rounds.TREASURY": part.address_of("treasury"),
        "rounds.TERMS_CHECK": part.address_of("terms_check"),
        "rounds.RING": part.number("ring"),
        "rounds.FIRST_ROUND": part.number("first_round"),
        "ledger.TOKEN": part.address_of("token"),
        "ledger.MIN_STAKE": part.number("min_stake"),
    }


def _terms_check(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    return {"hours.HOUR": part.number("hour")}


def _lens(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    return {"TOKEN": part.address_of("token"), "TREASURY": part.address_of("treasury")}


def _pool_factory(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    return {"TOURNAMENT": part.address_of("tournament"), "BLUEPRINT": part.address_of("blueprint")}


def _pool(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    tournament = _at(record, "Tournament", part.address_of("tournament"))
    return {
        "TOURNAMENT": tournament.address,
        "TOKEN": tournament.address_of("token"),
        "MODEL": part.number("model"),
        "MANAGER": part.address_of("manager"),
        "FEE": part.number("fee"),
        "SKIN": part.number("skin"),
        "RING": tournament.number("ring"),
        "LEAST": tournament.number("min_stake") // GWEI,
    }


def _buyback(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    stablecoin, programme = part.address_of("stablecoin"), part.struct("programme")
    if set(programme) != set(Programme._fields):
        raise RecordInvalid(f"the programme of {part.contract} has other fields than {', '.join(Programme._fields)}")
    return {
        "TOKEN": part.address_of("token"),
        "TREASURY": part.address_of("treasury"),
        "STABLECOIN": stablecoin,
        "DECIMALS": facts.decimals.get(stablecoin),
        "FEED": part.address_of("feed"),
        "SEQUENCER": part.address_of("sequencer"),
        "PROGRAMME": {field: _number(f"programme.{field}", programme[field]) for field in Programme._fields},
    }


def _filler(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    buyback = _at(record, "Buyback", part.address_of("buyback"))
    pair = facts.pairs.get(part.address_of("pair"))
    token = buyback.address_of("token")
    return {
        "BUYBACK": buyback.address,
        "PAIR": part.address_of("pair"),
        "TOKEN": token,
        "STABLECOIN": buyback.address_of("stablecoin"),
        "TOKEN_FIRST": None if pair is None else int(pair.first == token),
    }


def _feed(record: Record, part: PartRecord, facts: Facts) -> dict[str, Value | None]:
    base = part.address_of("base")
    pair = facts.pairs.get(part.address_of("pair"))
    decimals = None if pair is None else facts.decimals.get(pair.second if pair.first == base else pair.first)
    return {
        "PAIR": part.address_of("pair"),
        "BASE": base,
        "WINDOW": part.number("window"),
        "MAX_WINDOW": part.number("max_window"),
        "MAX_DEVIATION": part.number("max_deviation"),
        "MIN_RESERVE": part.number("min_reserve"),
        "BASE_FIRST": None if pair is None else int(pair.first == base),
        "FACTOR": None if decimals is None else 10 ** max(0, 18 + NUMERAIRE_DECIMALS - decimals),
    }


IMMUTABLES: Final[dict[str, Callable[[Record, PartRecord, Facts], dict[str, Value | None]]]] = {
    "Numeraire": _numeraire,
    "Timelock": _timelock,
    "Treasury": _treasury,
    "TermsCheck": _terms_check,
    "Tournament": _tournament,
    "Lens": _lens,
    "PoolFactory": _pool_factory,
    "Pool": _pool,
    "Buyback": _buyback,
    "UniswapV2Filler": _filler,
    "UniswapV2TwapFeed": _feed,
}
"""A row for each contract: what its immutables hold."""
_ON_A_PAIR: Final = ("UniswapV2Filler", "UniswapV2TwapFeed")
_FEEDS: Final = ("UniswapV2TwapFeed", "SettableFeed")
_LINKS: Final[dict[str, dict[str, str]]] = {
    "Treasury": {"token": "Numeraire", "owner": "Timelock"},
    "Tournament": {
        "token": "Numeraire",
        "treasury": "Treasury",
        "terms_check": "TermsCheck",
        "owner": "Timelock",
    },
    "Lens": {"token": "Numeraire", "treasury": "Treasury"},
    "Buyback": {"token": "Numeraire", "treasury": "Treasury", "owner": "Timelock"},
    "UniswapV2TwapFeed": {"base": "Numeraire"},
}
"""By contract and argument of its constructor, of which other contract it has to be the address."""


def _references(record: Record, part: PartRecord, facts: Facts, build: BuildOf) -> Iterator[tuple[str, str, str]]:
    """What refers to another contract, to which it has to, and to which it does."""
    for argument, contract in _LINKS.get(part.contract, {}).items():
        yield f"argument {argument}", record.only(contract)[1].address, part.address_of(argument)
    match part.contract:
        case "Treasury":
            recorded = {each.address for each in record.tournaments.values()}
            for tournament in part.addresses("tournaments"):
                if tournament not in recorded:
                    yield "argument tournaments", "only tournaments of the record", tournament
        case "PoolFactory":
            _at(record, "Tournament", part.address_of("tournament"))
            expected = hash_of(blueprint_of(build("Pool").creation_code))
            yield "hash of the blueprint", expected, facts.blueprints.get(part.address_of("blueprint"), "none")
        case "Buyback":
            for feed in record.parts.values():
                if feed.contract in _FEEDS:
                    yield "argument feed", feed.address, part.address_of("feed")
            for coin in record.parts.values():
                if coin.contract == "Stablecoin":
                    yield "argument stablecoin", coin.address, part.address_of("stablecoin")
        case "UniswapV2Filler":
            buyback = _at(record, "Buyback", part.address_of("buyback"))
            yield from _pair(record, buyback.address_of("stablecoin"), part, facts)
        case "UniswapV2TwapFeed":
            for coin_address in stablecoins_of(record):
                yield from _pair(record, coin_address, part, facts)
            for other in record.parts.values():
                if other.contract == "UniswapV2Filler":
                    yield "argument pair", other.address_of("pair"), part.address_of("pair")


def _pair(record: Record, stablecoin: str, part: PartRecord, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """The tokens of a part's pair, and who made it."""
    wanted = sorted((record.only("Numeraire")[1].address, stablecoin))
    pair = facts.pairs.get(part.address_of("pair"))
    if pair is None:
        yield "pair", "one that a factory of Uniswap V2 made", part.address_of("pair")
        return
    yield "tokens of the pair", " and ".join(wanted), " and ".join(sorted((pair.first, pair.second)))
    yield "factory of the pair", FACTORIES.get(record.chain_id, pair.factory), pair.factory


def _positional(field: Mapping[str, Any], value: Argument, contract: str) -> Any:
    """A constructor's argument as its ABI takes it: a struct in its order, bytes as bytes."""
    if isinstance(value, tuple):
        return tuple(_positional(field, item, contract) for item in value)
    if not isinstance(value, dict):
        is_bytes = str(field["type"]).startswith("bytes") and isinstance(value, str)
        return data_of(value) if is_bytes else value
    names = [component["name"] for component in field.get("components", ())]
    if set(names) != set(value):
        raise RecordInvalid(f"{field['name']} of {contract} has other fields than {', '.join(names)}")
    return tuple(value[name] for name in names)


def _at(record: Record, contract: str, address: str) -> PartRecord:
    """The part of a contract at an address."""
    for part in record.parts.values():
        if part.contract == contract and part.address == address:
            return part
    raise RecordInvalid(f"{address} is no {contract} of the record")


def _number(name: str, value: Argument) -> int:
    if not isinstance(value, int):
        raise RecordInvalid(f"{name} is no number")
    return int(value)


def _bytes_of(immutable: Immutable, value: int | str | bytes) -> bytes | None:
    """A value as the code holds it; None if the immutable cannot hold it."""
    match value:
        case bytes():
            held = value
        case str() if immutable.type.startswith("String["):
            text = value.encode()
            held = (_word(len(text)) + text).ljust(immutable.size, b"\0")
        case str():
            held = _word(int(value, 16))
        case _:
            held = _word(value)
    return held if len(held) == immutable.size else None


def _word(value: int) -> bytes:
    return value.to_bytes(WORD, "big") if 0 <= value < 2**256 else b""


def _shown(value: int | str | bytes) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _told(immutable: Immutable, found: bytes) -> str:
    """The bytes of an immutable, as one would write what they hold."""
    if len(found) != immutable.size:
        return "missing"
    if immutable.size == WORD and not immutable.type.startswith(("String[", "bytes")):
        number = int.from_bytes(found, "big")
        return f"0x{number:040x}" if immutable.type == "address" else str(number)
    return f"0x{found.hex()}"
