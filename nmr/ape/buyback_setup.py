# SPDX-License-Identifier: MIT
"""A buyback from beginning to end: its parameters checked against the chain, deployed, and put into the suite's record.

On a local chain all that it needs is made for it, too: a stablecoin, a price feed, and Uniswap V2 with a pool.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ape.api import AccountAPI
from ape.managers.project import LocalProject

from nmr.ape.front import session_of
from nmr.ape.project import ApeDeployer, compiled, load_suite, with_parts
from nmr.ape.signer import ApeSigner, unlocked
from nmr.ape.uniswap import create_pool, deploy_exchange
from nmr.buyback.programme import BuybackInvalid, BuybackParameters
from nmr.chain.builds import abi
from nmr.chain.contracts import Contract
from nmr.client.buyback import FEED, FILLER, STABLECOIN, TWAP, BuybackOnChain, pair_contract
from nmr.client.lens import BUYBACK, stablecoin_at
from nmr.client.session import ReadFailed, Reverts, Session
from nmr.client.timelock import OperationProgress, carry_out
from nmr.deploy.local import DEPLOYER, GOVERNOR, GUARDIAN, MARKET
from nmr.deploy.record import Record, write_record
from nmr.deploy.suite import Deployed
from nmr.errors import NmrError
from nmr.protocol.reference.buyback import PRICE, Answer, Programme, Uptime, check_uptime, reference_price
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, format_price

Announce = Callable[[str], None]

LOCAL_DECIMALS: Final = 6
_DOLLAR: Final = 10**LOCAL_DECIMALS
LOCAL_SUPPLY: Final = 10_000_000 * _DOLLAR
LOCAL_BUDGET: Final = 1_000_000 * _DOLLAR
"""What the treasury gets of the stablecoin."""
LOCAL_POOL_NMR: Final = 50_000 * NMR
LOCAL_POOL_DOLLARS: Final = 750_000 * _DOLLAR
FEED_DECIMALS: Final = 8
LOCAL_PRICE: Final = 15 * 10**FEED_DECIMALS
"""What the feed says: the pool's price."""
LOCAL_PROGRAMME: Final = Programme(
    lifetime_cap=LOCAL_BUDGET,
    lot_cap=10_000 * _DOLLAR,
    min_lot=100 * _DOLLAR,
    length=1_800,
    gap=1_800,
    discount=500,
    premium=200,
    max_price=50 * PRICE,
    max_age=48 * 3_600,
    restart_delay=0,
    burns=False,
)
"""Short lots, so that they can be tried by hand, and a feed that need not be told every day."""


class AlreadyThere(NmrError, RuntimeError):
    """The record has a buyback, and it has not ended."""


class PairWrong(NmrError, ValueError):
    """An address where there is no pair of NMR and the stablecoin."""


def create_buyback(
    session: Session,
    project: LocalProject,
    account: AccountAPI,
    parameters: BuybackParameters,
    path: Path,
    announce: Announce = lambda _: None,
    more: dict[str, Deployed] | None = None,
) -> Record:
    """Deploy a buyback owned by the suite's timelock, with feed and filler if they are wanted, and record it.

    It can spend nothing before the timelock has allowed it to: see `BuybackOnChain.allow_calls`.

    Args:
        session: of the suite.
        project: with the contracts.
        account: who deploys; it ends with no role.
        parameters: what to deploy.
        path: of the suite's record.
        announce: told the name of each contract before it is deployed.
        more: what was deployed by the same account before, to be recorded with it.

    Raises:
        AlreadyThere: there is one that has not ended.
        BuybackInvalid, PairWrong: the chain has not what the parameters say; nothing was sent.
    """
    require_none(session)
    check_parameters(session, parameters)
    deployer = ApeDeployer(compiled(project), unlocked(account))
    parts = dict(more or {})

    def deploy(name: str, contract: str, *arguments: Any) -> str:
        announce(contract)
        handle = deployer.deploy(contract, arguments)
        parts[name] = Deployed(contract, handle, arguments)
        return str(handle.address)

    numeraire = session.only("Numeraire").address
    feed = parameters.feed
    if parameters.twap is not None:
        twap = parameters.twap
        limits = (twap.window, twap.max_window, twap.max_deviation, twap.min_reserve)
        feed = deploy(FEED, TWAP, parameters.pair, numeraire, *limits)
    roles = (session.only("Timelock").address, parameters.guardian)
    feeds = (feed, parameters.sequencer or ZERO_ADDRESS)
    arguments = (numeraire, session.only("Treasury").address, *roles, parameters.stablecoin, *feeds)
    buyback = deploy(BUYBACK, "Buyback", *arguments, tuple(parameters.programme))
    if parameters.pair is not None:
        deploy(FILLER, "UniswapV2Filler", buyback, parameters.pair)
    # An older programme's parts give way; its contracts stay what they are.
    replaced = (BUYBACK, FEED, FILLER, STABLECOIN)
    kept = {name: part for name, part in session.record.parts.items() if name not in replaced}
    record = with_parts(replace(session.record, parts=kept), parts, project, account)
    write_record(record, path)
    return record


def create_local(
    session: Session, project: LocalProject, accounts: Sequence[AccountAPI], path: Path, announce: Announce
) -> tuple[Record, OperationProgress]:
    """Make a stablecoin, a feed, Uniswap V2 with a pool, and a buyback that may spend $1,000,000 of the treasury.

    One that was made and that the timelock has not allowed to spend yet is not made again.

    Args:
        accounts: of the local chain, in the order of `nmr.deploy.local`.

    Returns:
        The record, and how far the timelock is with the allowance.

    Raises:
        AlreadyThere: there is a buyback that has not ended.
        UniswapMissing: its packages are not installed.
    """
    if not _is_unallowed(session):
        _create_local(session, project, accounts, path, announce)
        session = session_of(project.provider)
    calls = BuybackOnChain(session).allow_calls(LOCAL_PROGRAMME.lifetime_cap)
    return session.record, carry_out(session, calls, ApeSigner(accounts[GOVERNOR]))


