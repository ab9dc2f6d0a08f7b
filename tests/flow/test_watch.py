"""Progress is read from what the tools print, and its lack is seen."""

from hwgen.flow.watch import PATIENCE, Watch


def arcs(count: int, left: int) -> str:
    return f"Info:      {count} |    23501      53498 |  364   636 |     {left}|       6.10     270.77|"


def test_notes_of_every_stage() -> None:
    watch = Watch()
    lines = {
        "7.21. Executing ABC9 pass (script).": "abc9",
        "Info:     at iteration #5, type ALL: wirelen solved = 68009, spread = 209925, legal = 242781; time = 2.69s": (
            "placement, round 5, wire length 242,781"
        ),
        "Info:   at iteration #10: temp = 0.000000, timing cost = 1329, wirelen = 166648": (
            "refinement of the placement, round 10, wire length 166,648"
        ),
        arcs(1000, 40231): "routing, 40,231 arcs left",
        "Info:     iter=10 wires=303239 overused=3256 overuse=3284 archfail=NA": (
            "routing, round 10, 3,256 wires overused"
        ),
    }
    for line, note in lines.items():
        assert watch.read(line) and watch.note == note
    assert not watch.read("Info: Packing constants..") and watch.note


def test_the_share_of_routing_grows_with_what_is_done() -> None:
    watch = Watch()
    shares = []
    for left in (1000, 500, 750, 100):
        watch.read(arcs(1, left))
        shares.append(watch.share)
    assert shares == [0, 0.5, 0.5, 0.9]


def test_a_router_that_gains_nothing_is_stalled() -> None:
    watch = Watch()
    for turn in range(PATIENCE + 1):
        assert not watch.stalled
        watch.read(arcs(turn, 50 + turn % 7))
    assert watch.stalled


def test_a_router_that_gains_now_and_then_is_not() -> None:
    watch = Watch()
    for turn in range(20 * PATIENCE):
        watch.read(f"Info:     iter={turn} wires=1 overused={2000 - turn // (PATIENCE - 1)} overuse=1 archfail=NA")
        assert not watch.stalled
