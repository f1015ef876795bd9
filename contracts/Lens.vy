# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Lens
@author NMR contributors
@license AGPL-3.0-only
@notice Every figure of the suite at one block, by one call: what tournaments
        hold and owe, what the treasury reserves, supply, price and TVL; what one
        model has, and which rounds can open. It is also the registry that public
        TVL adapters ask for instances.
@custom:security It has no storage and nobody has a role. It believes the
                 tournaments and the feed that a caller names: for the suite's
                 own, ask `figures`.
"""


from .interfaces import ILens
from .interfaces import INumeraire
from .interfaces import ITournament
from .interfaces import ITreasury
from .modules import lanes


implements: ILens


# The getters of a tournament that are of no interest to its callers.
interface Fixed:
    def TOKEN() -> address: view
    def RING() -> uint256: view
    def FIRST_ROUND() -> uint256: view


# A page of `models` takes no more memory than it has words.
interface Words:
    def words(row: uint256, first: uint256, count: uint256) -> DynArray[uint256, MAX_GROUPS]: view


MAX_TOURNAMENTS: constant(uint256) = 32
MAX_ROUNDS: constant(uint256) = 2_048
MAX_RING: constant(uint256) = 128
# Rows of a tournament's words after those of the places.
IDLE: constant(uint256) = MAX_RING
POLICIES: constant(uint256) = MAX_RING + 1
# The last id that a round can have.
MAX_ROUND: constant(uint256) = 65_535
# Of one page: 10,240 cold words are what 30 million gas read.
MAX_MODELS: constant(uint256) = 640
MAX_GROUPS: constant(uint256) = 160
MAX_PLACES: constant(uint256) = 64
# Of one answer about the groups of a round.
MAX_WAITING: constant(uint256) = 1_024

# All NMR there ever was.
MINTED: constant(uint256) = 11_000_000 * 10**18
UNIT: constant(uint256) = 10**9
NMR: constant(uint256) = 10**18
DOLLAR: constant(uint256) = 10**6

# What a getter of an immutable needs many times over.
PROBE_GAS: constant(uint256) = 50_000
# A feed that uses up more reverts, as far as this view is concerned.
FEED_GAS: constant(uint256) = 500_000
# Beyond these an answer is no price, and its product with a balance could overflow.
MAX_ANSWER: constant(uint256) = 2**128
MAX_DECIMALS: constant(uint256) = 36

TOKEN: public(immutable(INumeraire))
TREASURY: public(immutable(ITreasury))


@deploy
def __init__(token: address, treasury: address):
    """
    @param token The NMR token.
    @param treasury The treasury, whose list of tournaments is the registry.
    """
    assert token.is_contract, "lens: token has no code"
    assert treasury.is_contract, "lens: treasury has no code"
    TOKEN = INumeraire(token)
    TREASURY = ITreasury(treasury)


@external
@view
def figures(feed: address) -> ILens.Figures:
    """
    @notice The figures of the whole suite: of every tournament on the treasury's
            list, whatever its cap is now.
    @dev `circulating` is the supply without what the treasury holds. What does
         not answer as a tournament of this token is left out: an address that
         was authorised by mistake, or a tournament to come.
    @param feed A Chainlink `AggregatorV3Interface` of dollars for an NMR; the
           zero address for no price. A feed that fails makes the price unknown
           and nothing else.
    """
    listed: DynArray[address, MAX_TOURNAMENTS] = self._instances()
    tournaments: DynArray[address, MAX_TOURNAMENTS] = []
    for instance: address in listed:
        if self._is_tournament(instance):
            tournaments.append(instance)
    return self._figures(tournaments, feed)


@external
@view
def figures_of(tournaments: DynArray[address, MAX_TOURNAMENTS], feed: address) -> ILens.Figures:
    """
    @notice The figures with these tournaments only; what the treasury reserves
            for others is `reserved_elsewhere`.
    @param tournaments Each once.
    @param feed As in `figures`.
    """
    return self._figures(tournaments, feed)


@external
@view
def models(tournament: address, first: uint256, count: uint256, place: uint256) -> ILens.Page:
    """
    @notice Models with their stakes: `count` of them from `first` on, or as many
            as there are; at the 64 places of the ring from `place` on, or as
            many as there are.
    @param tournament Of whom.
    @param first A multiple of 4, since four models share a word.
    @param count At most 640.
    @param place 0, but for the second half of a ring of more than 64 places.
    """
    assert first % 4 == 0, "lens: first is no multiple of 4"
    assert count <= MAX_MODELS, "lens: page is too large"
    self._check(tournament)
    page: ILens.Page = empty(ILens.Page)
    total: uint256 = staticcall ITournament(tournament).model_count()
    if first >= total:
        return page

    number: uint256 = min(count, total - first)
    groups: uint256 = (number + 3) // 4
    places: uint256 = staticcall Fixed(tournament).RING()
    for i: uint256 in range(min(self._beyond(places, place), MAX_PLACES), bound=MAX_PLACES):
        page.positions.append(staticcall Words(tournament).words(place + i, first // 4, groups))
    idle: DynArray[uint256, MAX_GROUPS] = staticcall Words(tournament).words(IDLE, first // 4, groups)
    policies: DynArray[uint256, MAX_GROUPS] = staticcall Words(tournament).words(POLICIES, first // 4, groups)
    for i: uint256 in range(number, bound=MAX_MODELS):
        policy: ILens.Policy = self._policy(policies[i // 4], i)
        page.models.append(
            ILens.Model(
                owner=staticcall ITournament(tournament).owner_of(first + i),
                idle=lanes._get(idle[i // 4], i) * UNIT,
                target=policy.target,
                compound=policy.compound,
            )
        )
    return page


@external
@view
def policy_of(tournament: address, model: uint256) -> ILens.Policy:
    """
    @return The model's target in wei, and whether it compounds.
    """
    return self._policy(self._word(tournament, POLICIES, model), model)


@external
@view
def idle_of(tournament: address, model: uint256) -> uint256:
    """
    @return What the model's owner can withdraw now, wei.
    """
    return lanes._get(self._word(tournament, IDLE, model), model) * UNIT


@external
@view
def position(tournament: address, round: uint256, model: uint256) -> uint256:
    """
    @return What the model has at stake in the round, or what waits for it to
            open, wei; 0 once it settled.
    """
    place: uint256 = round % staticcall Fixed(tournament).RING()
    found: ITournament.Position = staticcall ITournament(tournament).place_of(model, place)
    return found.amount if found.round == round else 0


@external
@view
def stakes_of(tournament: address, model: uint256) -> DynArray[ILens.Stake, MAX_RING]:
    """
    @return All that the model has at stake or waiting, by place, and when its
            owner can have each part back.
    """
    stakes: DynArray[ILens.Stake, MAX_RING] = []
    for place: uint256 in range(staticcall Fixed(tournament).RING(), bound=MAX_RING):
        found: ITournament.Position = staticcall ITournament(tournament).place_of(model, place)
        if found.amount > 0:
            stakes.append(self._stake(tournament, found))
    return stakes


@external
@view
def waiting_groups(
    tournament: address, round: uint256, first: uint256, count: uint256
) -> DynArray[uint256, MAX_WAITING]:
    """
    @return Those of `count` groups from `first` on with stakes of the round: what
            is to be settled once it resolved.
    """
    waiting: DynArray[uint256, MAX_WAITING] = []
    place: uint256 = round % staticcall Fixed(tournament).RING()
    words: DynArray[uint256, MAX_WAITING] = staticcall ITournament(tournament).words(place, first, count)
    for i: uint256 in range(len(words), bound=MAX_WAITING):
        if lanes._is_tagged(words[i], round):
            waiting.append(first + i)
    return waiting


@external
@view
def places(tournament: address) -> DynArray[ILens.Place, MAX_RING]:
    """
    @return What opens next at each place of the ring, in the order of their turns
            from now on, and whether it can. While a round is open none can.
    """
    listed: DynArray[ILens.Place, MAX_RING] = []
    ring: uint256 = staticcall Fixed(tournament).RING()
    due: uint256 = staticcall ITournament(tournament).due_round()
    last: uint256 = staticcall ITournament(tournament).last_opened()
    for i: uint256 in range(ring, bound=MAX_RING):
        next: uint256 = staticcall ITournament(tournament).next_round((last + 1 + i) % ring)
        listed.append(ILens.Place(next=next, status=self._status(tournament, ring, next, due)))
    return listed


@external
@view
def instances() -> DynArray[address, MAX_TOURNAMENTS]:
    """
    @notice Every tournament on the treasury's list: each that was authorised, but
            for those that the owner took off.
    """
    return self._instances()


@external
@view
def getInstanceCount() -> uint256:
    """
    @notice How many instances there are: the registry that TVL adapters know.
    """
    return staticcall TREASURY.tournament_count()


@external
@view
def getInstance(index: uint256) -> address:
    """
    @notice An instance. The NMR that all of them hold is everything in escrow,
            and donations.
    """
    assert index < staticcall TREASURY.tournament_count(), "lens: no such instance"
    return staticcall TREASURY.tournament_at(index)


@internal
@view
def _instances() -> DynArray[address, MAX_TOURNAMENTS]:
    listed: DynArray[address, MAX_TOURNAMENTS] = []
    for i: uint256 in range(staticcall TREASURY.tournament_count(), bound=MAX_TOURNAMENTS):
        listed.append(staticcall TREASURY.tournament_at(i))
    return listed


@internal
@view
def _figures(tournaments: DynArray[address, MAX_TOURNAMENTS], feed: address) -> ILens.Figures:
    view: ILens.Figures = empty(ILens.Figures)
    view.number = block.number
    view.timestamp = block.timestamp

    seen: DynArray[address, MAX_TOURNAMENTS] = []
    for tournament: address in tournaments:
        assert tournament not in seen, "lens: tournament is named twice"
        seen.append(tournament)
        self._check(tournament)
        escrow: ILens.Escrow = empty(ILens.Escrow)
        escrow.tournament = tournament
        escrow.models = staticcall ITournament(tournament).model_count()
        escrow.balance = staticcall TOKEN.balanceOf(tournament)
        escrow.idle = staticcall ITournament(tournament).idle_total()
        escrow.room = staticcall TREASURY.room_of(tournament)
        ring: uint256 = staticcall Fixed(tournament).RING()
        first: uint256 = staticcall Fixed(tournament).FIRST_ROUND()
        for place: uint256 in range(ring, bound=MAX_RING):
            # A place's latest round, the one before, and the one that opens next:
            # earlier ones are closed, or the latest could not have been opened.
            next: uint256 = staticcall ITournament(tournament).next_round(place)
            for turns: uint256 in range(3):
                round: uint256 = next + turns * ring
                if round < first + 2 * ring:
                    continue
                round -= 2 * ring
                amount: uint256 = staticcall ITournament(tournament).staked(round)
                if amount == 0:
                    continue
                assert len(view.rounds) < MAX_ROUNDS, "lens: too many rounds"
                kept: uint256 = self._reserved(tournament, round)
                view.rounds.append(
                    ILens.RoundAtStake(
                        tournament=tournament,
                        round=round,
                        state=staticcall ITournament(tournament).state(round),
                        staked=amount,
                        reserved=kept,
                    )
                )
                if round == next:
                    escrow.waiting += amount
                else:
                    escrow.at_risk += amount
                escrow.reserved += kept
        owed: uint256 = escrow.idle + escrow.at_risk + escrow.waiting
        escrow.donations = self._beyond(escrow.balance, owed)
        escrow.shortfall = self._beyond(owed, escrow.balance)
        view.escrows.append(escrow)
        view.idle += escrow.idle
        view.at_risk += escrow.at_risk
        view.waiting += escrow.waiting
        view.donations += escrow.donations
        view.shortfall += escrow.shortfall
        view.reserved += escrow.reserved

    reserved: uint256 = staticcall TREASURY.reserved()
    view.reserved_elsewhere = self._beyond(reserved, view.reserved)
    view.treasury_balance = staticcall TOKEN.balanceOf(TREASURY.address)
    view.treasury_free = self._beyond(view.treasury_balance, reserved)
    view.treasury_shortfall = self._beyond(reserved, view.treasury_balance)

    view.supply = staticcall TOKEN.totalSupply()
    view.burned = self._beyond(MINTED, view.supply)
    view.circulating = self._beyond(view.supply, view.treasury_balance)
    view.tvl = view.idle + view.at_risk + view.waiting - view.shortfall
    view.price = self._price(feed)
    if view.price.status == ILens.PriceStatus.KNOWN:
        view.dollars = view.tvl * view.price.answer * DOLLAR // NMR // 10**view.price.decimals
    view.agrees = view.shortfall == 0 and view.treasury_shortfall == 0 and view.reserved <= reserved
    return view


@internal
@view
def _word(tournament: address, row: uint256, model: uint256) -> uint256:
    """
    @return The word of the model's group in a row of the tournament's words.
    """
    words: DynArray[uint256, MAX_GROUPS] = staticcall Words(tournament).words(row, model // 4, 1)
    return words[0]


@internal
@pure
def _policy(word: uint256, model: uint256) -> ILens.Policy:
    return ILens.Policy(
        target=lanes._get(word, model) * UNIT, compound=(lanes._tag(word) >> (model % 4)) & 1 == 1
    )


@internal
@view
def _stake(tournament: address, found: ITournament.Position) -> ILens.Stake:
    """
    @dev What waits or is open can be left now; what is void or expired is to be
         settled now. Else its round has to become final before.
    """
    state: ITournament.State = staticcall ITournament(tournament).state(found.round)
    stake: ILens.Stake = ILens.Stake(
        round=found.round,
        amount=found.amount,
        waiting=state == ITournament.State.UNKNOWN,
        free_from=block.timestamp,
        free_by=block.timestamp,
    )
    bound: bool = state not in (
        ITournament.State.UNKNOWN | ITournament.State.OPEN | ITournament.State.VOID | ITournament.State.EXPIRED
    )
    if bound:
        info: ITournament.Round = staticcall ITournament(tournament).round_info(found.round)
        final_at: uint256 = info.final_at
        if final_at == 0:
            final_at = max(info.terms.resolves_at, block.timestamp) + info.terms.window
        stake.free_from = min(final_at, info.terms.expires_at)
        stake.free_by = info.terms.expires_at
    return stake


@internal
@view
def _status(tournament: address, ring: uint256, next: uint256, due: uint256) -> ILens.PlaceStatus:
    if next == due:
        return ILens.PlaceStatus.DUE
    if next > MAX_ROUND:
        return ILens.PlaceStatus.ENDED
    first: uint256 = staticcall Fixed(tournament).FIRST_ROUND()
    if next >= first + ring:
        resolved: bool = staticcall ITournament(tournament).state(next - ring) in (
            ITournament.State.FINAL
            | ITournament.State.VOID
            | ITournament.State.EXPIRED
            | ITournament.State.CLOSED
        )
        if not resolved:
            return ILens.PlaceStatus.UNRESOLVED
    if next >= first + 2 * ring:
        if staticcall ITournament(tournament).state(next - 2 * ring) != ITournament.State.CLOSED:
            return ILens.PlaceStatus.UNSETTLED
    return ILens.PlaceStatus.LATER


@internal
@view
def _is_tournament(instance: address) -> bool:
    """
    @dev The treasury has a TOKEN, too, and only tournaments have a RING.
    """
    return (
        self._asked(instance, method_id("RING()")) > 0
        and self._asked(instance, method_id("TOKEN()")) == convert(TOKEN.address, uint256)
    )


@internal
@view
def _asked(instance: address, data: Bytes[4]) -> uint256:
    """
    @return The word that an address answers to a call without arguments; 0 if it
            answers none. Whatever it does, this does not revert.
    """
    answered: bool = False
    answer: Bytes[32] = b""
    answered, answer = raw_call(
        instance, data, max_outsize=32, gas=PROBE_GAS, is_static_call=True, revert_on_failure=False
    )
    if not answered or len(answer) < 32:
        return 0
    return convert(answer, uint256)


@internal
@view
def _check(tournament: address):
    assert tournament.is_contract, "lens: tournament has no code"
    assert staticcall Fixed(tournament).TOKEN() == TOKEN.address, "lens: tournament of another token"


@internal
@view
def _reserved(tournament: address, round: uint256) -> uint256:
    """
    @return What the treasury still keeps for the rewards of a round.
    """
    given: ITreasury.Reservation = staticcall TREASURY.reservation(tournament, round)
    return given.granted - given.drawn - given.released


@internal
@view
def _price(feed: address) -> ILens.Price:
    price: ILens.Price = empty(ILens.Price)
    price.status = ILens.PriceStatus.UNASKED
    if feed == empty(address):
        return price
    price.status = ILens.PriceStatus.UNANSWERED
    answered: bool = False
    decimals: Bytes[32] = b""
    answered, decimals = raw_call(
        feed,
        method_id("decimals()"),
        max_outsize=32,
        gas=FEED_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not answered or len(decimals) < 32 or convert(decimals, uint256) > MAX_DECIMALS:
        return price
    data: Bytes[160] = b""
    answered, data = raw_call(
        feed,
        method_id("latestRoundData()"),
        max_outsize=160,
        gas=FEED_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not answered or len(data) < 160:
        return price
    # Whole words, since a word that does not fit a narrower type would revert here.
    round: uint256 = 0
    answer: int256 = 0
    started_at: uint256 = 0
    updated_at: uint256 = 0
    answered_in: uint256 = 0
    round, answer, started_at, updated_at, answered_in = abi_decode(
        data, (uint256, int256, uint256, uint256, uint256)
    )
    if answer <= 0:
        price.status = ILens.PriceStatus.NOT_POSITIVE
        return price
    if updated_at == 0 or updated_at > block.timestamp or answered_in < round:
        price.status = ILens.PriceStatus.INCOMPLETE
        return price
    if convert(answer, uint256) >= MAX_ANSWER:
        return price
    return ILens.Price(
        status=ILens.PriceStatus.KNOWN,
        answer=convert(answer, uint256),
        decimals=convert(decimals, uint256),
        updated_at=updated_at,
        age=block.timestamp - updated_at,
    )


@internal
@pure
def _beyond(one: uint256, other: uint256) -> uint256:
    """
    @return By how much one exceeds the other, and 0 if it does not.
    """
    return unsafe_sub(one, other) if one > other else 0
