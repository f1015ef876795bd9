# SPDX-License-Identifier: MIT
"""A package's manifest, read again: what others made is taken only in its one form."""

import pytest

from nmr.sealing.package import PackageInvalid, package_of, package_of_contents, parse_package

CONTENTS = {"universe.csv": b"id\na\n", "terms.md": b"", 'odd "name".txt': b"x"}


def test_parse_package__manifest__gives_the_package_back():
    package = package_of_contents(CONTENTS)

    assert parse_package(package.manifest) == package
    assert [each.name for each in package.files] == sorted(CONTENTS)


def test_package_of_contents__same_files_in_a_folder__is_the_same(tmp_path):
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)

    assert package_of(list(tmp_path.iterdir())).digest == package_of_contents(CONTENTS).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: b"",
        lambda manifest: manifest[:-1],
        lambda manifest: manifest.replace(b"nmr-package 1", b"nmr-package 2"),
        lambda manifest: manifest.replace(b'"size":5', b'"size":05'),
        lambda manifest: manifest.replace(b"terms.md", b"universe.csv"),
        lambda manifest: manifest.replace(b"terms.md", b"../terms.md"),
        lambda manifest: manifest.replace(b"terms.md", b".."),
        lambda manifest: manifest.replace(b"terms.md", b""),
        lambda manifest: manifest.replace(b"terms.md", b"\\u0000"),
        lambda manifest: manifest.replace(b"terms.md", b"zzz.md"),
        lambda manifest: b"[" * 100_000,
        lambda manifest: b"\xff" + manifest,
    ],
)
def test_parse_package__another_form_or_a_name_that_leaves_its_folder__is_refused(change):
    manifest = package_of_contents(CONTENTS).manifest

    with pytest.raises(PackageInvalid, match=r"^The manifest is none of a package\.$"):
        parse_package(change(manifest))
