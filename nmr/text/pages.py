# SPDX-License-Identifier: MIT
"""HTML pages out of templates."""

from typing import Any

from nmr.text.foreign import plain


def render(package: str, name: str, **values: Any) -> str:
    """A page. Whatever text the values have is escaped: labels and roles come from strangers.

    Args:
        package: has the template in its folder `templates`; templates of `nmr.text` can be imported there.
        name: the template's file.
        values: what it names; a template says of markup in them that it is `safe`.
    """
    # Here and not above: no other command should wait for it.
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("nmr.text")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    return pages.get_template(name).render(values)


def _shown(value: Any) -> Any:
    """What is written for a value: of a text that is no markup, nothing that would mislead who reads the page."""
    return plain(value) if type(value) is str else value
