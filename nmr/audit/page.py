# SPDX-License-Identifier: MIT
"""The report of an audit as a page for people: one HTML file without scripts, styles of others, or links."""

from typing import Any, Final

from nmr.audit.expected import SUBJECTS
from nmr.text.amounts import format_stablecoin, show_nmr
from nmr.text.pages import render

SOURCES: Final = {
    "log": "events, replayed through the reference model",
    "code": "contracts' code, by hash and constructor arguments",
    **SUBJECTS,
    "roots": "contracts that store nothing else, by the root of their storage",
}
"""What is compared, in words, by its name in the report."""


def render_page(content: dict[str, Any], report_hash: str) -> str:
    """The page of a report's content."""
    return render(
        "nmr.text",
        "audit.html",
        content=content,
        report_hash=report_hash,
        verdict=verdict(content),
        compared=compared_rows(content),
        headings=DISAGREEMENT_HEADINGS,
        disagreements=disagreement_rows(content),
        builds=build_rows(content),
        proof=proof_rows(content),
        believed=content["believed"],
        figures=figure_rows(content),
        buybacks={name: _buyback_rows(figures) for name, figures in content["figures"]["buybacks"].items()},
        parts=[(name, part["contract"], part["address"], part["code_hash"]) for name, part in content["parts"].items()],
    )


DISAGREEMENT_HEADINGS: Final = ("where", "block", "transaction", "model", "what", "expected", "found")


def verdict(content: dict[str, Any]) -> str:
    """The outcome in a sentence."""
    block = content["block"]["number"]
    if content["agrees"]:
        return f"Everything agrees up to block {block}."
    if not content["disagreement_count"]:
        return f"Nothing disagrees up to block {block}, but the node did not prove what it says: this is no agreement."
    count = content["disagreement_count"]
    return f"{count:,} {'figure disagrees' if count == 1 else 'figures disagree'} up to block {block}."


def compared_rows(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What was compared, how often, and how often it differs."""
    rows = []
    for name, what in SOURCES.items():
        if name not in content["compared"]:
            continue
        figures = content["compared"][name]
        rows.append((what, f"{figures['compared']:,}", f"{figures['differ']:,}"))
        if name == "log":
            rows.append(("of these: payouts of positions from their score words", f"{content['settlements']:,}", ""))
            fills = sum(buyback["fills"] for buyback in content["figures"]["buybacks"].values())
            if content["figures"]["buybacks"]:
                rows.append(("of these: fills of the buyback with their prices and NMR", f"{fills:,}", ""))
    return rows


def proof_rows(content: dict[str, Any]) -> list[tuple[str, str]]:
    """What was proved, and how much of it."""
    proof = content["proof"]
    contracts, blocks = f"{proof['contracts']:,}", f"{proof['blocks']:,}"
    block = "named by its hash" if proof["trusted"] else "as the node tells it"
    header = "" if proof["header"] else ", in a format that is not known"
    state = proof["contracts"] if proof["state"] else 0
    linked = "" if proof["lowest"] is None else f", back to block {proof['lowest']}"
    return [
        ("block", block + header),
        ("code and storage proved by its state", f"{state:,} of {contracts} contracts"),
        ("created as recorded, in blocks linked to it", f"{proof['creations']:,} of {proof['recorded']:,} contracts"),
        ("receipts compared", f"{proof['receipts']:,} of {blocks} blocks with logs"),
        ("of these linked to it by hashes", f"{proof['linked']:,}{linked}"),
    ]


def build_rows(content: dict[str, Any]) -> list[tuple[str, str]]:
    """What the code was compared with: the hash of the builds, and what compiled them."""
    compiler = content["builds"]["compiler"]
    return [
        ("builds sha256", content["builds"]["sha256"]),
        ("compiled by", f"vyper {compiler['vyper']}, snekmate {compiler['snekmate']}"),
    ]


def disagreement_rows(content: dict[str, Any]) -> list[tuple[str, ...]]:
    """The listed disagreements, as texts."""
    return [
        (
            f"{each['source']}, {each['part']}",
            *("" if each[name] is None else str(each[name]) for name in ("block", "transaction", "model")),
            each["what"],
            each["expected"],
            each["found"],
        )
        for each in content["disagreements"]
    ]


def figure_rows(content: dict[str, Any]) -> list[tuple[str, str]]:
    """The sums of the books in NMR."""
    figures = content["figures"]
    rows = [
        ("supply", figures["supply"]),
        ("burned", figures["burned"]),
        ("treasury: balance", figures["treasury"]["balance"]),
        ("treasury: reserved for rewards", figures["treasury"]["reserved"]),
    ]
    for name, sums in figures["tournaments"].items():
        rows += [(f"{name}: {figure}", sums[figure]) for figure in ("balance", "idle", "staked", "rewards", "burns")]
        if sums["pools"]:
            rows.append((f"{name}: waits in pools", sums["in_pools"]))
    return [(name, show_nmr(int(amount))) for name, amount in rows]


def _buyback_rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    def money(name: str) -> str:
        return format_stablecoin(int(figures[name]), figures["decimals"])

    where = "burned" if figures["burns"] else "in the treasury's balance"
    return [
        ("lots", f"{figures['lots']:,}"),
        ("fills", f"{figures['fills']:,}"),
        ("spent", f"{money('paid')} of {money('lifetime_cap')}"),
        ("held by the lot", money("left")),
        (f"bought, {where}", f"{show_nmr(int(figures['bought']))} NMR"),
        ("ended", "yes" if figures["ended"] else "no"),
    ]
