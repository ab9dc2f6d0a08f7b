"""The command that serves a page to try a model on."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import BaudOption, BuiltOption, OnOption, err, model_of, out, print_line
from hwgen.places import port_rate


@app.command(epilog="hwgen demo   |   hwgen demo snips-hd --on rtl   |   hwgen demo --on /dev/ttyUSB1 --port 8000")
def demo(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")] = "sst2-full-5bit",
    on: OnOption = "golden",
    baud: BaudOption = None,
    build: BuiltOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the page; 0: any that is free.")] = 0,
) -> None:
    """Serve a page on this computer alone: type a sentence, see class, margin, deciding words and cycles.

    Ctrl-C ends it.
    """
    from hwgen.classify import classifier
    from hwgen.page.demo import Demo
    from hwgen.page.server import Server
    from hwgen.places import place

    name, loaded = model_of(model)
    with ExitStack() as stack:
        with progress.shown(err) as shown:
            ask = stack.enter_context(classifier(loaded, on, port_rate(on, baud, build, name), shown))
        with Server(Demo(loaded, name, place(on), ask), port) as server:
            print_line(f"{name} at {server.url} (Ctrl-C ends it)")
            out.file.flush()
            server.serve_forever()
