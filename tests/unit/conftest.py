# SPDX-License-Identifier: MIT
"""
Contracts of the unit tests, on ape's embedded chain.

`treasury` belongs to `owner`, so that a unit test calls it directly; the timelock
has its own tests.
"""

from contextlib import contextmanager

import pytest
import rlp
from eth_utils import keccak, to_canonical_address, to_checksum_address

from tests.support import permits
from tests.support.parts import no_search_for_prints, one_caller, who

__all__ = ["no_search_for_prints", "one_caller", "who"]

NMR = 10**18
SUPPLY = 11_000_000 * NMR
RESERVE = 3_000_000 * NMR
CAP = 10_000 * NMR
LIMITS = (CAP, SUPPLY, 0)
DAY = 86_400


def create_address(account, nonce: int) -> str:
    """The address of the contract that `account` creates by its transaction `nonce`."""
    return to_checksum_address(keccak(rlp.encode([to_canonical_address(account.address), nonce]))[12:])


@pytest.fixture(scope="session")
def tournament_account(accounts):
    """A plain account that the treasury takes for a tournament, with a cap of `CAP`."""
    return accounts[11]


@pytest.fixture(scope="session")
def other_tournament_account(accounts):
    """A second such account, with the same cap."""
    return accounts[12]


@pytest.fixture(scope="session")
def address_of_creation():
    """`create_address`, for tests that have to know an address beforehand."""
    return create_address


@pytest.fixture(scope="session")
def deployment(project, deployer, owner, staker, proposer, executor, tournament_account, other_tournament_account):
    """All three contracts, in the order of a real deployment, and none but a real one's calls."""
    timelock = deployer.deploy(project.Timelock, DAY, [proposer], [executor])
    numeraire_address = create_address(deployer, deployer.nonce + 1)
    treasury = deployer.deploy(
        project.Treasury, numeraire_address, owner, [tournament_account, other_tournament_account], [LIMITS, LIMITS]
    )
    numeraire = deployer.deploy(project.Numeraire, [treasury, staker], [RESERVE, SUPPLY - RESERVE])
    assert numeraire.address == numeraire_address
    return timelock, treasury, numeraire


@pytest.fixture(scope="session")
def timelock(deployment):
    """A delay of a day, one proposer (and canceller), one executor. It owns nothing yet."""
    return deployment[0]


@pytest.fixture(scope="session")
def treasury(deployment):
    """Holds `RESERVE`, belongs to `owner`, knows the two tournament accounts."""
    return deployment[1]


@pytest.fixture(scope="session")
def numeraire(deployment):
    """`RESERVE` with the treasury, the rest with `staker`."""
    return deployment[2]


@contextmanager
def chain_id(chain, number: int):
    """The embedded chain, taking itself for chain `number` until the end."""
    evm = chain.provider.evm_backend
    before = evm.chain.chain_id
    evm.chain.chain_id = number
    yield
    evm.chain.chain_id = before


@pytest.fixture
def main_chain(chain):
    """The embedded chain, taking itself for the main chain."""
    with chain_id(chain, 1):
        yield


@pytest.fixture
def anvil_chain(chain):
    """The embedded chain, taking itself for anvil's."""
    with chain_id(chain, 31_337):
        yield


@pytest.fixture
def sign_permit(numeraire):
    """
    Signs an EIP-2612 permit for `numeraire` and gives `(v, r, s)`.

    `domain` replaces entries of the domain, for signatures that belong elsewhere.
    """

    def sign(signer, owner, spender, amount: int, nonce: int, deadline: int, **domain) -> tuple[int, bytes, bytes]:
        return permits.sign_permit(
            signer,
            permits.numeraire_domain(1337, numeraire.address, **domain),
            owner=owner.address,
            spender=spender.address,
            value=amount,
            nonce=nonce,
            deadline=deadline,
        )

    return sign
