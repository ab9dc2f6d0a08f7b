"""Pages to look at: one self-contained HTML file each, light and dark, for screens of any width and for paper.

A page is a title and sections, put together by `render`; what stands in a section is made by the functions beside it:
`table`, `facts`, `confusion`. Text is escaped wherever it enters; only `markupsafe.Markup` passes as it is. A page
loads nothing: no script, font or picture from anywhere.
"""

from hwgen.page.confusion import confusion, worst_pairs
from hwgen.page.layout import Figure, Section, render
from hwgen.page.tables import Column, facts, table

__all__ = ["Column", "Figure", "Section", "confusion", "facts", "render", "table", "worst_pairs"]
