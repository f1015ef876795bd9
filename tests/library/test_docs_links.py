# SPDX-License-Identifier: MIT
"""What the pages name is there: links, headings, files, targets of make, commands of `ape run`."""

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PARSER = MarkdownIt("commonmark").enable("table")
FOLDERS = "benchmarks|contracts|demo|deployments|docs|fund|nmr|page|scripts|tests"
# A path as code; what has a placeholder or a wildcard in it is none.
PATH = re.compile(rf"^(?:{FOLDERS})/[\w./-]+$")
# Written by commands, so that a clone does not have them.
MADE = {"deployments/ethereum/local.json", "deployments/ethereum/sepolia.json", "nmr/chain/builds.json"}


def pages():
    git = [shutil.which("git"), "ls-files", "-z", "*.md"]
    names = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0")[:-1] if (path := ROOT / name).is_file()]


def text_of(page):
    return page.read_text(encoding="utf-8")


def tokens_of(text):
    """All tokens of a page, inline ones behind the block that holds them."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def links_of(text):
    """Where links and pictures of a page lead."""
    for token in tokens_of(text):
        if token.type in ("link_open", "image"):
            yield token.attrs.get("href") or token.attrs["src"]


def anchors_of(text):
    """The anchors that a page's headings get, as GitHub makes them."""
    tokens = PARSER.parse(text)
    anchors = []
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            plain = "".join(each.content for each in token.children if each.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            again = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", each) is not None for each in anchors)
            anchors.append(f"{slug}-{again}" if again else slug)
    return anchors


def code_of(text):
    """Code within a page's sentences, and the lines of its blocks."""
    for token in tokens_of(text):
        if token.type == "code_inline":
            yield token.content
        elif token.type == "fence":
            yield from token.content.splitlines()


def broken(page):
    """The links of a page that lead nowhere."""
    for link in links_of(text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(text_of(target))):
            yield link


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_page__links__lead_somewhere(page):
    assert list(broken(page)) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_page__code__names_what_is_there(page):
    missing = set()
    targets = re.findall(r"^([\w-]+):(?!=)", text_of(ROOT / "Makefile"), re.MULTILINE)
    for code in code_of(text_of(page)):
        make = re.match(r"(?:\$ )?make ([\w-]+)", code)
        run = re.match(r"(?:\$ )?ape run ([\w-]+)", code)
        if (
            (make and make[1] not in targets)
            or (run and not (ROOT / f"scripts/{run[1]}.py").is_file())
            or (PATH.match(code) and code not in MADE and not (ROOT / code).exists())
        ):
            missing.add(code)
    assert missing == set()


def test_readme__length__is_at_most_150_lines():
    assert len(text_of(ROOT / "README.md").splitlines()) <= 150


def test_glossary__terms__are_in_alphabetical_order():
    terms = [
        line.removeprefix("### ").lower() for line in text_of(ROOT / "docs/glossary.md").splitlines() if "### " in line
    ]
    assert terms == sorted(terms)


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("b.md", True),
        ("b.md#two-words", True),
        ("#here", True),
        ("#nowhere", False),
        ("b.md#one", False),
        ("c.md", False),
    ],
)
def test_broken__link__is_found_where_it_leads_nowhere(tmp_path, link, leads):
    page = tmp_path / "a.md"
    page.write_text(f"# Here\n\n[to]({link})\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("```\n# One\n```\n\n## Two *words*\n", encoding="utf-8")

    assert list(broken(page)) == ([] if leads else [link])


def test_anchors__same_heading_twice__are_numbered():
    assert anchors_of("# A b\n\n## A `b`\n\n## A b, c!\n") == ["a-b", "a-b-1", "a-b-c"]
