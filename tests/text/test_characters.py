from hwgen.text.characters import Characters


def test_bytes_are_tokens() -> None:
    assert len(Characters()) == 256
    assert Characters().encode("né") == list("né".encode())
    assert Characters().encode(b"a\xff") == [97, 255]
    assert Characters().encode("") == []


def test_a_phrase_is_a_piece_of_the_text() -> None:
    assert Characters().phrase("play some jazz", 5, 9) == "some"
    assert Characters().phrase("é!", 0, 1) == "\N{REPLACEMENT CHARACTER}"
