# SPDX-License-Identifier: MIT
"""The lens of a recorded suite on the connected chain, at any block."""

import re
from collections.abc import Sequence
from typing import Any, Final

from ape.contracts import ContractInstance
from eth_abi.exceptions import DecodingError
from web3.exceptions import ContractLogicError, Web3Exception

from nmr.ape.session import ReadFailed, Session, failed_on_the_embedded_chain
from nmr.text.addresses import ZERO_ADDRESS
from nmr.tvl.definitions import TvlError
from nmr.tvl.figures import PAGE_MODELS, PAGE_PLACES, Figures, ModelStakes, decode_page

_PRUNED: Final = re.compile(
    r"missing trie node|historical state|state.*(unavailable|not available)|no state available|pruned|out ?of ?range",
    re.IGNORECASE,
)
"""What nodes say about a block whose state they no longer have."""


class ApeLens:
    """Reads the lens of a session, each time by one call at one block."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lens = session.suite.lens
        self.first_block = session.record.only("Lens")[1].block

    @property
    def latest(self) -> int:
        """The number of the latest block."""
        return int(self._session.provider.web3.eth.block_number)

    def block(self, number: int | None) -> int:
        """The number of a block that has a suite, the latest one for None.

        Raises:
            TvlError: it is still to come, or from before the suite.
        """
        latest = self.latest
        if number is None:
            return latest
        if number > latest:
            raise TvlError(f"Block {number} is still to come: the latest is {latest}.")
        if number < self.first_block:
            raise TvlError(f"At block {number} the suite was not there yet: it is since block {self.first_block}.")
        return number

    def figures(self, number: int, feed: str | None = None) -> Figures:
        """The figures of the whole suite at a block.

        Raises:
            TvlError: the block has no suite, or the lens cannot read it.
            ReadFailed: the node does not have the state of that block.
        """
        return Figures.decode(self._ask(self._lens, "figures", [feed or ZERO_ADDRESS], number))

    def balances(self, addresses: Sequence[str], number: int) -> dict[str, int]:
        """Wei of NMR that addresses hold at a block. Raises as `figures` does."""
        token = self._session.suite.numeraire
        return {address: self._ask(token, "balanceOf", [address], number) for address in addresses}

    def models(self, tournament: ContractInstance, number: int) -> list[ModelStakes]:
        """All models of a tournament with all their stakes at a block, page by page. Raises as `figures` does."""
        ring = self._ask(tournament, "RING", [], number)
        found: list[ModelStakes] = []
        while True:
            first = len(found)
            pages = [(tournament.address, first, PAGE_MODELS, place) for place in range(0, ring, PAGE_PLACES)]
            halves = [decode_page(first, self._ask(self._lens, "models", page, number)) for page in pages]
            for model, *others in zip(*halves, strict=True):
                for other in others:
                    model.positions.update(other.positions)
                found.append(model)
            if len(found) < first + PAGE_MODELS:
                return found

    def read(self, contract: ContractInstance, calls: Sequence[tuple[Any, ...]], number: int) -> list[Any]:
        """What getters of a contract say at a block, as `Session.read_many` tells it. Raises as `figures` does."""
        try:
            return self._session.read_many(contract, calls, number)
        except (ContractLogicError, failed_on_the_embedded_chain()) as error:
            # The embedded chain ends with that where there is no reason.
            told = str(error).removesuffix(": b''")
            raise TvlError(f"The lens cannot read block {number}: {told}.") from error
        except DecodingError as error:
            raise TvlError(f"At block {number} there is no suite at the recorded addresses.") from error
        except (Web3Exception, ValueError) as error:
            if _PRUNED.search(str(error)):
                raise ReadFailed(
                    f"The node no longer has the state of block {number}: ask an archive node, or a later block."
                ) from error
            raise

    def _ask(self, contract: ContractInstance, getter: str, arguments: Sequence[Any], number: int) -> Any:
        [answer] = self.read(contract, [(getter, *arguments)], number)
        return answer
