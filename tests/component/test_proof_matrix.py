"""The proof of the validator: a defect of each family is caught by a check that names its requirement.

The whole matrix takes many minutes; ``benchmarks/proof_matrix.py`` computes it and writes
``docs/proof-matrix.md``. Here one defect of each family is proven, and the page is held against the
catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.proof_matrix import LOUD, PAGE, Benches, defects, prove
from onboarding.catalogue import all_checks
from onboarding.runner import Settings, examine
from simulators.faults import catalogue, listed

#: One defect of each family.
SAMPLE = (
    "http-length-short",
    "tls-server-expired",
    "smp-outer-signature-broken",
    "ism-regex-invalid",
    "soap-no-relatesto",
    "saml-accepts-expired",
    "saml-refuses-prefixed",
    "xcpd-two-subjects",
    "xca-no-home",
    "ret-docid-other",
    "mtom-cid-unresolved",
    "hdr-patientid-other",
    "sec-allergies-missing",
    "ent-med-decimal-comma",
    "term-system-text",
    "l1-not-pdf",
    "xm-l1-l3-patient",
    "beh-previous-patient",
    "tim-clock-plus-90",
    "rob-entity-bomb",
)

#: Packs with a mistake: of their text, of a patient, of the declaration, of what people attest.
PACKS = (
    "pack-root-no-oid",
    "pack-patient-without-summary",
    "pack-address-in-clear",
    "pack-audit-list-refused",
)


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    made = Benches(folder=tmp_path_factory.mktemp("candidates"))
    yield made
    made.stop()


def test_the_sample_has_every_family() -> None:
    """The sample stands for all twenty families of defects."""
    assert {catalogue()[name].family for name in SAMPLE} == {one.family for one in catalogue().values()}


@pytest.mark.parametrize("name", SAMPLE)
def test_defect_is_caught_by_its_requirement(benches: Benches, name: str) -> None:
    """A check of one of the defect's requirements fails or warns; the same checks are silent without it."""
    fault = catalogue()[name]
    proof = prove(benches, fault, ("HR", "PT"))
    assert fault.expected in LOUD and (proof.caught or proof.statement)
    healthy = examine(
        proof.country, benches.target(proof.country), only=proof.caught[:5], settings=Settings(limit=40.0)
    )
    assert [one.id for one in healthy.results if one.verdict in LOUD] == []


@pytest.mark.parametrize("name", PACKS)
def test_a_defective_pack_is_caught_by_its_requirement(benches: Benches, name: str) -> None:
    """A conformant NCP that comes with a defective pack is told so, by a check of the rule that is broken."""
    proof = prove(benches, defects()[name])
    assert proof.caught and not proof.statement
    healthy = examine("HR", benches.target("HR"), only=proof.caught, settings=Settings(limit=40.0))
    assert [one.id for one in healthy.results if one.verdict in LOUD] == []


def test_the_page_is_of_this_catalogue() -> None:
    """Each defect that is played stands on the page with its row, and each that is not with its reason."""
    page = Path(PAGE).read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, flags=re.MULTILINE))
    assert rows == set(defects()) | set(listed())
    named = {one for row in re.findall(r"`([A-Z][A-Z0-9-]+)`", page) for one in [row]}
    assert named <= {one.id for one in all_checks()}
