"""Templates that escape everything that is put into them."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hwgen.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def fill(template: str, **values: object) -> Markup:
    """The text of `templates/TEMPLATE` with `values` in it, escaped unless they are `Markup`."""
    return Markup(_environment().get_template(template).render(**values))


@cache
def style(name: str = "style.css") -> Markup:
    """A style sheet of this package, to stand inside a page."""
    return Markup((resources.files("hwgen.page") / name).read_text(encoding="utf-8"))
