# SPDX-License-Identifier: MIT
"""The registry, read as the public TVL adapter reads one."""

import ape
import pytest

from nmr.text.amounts import NMR, SUPPLY

CAP = NMR


def adapter_tvl(registry, token) -> int:
    """What such an adapter does: it asks for the instances and sums what they hold."""
    instances = [registry.getInstance(index) for index in range(registry.getInstanceCount())]
    return sum(token.balanceOf(instance) for instance in instances)


def test_registry__as_deployed__has_the_tournaments_and_not_the_treasury(seen, lens):
    assert lens.instances() == [seen.classic, seen.signals]
    assert [lens.getInstance(index) for index in range(lens.getInstanceCount())] == lens.instances()


def test_registry__adapter_without_a_change__counts_everything_in_escrow(seen, lens):
    model = seen.deposit(seen.classic, 70 * NMR)
    seen.deposit(seen.signals, 5 * NMR)
    seen.walk.open()
    seen.classic.stake(model, 20 * NMR, sender=seen.staker)
    assert adapter_tvl(lens, seen.numeraire) == seen.figures().tvl == 95 * NMR


def test_registry__donation__is_what_the_adapter_sees_beyond_escrow(seen, lens):
    seen.deposit(seen.classic, NMR)
    seen.give(seen.signals, 5)
    figures = seen.figures()
    assert (figures.tvl, figures.donations) == (NMR, 5)
    assert adapter_tvl(lens, seen.numeraire) == NMR + 5


def test_registry__authorised_later__is_an_instance(seen, lens):
    crypto = seen.another(seen.numeraire, 2)
    seen.give(crypto, 9)
    seen.authorise(crypto, CAP)
    assert lens.instances() == [seen.classic, seen.signals, crypto]
    assert adapter_tvl(lens, seen.numeraire) == seen.figures().donations == 9


def test_registry__cap_lowered_to_zero__is_still_an_instance_with_its_stakes(seen, lens):
    seen.deposit(seen.classic, NMR)
    seen.authorise(seen.classic, 0)
    assert lens.instances() == [seen.classic, seen.signals]
    assert seen.figures().tvl == NMR


def test_registry__address_without_code__is_an_instance_and_in_no_figure(seen, lens):
    seen.deposit(seen.classic, NMR)
    before = seen.figures()
    seen.authorise(seen.anybody, CAP)
    seen.treasury.reserve(1, 7, sender=seen.anybody)
    assert lens.instances() == [seen.classic, seen.signals, seen.anybody]
    figures = seen.figures()
    assert (figures.escrows, figures.tvl, figures.agrees) == (before.escrows, NMR, True)
    assert figures.reserved_elsewhere == 7


def test_registry__contracts_that_are_no_tournament__are_instances_and_in_no_figure(seen, seen_suite, lens, project):
    """Listed by mistake: none of them may stop the figures of the others."""
    seen.deposit(seen.classic, NMR)
    before = seen.figures()
    burning = seen.anybody.deploy(project.Feed, 8)
    token = seen.anybody.deploy(project.Numeraire, [seen.anybody], [SUPPLY])
    foreign = seen.another(token, 2)
    # Some have a TOKEN, or a RING, but none has both as a tournament of NMR has.
    for mistake in (seen_suite.timelock, seen.treasury, lens, seen.numeraire, burning, foreign):
        seen.authorise(mistake, 0)
        assert mistake in lens.instances()
        assert seen.figures()[2:] == before[2:]


@pytest.mark.parametrize(
    "answer",
    ["6014600cf3", "60206000fd"],
    ids=["its twenty bytes alone", "in a revert"],
)
def test_registry__contract_that_tells_the_token_otherwise__is_in_no_figure(seen, lens, answer):
    """Whatever it is asked, it answers the token's address, but not as a getter does."""
    before = seen.figures()
    # PUSH20 token, PUSH1 0, MSTORE, and the end; before it CODECOPY and RETURN of all that.
    code = bytes.fromhex(f"73{seen.numeraire.address[2:]}600052{answer}")
    creation = bytes.fromhex(f"60{len(code):02x}600c60003960{len(code):02x}6000f3") + code
    transaction = seen.anybody.provider.network.ecosystem.create_transaction(data=creation, sender=seen.anybody)
    liar = seen.anybody.call(transaction).contract_address
    seen.authorise(liar, 0)
    assert liar in lens.instances()
    assert seen.figures()[2:] == before[2:]


def test_registry__taken_off_the_list__is_no_instance(seen, seen_suite, lens, accounts):
    seen.authorise(seen.anybody, 0)
    assert lens.instances() == [seen.classic, seen.signals, seen.anybody]
    seen.authorise(seen.classic, 0)
    operation = (seen.treasury.address, 0, seen.treasury.unlist.encode_input(seen.classic), bytes(32), b"\1" * 32)
    seen_suite.timelock.schedule(*operation, 0, sender=accounts[3])
    seen_suite.timelock.execute(*operation, sender=accounts[3])
    assert lens.instances() == [seen.anybody, seen.signals]
    assert [escrow.tournament for escrow in seen.figures().escrows] == [seen.signals.address]


@pytest.mark.parametrize("index", [2, 2**256 - 1])
def test_get_instance__beyond_the_last__reverts(lens, index):
    with ape.reverts("lens: no such instance"):
        lens.getInstance(index)
