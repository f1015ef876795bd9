# SPDX-License-Identifier: MIT
"""The audit of a buyback: what agrees, and what is planted in its log, storage and code is found and named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from nmr.audit.checkpoint import FileCheckpoints
from nmr.audit.page import render_page
from nmr.chain.builds import build
from nmr.protocol.reference.buyback import PRICE
from tests.library.audit.buyback_scene import DOLLAR, LOT, BuybackNode, BuybackScene, node_of_buyback
from tests.library.audit.history import as_topic, audited, differences, transaction_of
from tests.library.audit.scene import BUYBACK, FakeNode, slots
from tests.support.example_suite import OWNER, STAKER, STRANGER

STAKER_NAME = to_checksum_address(STAKER)


@pytest.fixture
def node() -> BuybackNode:
    return node_of_buyback()


def change_data(node: FakeNode, index: int, word: int, change: Callable[[int], int]) -> None:
    """Change a word of a log's data."""
    data = node.logs[index]["data"]
    at = 2 + 64 * word
    node.logs[index]["data"] = f"{data[:at]}{change(int(data[at : at + 64], 16)):064x}{data[at + 64 :]}"


def of_the_log(node: FakeNode) -> list[tuple[str, str, str]]:
    """What the log disagrees with, and that it is the buyback's."""
    found = [each for each in audited(node).disagreements if each.source == "log"]
    assert {each.part for each in found} <= {"buyback"}
    return [(each.what, each.expected, each.found) for each in found]


# what agrees


def test_audit__untouched_buyback__agrees_and_counts_it(node: BuybackNode) -> None:
    report = audited(node)
    assert differences(report) == []
    compared = report.content["compared"]
    assert compared["buyback"] == {"compared": 3, "differ": 0}
    assert compared["roots"] == {"compared": 8, "differ": 0}
    assert report.content["figures"]["buybacks"]["buyback"] == {
        "lots": 4,
        "fills": 4,
        "paid": str(node.buyback.total_paid),
        "lifetime_cap": str(100_000 * DOLLAR),
        "left": str(LOT),
        "decimals": 6,
        "bought": str(node.buyback.total_bought),
        "burns": False,
        "ended": False,
    }


def test_page__buyback__has_its_figures(node: BuybackNode) -> None:
    page = render_page(audited(node).content, "0x00")
    assert "<h2>Buyback: buyback</h2>" in page
    assert "$28,000.000001 of $100,000.00" in page


