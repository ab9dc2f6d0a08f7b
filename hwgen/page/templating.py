"""Templates that escape everything that is put into them."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

MINUS = "\N{MINUS SIGN}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hwgen.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "share": share, "signed": signed}
    return environment


def fill(template: str, **values: object) -> Markup:
    """The text of `templates/TEMPLATE` with `values` in it, escaped unless they are `Markup`."""
    return Markup(_environment().get_template(template).render(**values))


@cache
def style(name: str = "style.css") -> Markup:
    """A style sheet of this package, to stand inside a page."""
    return Markup((resources.files("hwgen.page") / name).read_text(encoding="utf-8"))


def share(part: float) -> str:
    """A share as a percentage: of little ones two digits, and never 0 % of what is something."""
    if not part:
        return "0%"
    if part < 0.0001:
        return "under 0.01%"
    return f"{part:.2%}" if part < 0.01 else f"{part:.1%}"


def number(value: float) -> str:
    """A number with its digits grouped, and a fraction where it has one."""
    return (f"{value:,.0f}" if value == int(value) else f"{value:,.1f}").replace("-", MINUS)


def signed(value: float) -> str:
    """A number of two digits behind the point, with its sign."""
    return f"{value:+,.2f}".replace("-", MINUS)


def bits(count: int) -> str:
    """So many bits, in words."""
    return f"{count} bit{'s' * (count != 1)}"
