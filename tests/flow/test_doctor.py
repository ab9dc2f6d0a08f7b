"""What is missing is found and named, and nothing that is odd stops the listing."""

from importlib import metadata
from pathlib import Path

import pytest

from hwgen import tools
from hwgen.flow import doctor
from hwgen.sim import compiler


def test_missing_package_metadata_is_an_unknown_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a module on the path that no package manager put there."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    versions = {finding.name: finding.version for finding in doctor.examine()}
    assert versions["yosys"] == tools.UNKNOWN_VERSION


def test_a_tool_that_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.tools, "find", lambda tool: None)
    monkeypatch.setattr(compiler, "find", lambda: None)
    missing = {finding.name for finding in doctor.examine() if finding.version is None}
    assert {"yosys", "C++ compiler", "openFPGALoader", "vivado"} <= missing


def test_a_tool_whose_library_is_missing_is_missing_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "openFPGALoader"
    tool.write_text(
        "#!/bin/sh\necho 'openFPGALoader: error while loading shared libraries: libftdi1.so.2: cannot' >&2\n"
    )
    tool.chmod(0o755)
    monkeypatch.setattr(doctor.tools, "find", lambda name: str(tool) if name == tool.name else None)
    (finding,) = (finding for finding in doctor.examine() if finding.name == "openFPGALoader")
    assert finding.version is None and "apt-get install libftdi1-2" in finding.advice


def test_the_compiler_in_use_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = (finding for finding in doctor.examine() if finding.name.startswith("C++ compiler ("))
    assert finding.version
