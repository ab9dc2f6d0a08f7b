"""A picture of a build's page for the README: docs/report.png.

hwgen build --board icebreaker --model sst2-small-5bit && python scripts/report.py build/icebreaker-sst2-small-5bit
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import common
from PIL import Image, ImageChops

from hwgen.errors import HwgenError
from hwgen.flow.design import PAGE

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "report.png"
WIDTH, HEIGHT = 1240, 2400
COLOURS = 256
MARGIN = 40
"""Pixels that are left below the last thing on the page."""
HIDDEN = "#built, #accuracy, #timing, #values, #again, .ways, .foot, .scroll, #path .remark"
"""What the picture leaves out, as a style sheet names it: most tables."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("build", type=Path, help="a folder that `hwgen build` wrote")
    folder = parser.parse_args().build
    return common.guarded(lambda: run(folder))


def run(folder: Path) -> None:
    """Show a part of the page in Chromium, and write the picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise HwgenError("chromium: not installed; apt install chromium")
    if not (folder / PAGE).is_file():
        raise HwgenError(f"{folder}: no {PAGE} there; give a folder that `hwgen build` wrote")
    html = (folder / PAGE).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        page, shot = Path(name) / PAGE, Path(name) / "shot.png"
        page.write_text(
            html.replace("</head>", f"<style>{HIDDEN} {{ display: none }}</style></head>"), encoding="utf-8"
        )
        options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        subprocess.run([chromium, *options, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True)
        whole = Image.open(shot).convert("RGB")
    ground = Image.new("RGB", whole.size, whole.getpixel((1, HEIGHT - 1)))
    _, _, _, bottom = ImageChops.difference(whole, ground).getbbox() or (0, 0, 0, HEIGHT)
    picture = io.BytesIO()
    cut = whole.crop((0, 0, WIDTH, min(bottom + MARGIN, HEIGHT)))
    cut.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(picture, "png", optimize=True)
    PICTURE.write_bytes(picture.getvalue())
    common.console.print(f"{PICTURE}: {cut.width} x {cut.height}, {len(picture.getvalue()) / 1000:.0f} kB")


if __name__ == "__main__":
    raise SystemExit(main())
