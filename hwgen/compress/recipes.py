"""Recipes of every kind, read, checked and overridden. A recipe is a TOML file; every field can be overridden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hwgen import documents, shipped, tables
from hwgen.compress.ensemble_recipe import EnsembleRecipe
from hwgen.compress.hypervector_recipe import HypervectorRecipe
from hwgen.compress.recipe import Recipe
from hwgen.compress.settings import overridden
from hwgen.errors import HwgenError

AnyRecipe = Recipe | HypervectorRecipe | EnsembleRecipe

KINDS: dict[str, type[AnyRecipe]] = {"hypervector": HypervectorRecipe, "ensemble": EnsembleRecipe}
"""By the recipe's `kind`; without one it is that of a sentence CNN."""


def parse(values: Mapping[str, Any], where: str = "recipe") -> AnyRecipe:
    """A recipe from nested plain values.

    Raises:
        HwgenError: naming `where`, the key, and what it may be.
    """
    kind = values.get("kind")
    if kind is not None and not (isinstance(kind, str) and kind in KINDS):
        raise HwgenError(f"{where}: kind: {tables.shown(kind)} is not one of {', '.join(KINDS)}")
    _refuse_nesting(values, where)
    try:
        recipe = tables.build(KINDS.get(str(kind), Recipe), values)
    except HwgenError as error:
        raise HwgenError(f"{where}: {error}") from None
    if isinstance(recipe, EnsembleRecipe):
        parse(recipe.member, f"{where}: member")
    return recipe


def load(path: Path) -> AnyRecipe:
    """Read a TOML recipe.

    Raises:
        HwgenError: when the file is missing, is no TOML, or has an unknown or ill-valued key.
    """
    values = _named(path)
    if isinstance(member := values.get("member"), str):
        values["member"] = _named(shipped.recipe_path(member))
        _refuse_nesting(values, str(path))
        values["member"] = parse(values["member"], member).as_dict()
    return parse(values, str(path))


def _named(path: Path) -> dict[str, Any]:
    """The plain values of a file, which names the recipe where the recipe does not."""
    return {"name": path.stem, **documents.read_toml(path)}


def _refuse_nesting(values: Mapping[str, Any], where: str) -> None:
    """Raise where an ensemble's member is an ensemble, be it itself."""
    member = values.get("member")
    if isinstance(member, Mapping) and member.get("kind") == "ensemble":
        raise HwgenError(f"{where}: member: an ensemble of ensembles; name a recipe of another kind")


def override(recipe: AnyRecipe, settings: Iterable[str]) -> AnyRecipe:
    """A recipe with dotted ``key=value`` settings applied, for instance ``pruned.sparsity=0.9``.

    Raises:
        HwgenError: on a setting without ``=``, an unknown key (the known ones are listed) or a wrong value.
    """
    return parse(overridden(recipe.as_dict(), settings, tables.keys(type(recipe))), "--set")
