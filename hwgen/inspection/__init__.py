"""What a model folder is: as plain values, and as tables."""

from hwgen.inspection.facts import inspect
from hwgen.inspection.tables import tables

__all__ = ["inspect", "tables"]
