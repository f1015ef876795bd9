# SPDX-License-Identifier: MIT
import pytest

from tests.tools.mutation.operators import mutants

HEAD = "# pragma version 0.4.3\ncount: uint256\n"


def faults(body: str, signature: str = "a: uint256, b: uint256") -> set[tuple[str, str]]:
    """Each fault of a function with this body: its kind, and the body with it."""
    text = f"{HEAD}@external\ndef f({signature}):\n    {body}\n"
    found = set()
    for mutant in mutants("f.vy", text):
        assert mutant.function == "f"
        assert mutant.line == 5
        planted = mutant.applied(text)
        assert planted.startswith(text[: text.index(body)])
        found.add((mutant.operator, planted[text.index(body) :].removesuffix("\n")))
    return found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "assert a < b",
            {("comparison", "assert a <= b"), ("check removed", "pass")},
        ),
        (
            "assert not (a == b)",
            {("comparison", "assert not (a != b)"), ("logic", "assert (a == b)"), ("check removed", "pass")},
        ),
        (
            "assert a in [b, 7] and b > 3",
            {
                ("comparison", "assert a not in [b, 7] and b > 3"),
                ("comparison", "assert a in [b, 7] and b >= 3"),
                ("constant", "assert a in [b, 8] and b > 3"),
                ("constant", "assert a in [b, 6] and b > 3"),
                ("constant", "assert a in [b, 7] and b > 4"),
                ("constant", "assert a in [b, 7] and b > 2"),
                ("logic", "assert a in [b, 7] or b > 3"),
                ("check removed", "pass"),
            },
        ),
        (
            "self.count = min(a, b) * 0",
            {
                ("arithmetic", "self.count = max(a, b) * 0"),
                ("arithmetic", "self.count = min(a, b) // 0"),
                ("constant", "self.count = min(a, b) * 1"),
                ("statement removed", "pass"),
            },
        ),
        (
            "self.count += a",
            {("assignment", "self.count -= a"), ("statement removed", "pass")},
        ),
        (
            "c: uint256 = a + b",
            {("assignment", "c: uint256 = empty(uint256)"), ("arithmetic", "c: uint256 = a - b")},
        ),
        (
            'guard._require(a >= b, "f: no")',
            {("comparison", 'guard._require(a > b, "f: no")'), ("check removed", "pass")},
        ),
        (
            "log Done(one=a, other=b)",
            {("arguments swapped", "log Done(one=b, other=a)"), ("statement removed", "pass")},
        ),
        (
            "log ITreasury.Drawn(tournament=msg.sender, amount=a - b)",
            {
                ("arithmetic", "log ITreasury.Drawn(tournament=msg.sender, amount=a + b)"),
                ("arguments swapped", "log ITreasury.Drawn(tournament=a - b, amount=msg.sender)"),
                ("logged", "log ITreasury.Drawn(tournament=empty(address), amount=a - b)"),
                ("logged", "log ITreasury.Drawn(tournament=msg.sender, amount=(a - b) + 1)"),
                ("statement removed", "pass"),
            },
        ),
        (
            "log ITournament.PolicySet(target=0, compound=a < b)",
            {
                ("comparison", "log ITournament.PolicySet(target=0, compound=a <= b)"),
                ("constant", "log ITournament.PolicySet(target=1, compound=a < b)"),
                ("arguments swapped", "log ITournament.PolicySet(target=a < b, compound=0)"),
                ("logged", "log ITournament.PolicySet(target=0, compound=not (a < b))"),
                ("statement removed", "pass"),
            },
        ),
        (
            "log ITournament.RoundOpened(terms=terms)",
            {
                ("logged", "log ITournament.RoundOpened(terms=empty(ITournament.Terms))"),
                ("statement removed", "pass"),
            },
        ),
    ],
)
def test_mutants__a_statement__are_its_faults(body, found):
    assert faults(body) == found


def test_mutants__constant__is_one_larger_or_smaller():
    text = f"{HEAD}MOST: constant(uint256) = 2**8 - 1\n"
    planted = {mutant.applied(text).removeprefix(HEAD).strip() for mutant in mutants("f.vy", text)}
    head = "MOST: constant(uint256) = "
    changed = ("3**8 - 1", "1**8 - 1", "2**9 - 1", "2**7 - 1", "2**8 - 2", "2**8 - 0")
    assert planted == {head + value for value in changed}


def test_mutants__docstring_and_declarations__have_none():
    assert mutants("f.vy", f'{HEAD}\n@external\ndef f():\n    """\n    @notice 1 + 1 < 3\n    """\n    pass\n') == []


def test_mutants__twice__are_the_same_in_the_same_order():
    text = f"{HEAD}@external\ndef f(a: uint256) -> uint256:\n    return max(a, 3) + a // 2\n"
    assert mutants("f.vy", text) == mutants("f.vy", text)
    assert len(mutants("f.vy", text)) == 7
