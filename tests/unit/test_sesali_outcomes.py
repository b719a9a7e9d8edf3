"""From foreign codes to ``SES-nnn``: the table is data, and complete."""

from __future__ import annotations

import pytest

from ehdsi.errors import LocalError, MalformedSoap, PeerError, TransportFailure
from ehdsi.search_mask import TEXT_LABELS
from sesali import outcomes
from sesali.outcomes import trait_labels, trait_names


@pytest.mark.parametrize(("wire", "step", "code"), [
    (("ERROR_PI_NO_MATCH",), "identify", "SES-060"),
    (("AnswerNotAvailable", "ERROR_PI_NO_MATCH"), "identify", "SES-060"),
    (("AnswerNotAvailable",), "identify", "SES-060"),
    (("ERROR_PI_MULTIPLE_MATCHES",), "identify", "SES-061"),
    (("AdditionalDemographicsRequested",), "identify", "SES-062"),
    (("LivingSubjectBirthPlaceNameRequested",), "identify", "SES-062"),
    (("PatientAuthenticationRequired",), "identify", "SES-063"),
    (("InsufficientRights", "4703"), "identify", "SES-070"),
    (("InsufficientRights", "4701"), "identify", "SES-072"),
    (("InsufficientRights", "ERROR_HPI_GENERIC"), "identify", "SES-071"),
    (("InsufficientRights", "1001"), "identify", "SES-071"),
    (("InternalError",), "identify", "SES-080"),
    (("1001",), "documents", "SES-084"),
    (("4206",), "documents", "SES-084"),
    (("1102",), "documents", "SES-073"),
    (("4701",), "retrieve", "SES-072"),
    (("XDSMissingDocument",), "retrieve", "SES-085"),
    (("4505", "ERROR_PS_MISSING_EXPECTED_MAPPING"), "retrieve", "SES-085"),
    (("SomethingNew",), "identify", "SES-082"),
    ((), "identify", "SES-082"),
])
def test_wire_codes(wire: tuple[str, ...], step: outcomes.Step, code: str) -> None:
    """The precise reason wins over the general one beside it, and an unknown code still has a sentence."""
    assert outcomes.code_for_wire(wire, step)[0] == code


@pytest.mark.parametrize(("kind", "code"), [("refused", "SES-080"), ("tls", "SES-080"),
                                            ("timeout", "SES-081"),
                                          ("busy", "SES-080"), ("http", "SES-082"), ("new", "SES-080")])
def test_transport_failures(kind: str, code: str) -> None:
    """Every kind of transport failure has its sentence, with the country's name in it where it names one."""
    outcome = outcomes.from_failure(TransportFailure(kind, "x"), "identify", "HR", country_name="Croatie")
    assert outcome.code == code
    assert "{" not in outcome.notice.text


def test_unreadable_answer() -> None:
    """A broken answer without a code of its own is SES-082, and the foreign text stays in the detail."""
    outcome = outcomes.from_failure(MalformedSoap("no body", got="<secret>"), "documents", "HR")
    assert outcome.code == "SES-082"
    assert "secret" not in outcome.notice.text
    assert "no body" in outcome.detail


def test_peer_error_with_code() -> None:
    """A peer error that carries a wire code is looked up in the table."""
    assert outcomes.from_failure(PeerError("no", code="4701"), "documents", "HR").code == "SES-072"


def test_every_row_leads_somewhere() -> None:
    """Each code that the tables give exists, and each sentence is French prose with a way on."""
    data = outcomes._data()
    for code in [row["gives"] for row in data["wire"]] + list(data["transport"].values()):
        assert outcomes.message(code).text
    for code in outcomes.codes():
        row = outcomes.message(code)
        assert row.text.endswith(".")
        assert row.way_on in {"correct", "retry", "other_country", "restart", "assistance", "end", "continue"}


def test_unknown_code_is_our_mistake() -> None:
    """Asking for a code that is not in the file is a bug of ours, not a crash somewhere else."""
    with pytest.raises(LocalError):
        outcomes.message("SES-999")


def test_every_field_that_can_be_unlocked_has_words_and_a_place() -> None:
    """What a country may want in addition is said in French, and its fields are ones that a mask knows."""
    known = TEXT_LABELS | {"birthDate", "gender"}
    for code in ("AdditionalDemographicsRequested", "LivingSubjectAdministrativeGenderRequested",
                 "PatientAddressRequested"):
        assert trait_labels((code,))
        assert set(trait_labels((code,))) <= known
        assert trait_names((code,)) != trait_names(())
    assert trait_labels(("EHICDataRequested",)) == ()
