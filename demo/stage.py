# SPDX-License-Identifier: MIT
"""A suite on the embedded chain with all who play a season on it, and what reads the chain for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ape import accounts, chain
from ape.api import AccountAPI, ProviderAPI
from ape.managers.project import LocalProject
from ape_ethereum.transactions import Receipt

from demo.cast import DEPOSIT, Entrant, Incidents
from demo.files import Crowd, Files
from demo.pools import BACKERS, KEEPER, MANAGER, DemoPools
from demo.season import MIN_STAKE, RING, Crew, Season, Staker
from nmr.ape.project import ApeDeployer, compiled, record_of
from nmr.ape.rpc import rpc_of
from nmr.ape.signer import ApeSigner
from nmr.chain.logs import decode_logs, read_logs
from nmr.client.lens import LensReader
from nmr.client.pools import Backer
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.deploy.suite import Suite, SuiteParameters, TournamentParameters, default_bounds, deploy_suite
from nmr.protocol.commitments import counting
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.treasury import Limits
from nmr.rounds.resolution import read_positions
from nmr.sealing.facts import RoundOnChain, ledgered, settled_scores
from nmr.sealing.keys import KeyFolder
from nmr.sealing.store import Store
from nmr.text.amounts import NMR, SUPPLY
from nmr.tvl.figures import Figures, ModelStakes

RESERVE: Final = 3_000_000 * NMR
CAP: Final = 1_000 * NMR
"""What a round may reserve; eight of them at once, and as much anew each day."""
CREW: Final = 6
OWNERS: Final = 11
"""Test accounts that own models, each two or three."""
SUBMITTERS: Final = 3
"""Test accounts that submit, each for many models."""
SET_UP: Final = 2
"""Announcements of `set_up`."""
SEASON: Final = 1
"""Announcements of a season beside one for each round."""


@contextmanager
def without_debug_logs() -> Iterator[None]:
    """No look for what a contract prints: Ape executes each transaction once more for it, and ours print nothing."""
    shown = Receipt.show_debug_logs
    Receipt.show_debug_logs = lambda receipt: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        Receipt.show_debug_logs = shown  # type: ignore[method-assign]


@dataclass(frozen=True)
class Stage:
    """A suite with tournaments, and those who play on it.

    Attributes:
        project: with the contracts, compiled.
        session: of the suite.
        suite: deployed.
        stakers: by tournament, the models with their accounts.
        crew: who runs the tournaments; its passer-by holds all NMR that nobody else has, and is the market.
        deployer: ended with no role.
        governor: proposes and executes in the timelock, which has no delay.
        keeper: keeps the buyback going.
    """

    project: LocalProject
    session: Session
    suite: Suite
    stakers: Mapping[str, Sequence[Staker]]
    crew: Crew
    deployer: AccountAPI
    governor: AccountAPI
    keeper: AccountAPI

    @property
    def clock(self) -> Any:
        """The chain's clock."""
        return chain

    def files(self, name: str, folder: Path, crowd: Crowd) -> Files:
        """Everybody's files of a tournament, in a folder that is nobody else's."""
        address = str(self.suite.tournaments[name].address)
        store, keys = folder / "store", KeyFolder(folder / "keys", str(chain.chain_id), address)
        store.mkdir(parents=True)
        return Files(Store(str(store), lasting=False), keys, crowd)

    def season(
        self,
        name: str,
        files: Files,
        facts_of: Callable[[int], RoundOnChain],
        first_era: int,
        incidents: Incidents,
        pools: DemoPools | None = None,
    ) -> Season:
        """A season on a tournament of the suite; the arguments are those of `Season`."""
        return Season(
            self.suite,
            name,
            self.crew,
            self.stakers[name],
            self.clock,
            files,
            _Lens(self.session, name),
            int(chain.chain_id),
            facts_of,
            first_era,
            incidents,
            pools,
        )

    def pools(self, name: str, rounds: int) -> DemoPools:
        """Pools of a season of so many rounds; who has to do with them owns models, too."""
        test_accounts: Any = accounts.test_accounts
        people = {name: test_accounts[CREW + index] for index, name in enumerate((MANAGER, *BACKERS))}
        tournament = self.session.tournament(name)
        hands = {
            name: Backer(self.session, tournament, ApeSigner(account))
            for name, account in {**people, KEEPER: self.keeper}.items()
        }
        return DemoPools(hands, people, self.suite.numeraire, self.crew.anyone, rounds)


