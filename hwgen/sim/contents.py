"""Writes the contents of CXXRTL's memories as plain numbers.

CXXRTL makes an object of every word, for which g++ takes more than a gigabyte where a table has 300,000 of them.
"""

from __future__ import annotations

import re

_CONTENTS = re.compile(
    r"\tstatic const value<(\d+)> (mem_init_\d+)\[(\d+)\] \{(.*?)\n\t\};\n"
    r"\tstd::copy\(std::begin\(\2\), std::end\(\2\), (&\w+\.data\[\d+\])\);\n",
    re.DOTALL,
)
_WORD = re.compile(r"value<\d+>\{([^}]*)\}")


def plain_contents(source: str) -> str:
    """The source of a `write_cxxrtl` with every memory's contents as one array of `chunk_t`, what its words consist
    of.
    """
    return _CONTENTS.sub(_plain, source)


def _plain(contents: re.Match[str]) -> str:
    width, name, depth, words, place = contents.groups()
    numbers = _WORD.sub(lambda word: word[1], words)
    return (
        f"\tstatic const chunk_t {name}[] {{{numbers}\n\t}};\n"
        f'\tstatic_assert(sizeof {name} == {depth} * sizeof(value<{width}>), "a word lacks a part");\n'
        f"\tstd::memcpy(static_cast<void *>({place}), {name}, sizeof {name});\n"
    )
