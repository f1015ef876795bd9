# SPDX-License-Identifier: MIT
"""What the calls of a pool cost, by receipts on py-evm.

python -m tests.tools.pool_gas --backers 10000
"""

from typing import Final

import click
from eth_account import Account
from eth_utils.crypto import keccak

from nmr.text.amounts import NMR
from tests.support.pool_node import BACKER, HOLDER, MANAGER, OTHER, PoolNode

ALL: Final = 2**256 - 1
POINT: Final = 10**6
"""A score of 1%."""
LIMITS: Final = {
    "checkpoint, no order, no fee": 45_000,
    "checkpoint, fee booked": 60_000,
    "checkpoint, exits": 150_000,
    "checkpoint, a fee and all exits": 150_000,
    "fill, entries and exits": 240_000,
    "fill, opening": 240_000,
    "enter_order, first of a place": 100_000,
    "enter_order, first of a backer": 90_000,
    "enter_order, raised": 90_000,
    "exit_order": 90_000,
    "claim of shares, first": 70_000,
    "claim of shares, again": 70_000,
    "claim of an exit": 70_000,
}


def measure(backers: int) -> dict[str, int]:
    """Gas by call, in a pool with so many backers who have orders in every batch."""
    crowd = [Account.from_key(keccak(f"backer {number}".encode())) for number in range(backers - 1)]
    chain = PoolNode(crowd)
    free, pool = chain.create(0), chain.create(2_000)
    figures = {"create": chain.gas_to_create, "blueprint": chain.blueprint_gas}
    models = [1, 2]
    for who in crowd:
        chain.call("Numeraire", chain.numeraire, "transfer", who.address, 20 * NMR, sender=HOLDER)
        chain.call("Numeraire", chain.numeraire, "approve", pool, ALL, sender=who)

    locks_at = chain.open(2)
    for each in (free, pool):
        chain.pool(each, "enter_order", 0, 20_000 * NMR, sender=MANAGER)
    figures["enter_order, first of a place"] = chain.pool(pool, "enter_order", 0, 50 * NMR, sender=OTHER)
    figures["enter_order, first of a backer"] = chain.pool(pool, "enter_order", 0, 50 * NMR, sender=BACKER)
    figures["enter_order, raised"] = chain.pool(pool, "enter_order", 0, 50 * NMR, sender=BACKER)
    for who in crowd:
        chain.pool(pool, "enter_order", 0, 10 * NMR, sender=who)
    chain.pool(free, "fill", 0)
    figures["fill, opening"] = chain.pool(pool, "fill", 0)
    figures["claim of shares, first"] = chain.pool(pool, "claim", 0, sender=BACKER)
    for who in crowd:
        chain.pool(pool, "claim", 0, sender=who)
    chain.resolve(2, locks_at, dict.fromkeys(models, POINT))

    locks_at = chain.open(3)
    figures["checkpoint, no order, no fee"] = chain.pool(free, "checkpoint", 0)
    figures["checkpoint, fee booked"] = chain.pool(pool, "checkpoint", 0)
    chain.pool(pool, "exit_order", 0, 10**18, sender=BACKER)
    figures["exit_order"] = chain.pool(pool, "exit_order", 0, 10**18, sender=BACKER)
    for who in crowd:
        chain.pool(pool, "exit_order", 0, 10**18, sender=who)
    chain.pool(pool, "enter_order", 0, 10 * NMR, sender=OTHER)
    figures["checkpoint, exits"] = chain.pool(pool, "checkpoint", 0)
    figures["claim of an exit"] = chain.pool(pool, "claim", 0, sender=BACKER)
    for who in crowd:
        chain.pool(pool, "claim", 0, sender=who)
    chain.pool(pool, "fill", 0)
    figures["claim of shares, again"] = chain.pool(pool, "claim", 0, sender=OTHER)
    chain.resolve(3, locks_at, dict.fromkeys(models, 2 * POINT))

    locks_at = chain.open(4)
    chain.pool(pool, "exit_order", 0, 10**18, sender=BACKER)
    chain.pool(pool, "exit_order", 0, 10**18, sender=MANAGER)
    for who in crowd:
        chain.pool(pool, "exit_order", 0, 10**18, sender=who)
    chain.pool(pool, "enter_order", 0, 100 * NMR, sender=OTHER)
    chain.pool(pool, "enter_order", 0, 100 * NMR, sender=MANAGER)
    figures["fill, entries and exits"] = chain.pool(pool, "fill", 0)
    chain.resolve(4, locks_at, dict.fromkeys(models, 2 * POINT))

    chain.open(5)
    chain.pool(pool, "exit_order", 0, 10**18, sender=BACKER)
    chain.pool(pool, "exit_order", 0, 10**18, sender=MANAGER)
    figures["checkpoint, a fee and all exits"] = chain.pool(pool, "checkpoint", 0)
    chain.call("Numeraire", chain.numeraire, "transfer", pool, 1, sender=HOLDER)
    figures["sweep"] = chain.pool(pool, "sweep")
    return figures


@click.command()
@click.option("--backers", type=click.IntRange(min=1), default=1, show_default=True)
def cli(backers: int) -> None:
    """Print the table."""
    for name, gas in measure(backers).items():
        limit = f"{LIMITS[name]:>9,}" if name in LIMITS else ""
        click.echo(f"{name:32} {gas:>9,} {limit}")


if __name__ == "__main__":
    cli()
