"""The catalogue of wire error codes is complete and consistent."""

from __future__ import annotations

import pytest

from ehdsi import error_codes


def test_every_constant_is_in_the_catalogue() -> None:
    """A code that this project emits has a meaning."""
    constants = {value for name, value in vars(error_codes).items() if name.isupper()}
    assert constants <= set(error_codes.catalogue())
    assert len(constants) > 20


def test_every_row_is_filled_in() -> None:
    """No row lacks a source, a family, a place or a meaning."""
    for code in error_codes.catalogue().values():
        assert code.origin in {"eHDSI", "eHDSI numeric", "transformation manager", "IHE"}
        assert code.severity in {"error", "warning"}
        assert code.family and code.meaning and all(code.where), code.code


@pytest.mark.parametrize(("text", "code"), [("1102", "1102"), (" 4701 ", "4701"),
                                            ("EHDSI_ERROR_PI_NO_MATCH", "ERROR_PI_NO_MATCH"),
                                            ("WARNING_PS_MISSING_EXPECTED_TRANSLATION",
                                             "EHDSI_WARNING_PS_MISSING_EXPECTED_TRANSLATION")])
def test_lookup_is_tolerant(text: str, code: str) -> None:
    """Blanks and the prefix of newer waves do not hide a code."""
    found = error_codes.lookup(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("text", ["", None, "E999", "no match"])
def test_unknown_code(text: str | None) -> None:
    """What is not in the catalogue is said to be unknown."""
    assert error_codes.lookup(text) is None


def test_missing_summary_is_a_warning() -> None:
    """1102 says that there is no summary, which is no failure."""
    assert error_codes.catalogue()["1102"].severity == "warning"
