"""Pages hold together, load nothing, and show text from outside as it is."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from hwgen import page
from tests.page.reading import Page

NASTY = [
    '<script>alert("x")</script>',
    "[/red]",
    "\"><img src='https://example.org/x'>",
    "a & b",
    "{{ 7 * 7 }}",
    "</style>",
]


def rendered(*bodies: Markup, title: str = "a title") -> Page:
    sections = [page.Section(f"part-{i}", f"Part {i}", body, "a lead") for i, body in enumerate(bodies)]
    figures = [page.Figure("rate", "1,000", "sentences/s", "a note"), page.Figure("rows", "3")]
    return Page(page.render(title, sections, kicker="kind", lead="what", figures=figures, foot="the foot"))


def test_a_page_is_well_formed_and_loads_nothing() -> None:
    shown = rendered(page.facts([("a", "b")]), page.confusion([[3, 1], [0, 4]], ["no", "yes"]))
    assert not shown.problems and not shown.outside()
    assert ("html", {"lang": "en"}) in shown.tags
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in shown.tags}


@given(st.sampled_from(NASTY) | st.text())
def test_text_from_outside_is_shown_as_it_is(text: str) -> None:
    columns = [page.Column("name"), page.Column(text, numeric=True)]
    shown = rendered(
        page.facts([(text, text)]),
        page.table(text, columns, [(text, text)]),
        page.confusion([[1, 2], [3, 4]], [text, "b"]),
        title=text,
    )
    assert not shown.problems and not shown.outside()
    assert not {"script", "img"} & {tag for tag, _ in shown.tags}
    readable = " ".join(text.replace("\0", "").split())
    assert not readable.isascii() or readable in shown.text


def test_a_table_names_its_columns_and_rows() -> None:
    shown = Page(
        page.table("caption", [page.Column("a"), page.Column("b", True)], [("x", "1"), ("y", "2")], strong=[1])
    )
    scopes = [attributes["scope"] for tag, attributes in shown.tags if tag == "th"]
    assert scopes == ["col", "col", "row", "row"]
    assert [attributes.get("class") for tag, attributes in shown.tags if tag == "tr"] == [None, None, "strong"]


def test_the_worst_pairs_come_first() -> None:
    pairs = page.worst_pairs([[5, 2, 0], [4, 5, 1], [0, 0, 9]], ["a", "b", "c"])
    assert [(pair.label, pair.taken_for, pair.count, pair.share) for pair in pairs] == [
        ("b", "a", 4, 0.4),
        ("a", "b", 2, 2 / 7),
        ("b", "c", 1, 0.1),
    ]


def test_of_many_classes_only_the_pairs_are_shown() -> None:
    labels = [f"intent-{i}" for i in range(150)]
    counts = [[20 if i == j else int(j == i + 1) for j in range(150)] for i in range(150)]
    shown = page.confusion(counts, labels)
    assert "matrix" not in shown and shown.count("<tr") == 21 and len(shown) < 10_000
    assert "20 of 149 wrong answers" in shown
    few = page.confusion([row[:20] for row in counts[:20]], labels[:20])
    assert "matrix" in few and few.count('scope="row"') == 20 + 8


def test_a_classifier_without_a_mistake_is_told_as_one() -> None:
    assert "No class was taken for another" in page.confusion([[3, 0], [0, 4]], ["a", "b"])
    assert not Page(page.confusion([[0, 0], [0, 0]], ["a", "b"])).problems
