"""Writes a sentence as the token numbers that a model's circuit takes, one a line with the last one marked: tokens.hex.

python tokens.py MODEL SENTENCE
"""

import sys
from pathlib import Path

from hwgen.model import Model
from hwgen.shipped import shipped_models


def main() -> None:
    name, sentence = sys.argv[1:]
    model = Model.load(shipped_models().get(name, Path(name)))
    tokens = model.encode([sentence]).tokens.tolist()
    last = len(tokens) - 1
    lines = [f"{(place == last) << 16 | token:05x}" for place, token in enumerate(tokens)]
    Path("tokens.hex").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