def _is_unallowed(session: Session) -> bool:
    """Whether a programme for local chains is there that never could spend anything."""
    if not session.has(BUYBACK):
        return False
    buyback = BuybackOnChain(session)
    state = buyback.read()
    return buyback.programme == LOCAL_PROGRAMME and not (state.ended or state.allowed or state.total_paid)


def _create_local(
    session: Session, project: LocalProject, accounts: Sequence[AccountAPI], path: Path, announce: Announce
) -> None:
    require_none(session)
    deployer, market = ApeDeployer(compiled(project), accounts[DEPLOYER]), accounts[MARKET]
    announce("Stablecoin")
    supply = (LOCAL_DECIMALS, market.address, LOCAL_SUPPLY)
    coin = Deployed("Stablecoin", deployer.deploy("Stablecoin", supply), supply)
    announce("SettableFeed")
    told = (ZERO_ADDRESS, FEED_DECIMALS, LOCAL_PRICE)
    feed = Deployed("SettableFeed", deployer.deploy("SettableFeed", told), told)
    announce("Uniswap V2")
    exchange = deploy_exchange(project, accounts[DEPLOYER])
    suite = load_suite(session.record, project)
    pair = create_pool(exchange, market, suite.numeraire, LOCAL_POOL_NMR, coin.handle, LOCAL_POOL_DOLLARS)
    coin.handle.transfer(suite.treasury, LOCAL_BUDGET, sender=market)
    parameters = BuybackParameters(
        guardian=str(accounts[GUARDIAN].address),
        stablecoin=str(coin.handle.address),
        feed=str(feed.handle.address),
        twap=None,
        sequencer=None,
        pair=str(pair.address),
        programme=LOCAL_PROGRAMME,
    )
    made = {STABLECOIN: coin, FEED: feed}
    create_buyback(session, project, accounts[DEPLOYER], parameters, path, announce, made)


def require_none(session: Session) -> None:
    """Make sure that no buyback runs.

    Raises:
        AlreadyThere: one does.
    """
    if session.has(BUYBACK) and not BuybackOnChain(session).read().ended:
        raise AlreadyThere(
            f"The buyback at {session.part(BUYBACK).address} runs: end it first with `ape run buyback end`."
        )


def check_parameters(session: Session, parameters: BuybackParameters) -> None:
    """Compare parameters with the chain.

    Raises:
        BuybackInvalid: the feed gives no price, or one above the programme's largest; or the sequencer's does not say
            that it is up.
        PairWrong: there is no pair of NMR and the stablecoin where one should be.
    """
    if parameters.pair is not None:
        require_pair(session, parameters.pair, parameters.stablecoin)
    if parameters.sequencer is not None:
        try:
            check_uptime(_read_uptime(session, parameters.sequencer), 0, session.now)
        except NmrError as error:
            raise BuybackInvalid(
                f"The feed {parameters.sequencer} does not say that a sequencer is up: {error}."
            ) from error
    if parameters.feed is None:
        return
    try:
        price = reference_price(read_feed(session, parameters.feed), session.now, parameters.programme.max_age)
    except NmrError as error:
        raise BuybackInvalid(f"The feed {parameters.feed} gives no price to go by: {error}.") from error
    if price > parameters.programme.max_price:
        raise BuybackInvalid(
            f"The feed says {format_price(price)} for one NMR, above max_price "
            f"{format_price(parameters.programme.max_price)}: no lot would ever be taken."
        )


def require_pair(session: Session, address: str, stablecoin: str) -> None:
    """Make sure that a pair of NMR and a stablecoin is at an address.

    Raises:
        PairWrong: there is none.
    """
    pair = pair_contract(address)
    try:
        tokens = set(session.read_many(pair, [("token0",), ("token1",)]))
    except (ReadFailed, Reverts):
        tokens = set()
    if tokens != {session.only("Numeraire").address, stablecoin}:
        raise PairWrong(f"{address} is no pair of Uniswap V2 of NMR and {stablecoin}.")


def read_feed(session: Session, address: str) -> Answer | None:
    """What a feed answers; None if it does not."""
    told = _ask_feed(session, address, "latestRoundData", "decimals")
    if told is None:
        return None
    (round_id, answer, _, updated_at, answered_in), decimals = told
    return Answer(answer, decimals, updated_at, round_id, answered_in)


def _read_uptime(session: Session, address: str) -> Uptime | None:
    """What the feed of a sequencer answers; None if it does not."""
    told = _ask_feed(session, address, "latestRoundData")
    return None if told is None else Uptime(told[0][1], told[0][2])


def _ask_feed(session: Session, address: str, *getters: str) -> list[Any] | None:
    # Any feed's getters are those of the suite's own.
    feed = Contract(TWAP, address, abi(TWAP))
    try:
        return list(session.read_many(feed, [(getter,) for getter in getters]))
    except (ReadFailed, Reverts):
        return None


def decimals_of(session: Session, stablecoin: str) -> int:
    """The decimals of the stablecoin at an address.

    Raises:
        BuybackInvalid: there is no such token.
    """
    try:
        return int(session.read(stablecoin_at(stablecoin), "decimals"))
    except (ReadFailed, Reverts) as error:
        raise BuybackInvalid(f"{stablecoin} is no token: it does not tell its decimals.") from error
