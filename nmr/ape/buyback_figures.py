# SPDX-License-Identifier: MIT
"""The recorded buyback at any block, for what is told beside TVL."""

from ape.managers.project import LocalProject

from nmr.ape.buyback import BUYBACK
from nmr.ape.lens import ApeLens
from nmr.ape.project import instance_of
from nmr.ape.session import Session
from nmr.buyback.figures import BuybackFigures
from nmr.protocol.reference.buyback import Lot, Programme


def buyback_at(session: Session, project: LocalProject, number: int) -> BuybackFigures | None:
    """The figures of the suite's buyback at a block; None if it had none.

    Raises:
        TvlError: the block does not let them be read.
        ReadFailed: the node does not have the state of that block.
    """
    part = session.record.parts.get(BUYBACK)
    if part is None or part.block > number:
        return None
    lens, contract = ApeLens(session), session.suite[BUYBACK]
    address, treasury = str(contract.address), str(session.suite.treasury.address)
    getters = ("programme", "lot", "total_paid", "total_bought", "ended")
    programme, lot, spent, bought, ended = lens.read(contract, [(getter,) for getter in getters], number)
    # Any token's getters are those of the one for local chains.
    coin = instance_of(project, "Stablecoin", part.address_of("stablecoin"))
    calls = [("decimals",), ("balanceOf", treasury), ("allowance", treasury, address), ("balanceOf", address)]
    decimals, in_treasury, allowed, held = lens.read(coin, calls, number)
    return BuybackFigures(
        decimals=decimals,
        in_treasury=in_treasury,
        allowed=allowed,
        held=held,
        left=Lot(*lot).left,
        spent=spent,
        lifetime_cap=Programme(*programme).lifetime_cap,
        bought=bought,
        burns=Programme(*programme).burns,
        ended=ended,
    )
