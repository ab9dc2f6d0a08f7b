"""From a recipe of any kind to a model."""

from __future__ import annotations

from hwgen.compress import ensemble, hypervector, pipeline
from hwgen.compress.ensemble_recipe import EnsembleRecipe
from hwgen.compress.hypervector_recipe import HypervectorRecipe
from hwgen.compress.pipeline import Memory
from hwgen.compress.recipes import AnyRecipe
from hwgen.errors import HwgenError
from hwgen.model import Model
from hwgen.progress import SILENT, Progress
from hwgen.text.datasets import Dataset

DEFAULT_BITS = 5


def run(
    recipe: AnyRecipe,
    dataset: Dataset,
    bits: int | None = None,
    seed: int = 0,
    reporter: Progress | None = None,
    memory: Memory | None = None,
) -> Model:
    """Train a model; its record holds a row a stage.

    Every choice is made on dev; test is read once a stage, at its end.

    Args:
        bits: width of the weights; by default 5, or 1 where the recipe is one of binary models.
        memory: of earlier calls with the same data set and seed; it does not change the result.

    Raises:
        HwgenError: when recipe, data and width do not fit each other.
    """
    reporter = reporter or SILENT
    if isinstance(recipe, HypervectorRecipe):
        hypervector.check_bits(recipe, 1 if bits is None else bits)
        return hypervector.train(recipe, dataset, seed, reporter)
    if isinstance(recipe, EnsembleRecipe):
        return ensemble.train(recipe, dataset, 1 if bits is None else bits, seed, reporter, memory)
    bits = DEFAULT_BITS if bits is None else bits
    # Refuse before hours of training, not after.
    if pipeline.precision(recipe.quantised, bits).convolution == 1 and "pruned" in recipe.stages:
        raise HwgenError(f"recipe {recipe.name}: stage pruned: binary weights have no zero; leave it out of stages")
    return pipeline.quantise(pipeline.compress(recipe, dataset, seed, reporter, memory), bits, reporter)
