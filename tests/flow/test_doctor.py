"""What is missing is found and named, and nothing that is odd stops the listing."""

from importlib import metadata

import pytest

from hwgen import tools
from hwgen.flow import doctor


def test_missing_package_metadata_is_an_unknown_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a module on the path that no package manager put there."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    versions = {finding.name: finding.version for finding in doctor.examine()}
    assert versions["yosys"] == tools.UNKNOWN_VERSION


def test_a_tool_that_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.tools, "find", lambda tool: None)
    missing = {finding.name for finding in doctor.examine() if finding.version is None}
    assert {"yosys", "g++", "vivado"} <= missing
