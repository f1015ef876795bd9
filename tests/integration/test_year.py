# SPDX-License-Identifier: MIT
"""The year's benchmark at a small size: stopped and gone on with, and its page."""

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from benchmarks.year import __main__ as year
from benchmarks.year.page import render
from benchmarks.year.play import Size, domain_separator, submission_hash
from nmr.chain.submission_message import submission_message
from nmr.cli.command import Failure

SIZE = Size(models=12, staked=8, ring=3, rounds=4, led=1)


class Stopped(Exception):
    """Somebody stopped it."""


def test_year__stopped_and_gone_on_with__agrees_with_the_audit_and_has_its_page(tmp_path):
    done: list[str] = []

    def told(text: str) -> None:
        if text == "round 2: submit" and text not in done:
            done.append(text)
            raise Stopped
        done.append(text)

    with pytest.raises(Stopped):
        year.run(SIZE, tmp_path, told, keep=2)
    measured = year.run(SIZE, tmp_path, told, keep=2)

    assert done.count("round 1: lock") == 1
    assert done.count("round 2: open") == 2
    assert [SIZE.is_led(number) for number in range(4)] == [False, False, False, True]
    assert (measured.audited.settlements, measured.audited.disagreements) == (4 * 8, 0)
    assert measured.exported.positions == 4 * 8
    assert measured.progress.sealed[1] == 8
    served = [step.name for step in measured.progress.steps if step.name.startswith("operate: ")]
    assert served == [f"operate: {name}" for name in ("open", "enter", "lock and list", "score and propose", "settle")]
    assert not [*(tmp_path / "data").iterdir()]
    page = render(measured)
    assert "12 models, 8 of them staked, a ring of 3, 4 rounds on anvil. `nmr operate` led 1 of them whole" in page
    assert "The audit found 0 disagreements." in page
    assert "A whole year has 250 rounds, 25 of them led by the service" in page
    assert "this page is of `--rounds 4 --led 1`." in page
    with pytest.raises(Failure, match="holds a year of another size"):
        year.run(Size(12, 8, 3, 5, 1), tmp_path, told)


def test_submission_hash__any_models__is_what_eth_account_signs():
    account, tournament = Account.from_key(b"\7" * 32), "0x" + "5f" * 20
    models, hashes = [3, 70_000], [b"\1" * 32, b"\2" * 32]
    message = submission_message(
        chain_id=31_337, tournament=tournament, round_id=9, models=models, hashes=hashes, sequence=1_830_297_000
    )
    signed = account.sign_message(encode_typed_data(full_message=message))

    assert submission_hash(domain_separator(31_337, tournament), 9, models, hashes, 1_830_297_000) == bytes(
        signed.message_hash
    )
