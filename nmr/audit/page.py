# SPDX-License-Identifier: MIT
"""The report of an audit as a page for people: one HTML file without scripts, styles of others, or links."""

from html import escape
from typing import Any, Final

from nmr.audit.expected import SUBJECTS
from nmr.text.amounts import format_nmr, format_stablecoin
from nmr.text.html_table import html_table

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; margin: 1rem 0; width: 100% }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.verdict { padding: .8rem 1rem; border-left: .4rem solid #2a7d3f; background: #eef7f0; font-size: 1.2rem }
.verdict.differs { border-color: #b3261e; background: #fbeeed }
"""
SOURCES: Final = {
    "log": "events, replayed through the reference model",
    "code": "contracts' code, by hash and constructor arguments",
    **SUBJECTS,
    "roots": "contracts that store nothing else, by the root of their storage",
}
"""What is compared, in words, by its name in the report."""


def render_page(content: dict[str, Any], report_hash: str) -> str:
    """The page of a report's content. Everything in it is escaped: labels and roles come from strangers."""
    block = content["block"]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Audit of the NMR suite</title>',
        f"<style>{_STYLE}</style></head><body>",
        "<h1>Audit of the NMR suite</h1>",
        f'<p class="verdict{"" if content["agrees"] else " differs"}">{escape(verdict(content))}</p>',
        html_table(
            ("", ""),
            [
                ("Chain", str(content["chain_id"])),
                ("Blocks", f"{content['first_block']} to {block['number']}"),
                ("Hash of the last block", block["hash"]),
                ("Hash of this report", report_hash),
            ],
        ),
        "<h2>What was compared</h2>",
        html_table(("what", "compared", "differ"), compared_rows(content), numbers=(1, 2)),
    ]
    if content["disagreements"]:
        listed, count = len(content["disagreements"]), content["disagreement_count"]
        parts += [
            "<h2>Disagreements</h2>",
            f"<p>{count:,} in all{'' if listed == count else f', of which {listed:,} are listed'}. "
            "The first is the place to look: what the log gets wrong once, later figures may repeat.</p>",
            html_table(DISAGREEMENT_HEADINGS, disagreement_rows(content), numbers=(1, 3)),
        ]
    parts += [
        "<h2>Figures</h2>",
        html_table(("figure", "NMR"), figure_rows(content), numbers=(1,)),
        *_buyback_tables(content),
        "<h2>Contracts</h2>",
        html_table(
            ("name", "contract", "address", "code hash"),
            [(name, part["contract"], part["address"], part["code_hash"]) for name, part in content["parts"].items()],
        ),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


DISAGREEMENT_HEADINGS: Final = ("where", "block", "transaction", "model", "what", "expected", "found")


def verdict(content: dict[str, Any]) -> str:
    """The outcome in a sentence."""
    block = content["block"]["number"]
    if content["agrees"]:
        return f"Everything agrees up to block {block}."
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
    return [(name, format_nmr(int(amount))) for name, amount in rows]


def _buyback_tables(content: dict[str, Any]) -> list[str]:
    """A heading and a table for each buyback."""
    parts = []
    for name, figures in content["figures"]["buybacks"].items():

        def money(amount: str, decimals: int = figures["decimals"]) -> str:
            return format_stablecoin(int(amount), decimals)

        where = "burned" if figures["burns"] else "in the treasury's balance"
        rows = [
            ("lots", f"{figures['lots']:,}"),
            ("fills", f"{figures['fills']:,}"),
            ("spent", f"{money(figures['paid'])} of {money(figures['lifetime_cap'])}"),
            ("held by the lot", money(figures["left"])),
            (f"bought, {where}", f"{format_nmr(int(figures['bought']))} NMR"),
            ("ended", "yes" if figures["ended"] else "no"),
        ]
        parts += [f"<h2>Buyback: {escape(name)}</h2>", html_table(("figure", "amount"), rows, numbers=(1,))]
    return parts
