"""What has to be true when a season is over, each as one line that says what was found."""

from dataclasses import dataclass

from nmr.demo.results import SeasonResult
from nmr.deploy.suite import Suite
from nmr.reference.rounds import State
from nmr.units import SUPPLY, format_nmr


@dataclass(frozen=True)
class Check:
    """A statement about the chain and whether it holds."""

    statement: str
    holds: bool


def check_season(suite: Suite, result: SeasonResult, reserve: int) -> list[Check]:
    """Check the chain against what the season did.

    Args:
        suite: the deployed suite.
        result: of the season played on it.
        reserve: wei that the treasury began with.
    """
    token, treasury, tournament = suite.numeraire, suite.treasury, suite.tournaments["classic"]
    rewards = sum(model.rewards for model in result.models)
    burns = sum(model.burns for model in result.models)
    rounds = range(tournament.FIRST_ROUND(), tournament.next_round())
    models = range(tournament.model_count())
    staked = sum(tournament.staked(number) for number in rounds)
    supply = token.totalSupply()
    held = token.balanceOf(tournament)
    left = token.balanceOf(treasury)
    home = sum(model.deposited + model.rewards - model.burns == model.withdrawn for model in result.models)
    closed = sum(State(int(tournament.state(number))) == State.CLOSED for number in rounds)
    verifications = [row.verification for row in result.rounds if row.verification is not None]
    scored, verified = len(verifications), sum(verification.agrees for verification in verifications)
    return [
        Check(f"supply {format_nmr(supply)} + burned {format_nmr(burns)} = 11000000 NMR", supply + burns == SUPPLY),
        Check(f"escrow holds {format_nmr(held)} NMR = idle + at stake", held == tournament.idle_total() + staked),
        Check(
            f"treasury holds {format_nmr(left)} NMR = {format_nmr(reserve)} - rewards {format_nmr(rewards)}",
            left == reserve - rewards,
        ),
        Check("no reward is reserved any more", treasury.reserved() == 0),
        Check(f"{closed} of {len(rounds)} rounds are closed", closed == len(rounds)),
        Check(f"{home} of {len(models)} models took home deposit + rewards - burns, to the gwei", home == len(models)),
        Check(f"{verified} of {scored} rounds that were scored are right, says an auditor", verified == scored),
    ]