def set_up(
    project: LocalProject,
    provider: ProviderAPI,
    casts: Mapping[str, Sequence[Entrant]],
    announce: Callable[[str], None],
) -> Stage:
    """Deploy a suite with a tournament for each of these casts, all on one treasury.

    Args:
        casts: the entrants, by the name of their tournament.
        announce: told what comes next, `SET_UP` times.
    """
    test_accounts: Any = accounts.test_accounts
    deployer, operator, guardian, governor, keeper, anyone = (test_accounts[i] for i in range(CREW))
    stakers = {
        name: [
            Staker(entrant, test_accounts[CREW + i % OWNERS], test_accounts[CREW + OWNERS + i % SUBMITTERS])
            for i, entrant in enumerate(cast)
        ]
        for name, cast in casts.items()
    }
    announce("compiling the contracts")
    contracts = compiled(project)
    announce("deploying the suite")
    ape_deployer = ApeDeployer(contracts, deployer)
    suite = deploy_suite(
        ape_deployer,
        SuiteParameters(
            delay=0,
            proposers=(governor.address,),
            executors=(governor.address,),
            holders=_holders([staker.owner.address for cast in stakers.values() for staker in cast], anyone.address),
            tournaments={
                name: TournamentParameters(
                    operator=operator.address,
                    guardian=guardian.address,
                    ring=RING,
                    min_stake=MIN_STAKE,
                    limits=Limits(CAP, 2 * RING * CAP, CAP),
                    bounds=default_bounds(),
                )
                for name in casts
            },
        ),
    )
    session = Session(record_of(suite, contracts, ape_deployer), rpc_of(provider))
    crew = Crew(operator=operator, guardian=guardian, anyone=anyone)
    return Stage(contracts, session, suite, stakers, crew, deployer, governor, keeper)


class _Lens:
    """The suite's lens, at the newest block."""

    def __init__(self, session: Session, name: str) -> None:
        self._lens = LensReader(session)
        self._tournament = session.tournament(name)
        self._models_at: tuple[int, list[ModelStakes]] = (-1, [])

    def figures(self) -> Figures:
        """Every figure of the suite."""
        return self._lens.figures(self._lens.latest)

    def models(self) -> list[ModelStakes]:
        """Every model of the tournament with its stakes, read once a block."""
        latest = self._lens.latest
        if self._models_at[0] != latest:
            self._models_at = (latest, self._lens.models(self._tournament, latest))
        return self._models_at[1]


class Log:
    """The suite's log as it grows; each block is asked for once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # Model -> gwei, by tournament and round; stakes do not change between lock and settlement.
        self._stakes: dict[tuple[str, int], dict[int, int]] = {}
        self._read_to = -1
        self._events: list[Event] = []

    def facts(self, tournament: str, round_id: int) -> RoundOnChain:
        """What the chain says about a locked round; it has to be asked once before it is settled."""
        self._read_on()
        rounds = Rounds(self._session, self._session.tournament(tournament))
        about = [
            event for event in self._events if event.address == rounds.address and event.args.get("round") == round_id
        ]
        submitted = [event for event in about if event.name == "Submitted"]
        # Without signed commitments blocks order them as their times do.
        times = {event.block: event.block for event in submitted}
        if (tournament, round_id) not in self._stakes:
            self._stakes[tournament, round_id] = read_positions(rounds, round_id)
        return RoundOnChain.of_round(
            rounds.chain_id,
            rounds.address,
            round_id,
            rounds.round(round_id),
            commitments={model: each.hash for model, each in counting(ledgered(submitted, times)).items()},
            stakes=self._stakes[tournament, round_id],
            settled=settled_scores(event for event in about if event.name == "Settled"),
        )

    def _read_on(self) -> None:
        height = self._session.latest
        if height > self._read_to:
            abis = {part.address: part.events for part in map(self._session.part, self._session.record.parts)}
            logs = read_logs(self._session.rpc, list(abis), self._read_to + 1, height)
            self._events += decode_logs(logs, abis)
            self._read_to = height


def _holders(owners: list[str], market: str) -> dict[str, int]:
    """Who holds what the treasury does not: a deposit for every model of an owner, the rest with the market."""
    holders: dict[str, int] = {}
    for owner in owners:
        holders[owner] = holders.get(owner, 0) + DEPOSIT
    holders[market] = SUPPLY - RESERVE - sum(holders.values())
    return holders