def test_audit__programme_that_burns_and_has_ended__agrees() -> None:
    scene = BuybackScene(burns=True)
    scene.kick()
    scene.wait(0.5)
    scene.take(LOT // 2)
    supply = scene.world.numeraire.total_supply
    scene.act("end", OWNER)
    scene.act("sweep", OWNER)
    report = audited(BuybackNode(scene))
    assert differences(report) == []
    assert report.content["figures"]["burned"] == str(scene.buyback.total_bought) != "0"
    assert report.content["figures"]["supply"] == str(supply)


def test_audit__ended_and_not_swept_yet__agrees() -> None:
    scene = BuybackScene()
    scene.kick()
    scene.act("end", OWNER)
    assert differences(audited(BuybackNode(scene))) == []


def test_audit__donations_that_are_swept_after_the_end__agree() -> None:
    scene = BuybackScene()
    scene.kick()
    scene.buyback.stablecoin.held[BUYBACK] += 5
    scene.act("end", OWNER)
    scene.act("sweep", OWNER)
    scene.buyback.stablecoin.held[BUYBACK] += 7
    scene.act("sweep", OWNER)
    assert differences(audited(BuybackNode(scene))) == []


def test_audit__resumed_from_any_block__same_bytes(node: BuybackNode, tmp_path: Path) -> None:
    whole = audited(node).canonical()
    for block in range(4, node.head, 3):
        file = tmp_path / str(block)
        audited(node, block=block, checkpoints=FileCheckpoints(file, node.record))
        assert audited(node, checkpoints=FileCheckpoints(file, node.record)).canonical() == whole


# what is planted in the log. The data of `Filled` is paid, bought, price, left, total_paid, total_bought; that of
# `Kicked` is amount, drawn, reference, ends_at.


def test_audit__fill_whose_nmr_is_a_wei_short__named(node: BuybackNode) -> None:
    filled = node.log_index("Filled")
    change_data(node, filled + 1, 0, lambda amount: amount - 1)
    bought = int(node.logs[filled]["data"][2 + 64 : 2 + 128], 16)
    assert of_the_log(node) == [(f"NMR from {STAKER_NAME} for its fill (wei)", str(bought), str(bought - 1))]
    first = audited(node).disagreements[0]
    assert (first.block, first.transaction) == transaction_of(node, "Filled")


def test_audit__fill_whose_nmr_went_to_somebody_else__named(node: BuybackNode) -> None:
    filled = node.log_index("Filled")
    node.logs[filled + 1]["topics"][2] = as_topic(STRANGER)
    [(what, _, found)] = of_the_log(node)
    assert (what, found) == (f"NMR from {STAKER_NAME} for its fill (wei)", "0")


def test_audit__fill_that_says_it_bought_a_wei_more__named_as_owed_and_as_moved(node: BuybackNode) -> None:
    change_data(node, node.log_index("Filled"), 1, lambda bought: bought + 1)
    whats = [what for what, _, _ in of_the_log(node)]
    assert whats == ["bought of Filled", f"NMR from {STAKER_NAME} for its fill (wei)"]


def test_audit__price_above_the_curve__named_with_the_highest_allowed(node: BuybackNode) -> None:
    filled = node.log_index("Filled", 0)  # halfway from 5% below $15 to 1% above
    change_data(node, filled, 2, lambda price: price + 1)
    found = of_the_log(node)
    assert ("price of Filled", str(147 * 10**17), str(147 * 10**17 + 1)) in found


def test_audit__price_above_the_largest__named() -> None:
    scene = BuybackScene(max_price=16 * 10**18)
    scene.kick()
    scene.wait(1)
    scene.take(LOT)
    node = BuybackNode(scene)
    lower = scene.buyback.programme._replace(max_price=15 * 10**18)
    node.buyback.programme = lower
    node.deploy()
    assert ("price of Filled", str(15 * 10**18), str(1515 * 10**16)) in of_the_log(node)


def test_audit__fill_of_more_than_is_left__named(node: BuybackNode) -> None:
    change_data(node, node.log_index("Filled"), 0, lambda paid: paid + 1)
    assert ("paid of Filled", str(LOT), str(LOT + 1)) in of_the_log(node)


def test_audit__lot_above_its_cap__named(node: BuybackNode) -> None:
    first = node.log_index("Kicked", 0)
    for word in (0, 1):  # amount, drawn
        change_data(node, first, word, lambda amount: amount + 1)
    found = of_the_log(node)
    assert found[:2] == [
        ("amount of Kicked", str(LOT), str(LOT + 1)),
        ("drawn of Kicked", str(LOT), str(LOT + 1)),
    ]


def test_audit__lots_beyond_the_lifetime_cap__named(node: BuybackNode) -> None:
    node.buyback.programme = node.buyback.programme._replace(lifetime_cap=30_000 * DOLLAR)
    node.deploy()
    found = of_the_log(node)
    assert found[0] == ("amount of Kicked", str(2_000 * DOLLAR - 1), str(LOT))


def test_audit__drawn_beyond_what_the_treasury_allowed__named(node: BuybackNode) -> None:
    change_data(node, node.log_index("Allowed"), 0, lambda _: LOT)
    found = of_the_log(node)
    assert found[0] == ("amount of Kicked", str(LOT - 8_000 * DOLLAR - 1), str(LOT))


@pytest.mark.parametrize(
    ("name", "nth", "what"),
    [
        ("Kicked", 0, "Filled"),
        ("Filled", 0, "left of Filled"),
        ("Stopped", 0, "event"),
        ("Paused", 0, "event"),
        ("Unpaused", 0, "Kicked"),
    ],
)
def test_audit__log_missing__first_that_does_not_follow_is_named(
    node: BuybackNode, name: str, nth: int, what: str
) -> None:
    del node.logs[node.log_index(name, nth)]
    whats = [each for each, _, _ in of_the_log(node)]
    assert what in whats


def test_audit__kicked_too_early__named_with_the_reason(node: BuybackNode) -> None:
    kicked = int(node.logs[node.log_index("Kicked", 1)]["blockNumber"], 16)
    node.times[kicked] -= 1
    assert of_the_log(node)[0] == ("Kicked", "what the books allow", "buyback: next lot is not due")


def test_audit__paused_by_somebody_else__named_with_the_reason(node: BuybackNode) -> None:
    change_data(node, node.log_index("Paused"), 0, lambda _: int(STRANGER, 16))
    assert ("Paused", "what the books allow", "buyback: not the guardian") in of_the_log(node)


@pytest.mark.parametrize("change", [-1, 1])
def test_audit__other_than_the_rest_of_the_lot_at_the_end__named(change: int) -> None:
    scene = BuybackScene()
    scene.kick()
    scene.act("end", OWNER)
    node = BuybackNode(scene)
    change_data(node, node.log_index("Ended"), 0, lambda left: left + change)
    assert of_the_log(node) == [("left of Ended", str(LOT), str(LOT + change))]


def test_audit__less_swept_than_was_held__named() -> None:
    scene = BuybackScene()
    scene.kick()
    scene.act("end", OWNER)
    scene.act("sweep", OWNER)
    node = BuybackNode(scene)
    change_data(node, node.log_index("Swept"), 0, lambda amount: amount - 1)
    assert of_the_log(node) == [("amount of Swept", str(LOT), str(LOT - 1))]


@pytest.mark.parametrize(("missing", "reason"), [("Ended", "programme has not ended"), ("Swept", None)])
def test_audit__swept_without_an_end__named_with_the_reason(missing: str, reason: str | None) -> None:
    scene = BuybackScene()
    scene.kick()
    scene.act("end", OWNER)
    scene.act("sweep", OWNER)
    node = BuybackNode(scene)
    del node.logs[node.log_index(missing)]
    found = of_the_log(node)
    assert (("Swept", "what the books allow", f"buyback: {reason}") in found) == (reason is not None)


def test_audit__lot_below_the_least__named_with_the_reason(node: BuybackNode) -> None:
    first, least = node.log_index("Kicked", 0), node.buyback.programme.min_lot
    for word in (0, 1):  # amount, drawn
        change_data(node, first, word, lambda _: least - 1)
    assert of_the_log(node)[0] == ("Kicked", "what the books allow", "buyback: lot is too small")


def test_audit__price_on_the_curve_of_the_kick_after_a_fall__is_what_a_higher_feed_allows() -> None:
    """The feed's word is believed, up to the curve of the kick's reference; and not a unit beyond."""
    scene = BuybackScene()
    scene.kick()
    scene.wait(0.5)
    scene.take(LOT, price=14)
    filled = next(event for event in scene.world.log.events if event.name == "Filled")
    assert filled.args["price"] == scene.buyback.programme.curve(14 * PRICE, 1_800) == 1372 * 10**16
    node = BuybackNode(scene)
    assert differences(audited(node)) == []


@given(st.data())
@settings(max_examples=60)
def test_audit__any_word_of_an_event_changed_but_what_the_feed_said__found(data: st.DataObject) -> None:
    node = node_of_buyback()
    name = data.draw(st.sampled_from(["Kicked", "Filled", "Stopped", "GuardianSet"]))
    index = node.log_index(name, data.draw(st.integers(0, 3 if name in ("Kicked", "Filled") else 0)))
    log = node.logs[index]
    if len(log["data"]) > 2:
        # The reference at a kick is the feed's, and no price paid is higher than a higher one allows.
        words = [word for word in range(len(log["data"]) // 64) if (name, word) != ("Kicked", 2)]
        word = data.draw(st.sampled_from(words))
        change_data(node, index, word, lambda value: value ^ data.draw(st.sampled_from([1, 1 << 40, 1 << 255])))
    else:
        log["topics"][1] = as_topic(STRANGER)
    assert not audited(node).agrees


# what is planted in storage and code


AT = slots("Buyback")
PLANTED = {
    "left": ("word", lambda word: word - 1, "left of the lot"),
    "reference": ("word", lambda word: word + (1 << 96), "reference of the lot"),
    "started_at": ("word", lambda word: word - (1 << 192), "started_at of the lot"),
    "number": ("word", lambda word: word + (1 << 232), "number of the lot"),
    "paid": ("totals", lambda word: word - 1, "total_paid of all fills"),
    "bought": ("totals", lambda word: word + (1 << 96), "total_bought of all fills"),
    "ended": ("ended", lambda _: 1, "ended"),
    "paused": ("paused", lambda _: 1, "paused"),
    "guardian": ("guardian", lambda _: int(STRANGER, 16), "guardian"),
    "owner": ("owner", lambda _: int(STRANGER, 16), "owner"),
    "pending": ("pending_owner", lambda _: int(STRANGER, 16), "pending owner"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_audit__storage_changed__that_figure_and_no_other_is_named(node: BuybackNode, case: str) -> None:
    name, change, what = PLANTED[case]
    place = BUYBACK, AT[name]
    node.storage[place] = change(node.storage.get(place, 0))
    [only] = audited(node).disagreements
    assert (only.source, only.part, only.what) == ("storage", "buyback", what)
    assert only.expected != only.found
    if name in ("word", "totals"):
        assert (only.block, only.transaction) == transaction_of(node, "Kicked")


@pytest.mark.parametrize(
    ("word", "what"),
    [(0, "TOKEN"), (3, "DECIMALS"), (4, "FEED"), (5, "SEQUENCER"), (8, "PROGRAMME.min_lot"), (12, "PROGRAMME.premium")],
)
def test_audit__constructor_argument_other_than_recorded__code_tells_the_true_one(
    node: BuybackNode, word: int, what: str
) -> None:
    code = bytearray(node.codes[BUYBACK])
    code[len(build("Buyback").runtime_code) + 32 * word + 31] ^= 1
    node.codes[BUYBACK] = bytes(code)
    found = [each.what for each in audited(node).disagreements if each.source == "code"]
    assert found == [f"{what} in the code", "hash of the code"]
