"""Who is admitted: every test identity, every code, every odd shape of the user info."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from ehdsi.saml import vocabulary
from sesali.login import Admission, admit
from sesali.login.rules import rules
from simulators.psc import Identity, load_identities

IDENTITIES = load_identities()
BY_KEY = {one.key: one for one in IDENTITIES}


def admission_of(key: str) -> Admission:
    return admit(BY_KEY[key].userinfo)


def userinfo(key: str) -> dict[str, Any]:
    return copy.deepcopy(dict(BY_KEY[key].userinfo))


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda one: one.key)
def test_each_identity_comes_to_the_outcome_that_its_data_announces(identity: Identity) -> None:
    """The page of identities promises an outcome; the admission must keep it."""
    admission = admit(identity.userinfo)
    decided = admission.refusal.code if admission.refusal else "admis"
    assert decided == identity.expected
    assert bool(admission.activities) == (decided == "admis")


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda one: one.key)
def test_each_admitted_activity_makes_values_that_the_assertion_takes(identity: Identity) -> None:
    """Role, facility type, locality and permissions are words of the SAML profile, never blank."""
    admission = admit(identity.userinfo)
    for activity in admission.activities:
        professional = admission.professional(activity)
        assert professional.role_code in vocabulary.ROLES
        assert professional.facility_type in vocabulary.FACILITY_TYPES
        assert professional.locality.strip() and professional.organization.strip()
        assert set(vocabulary.IDENTIFICATION_PERMISSIONS + vocabulary.PATIENT_SUMMARY_PERMISSIONS) == set(
            professional.permissions
        )
        assert professional.authn_context in vocabulary.TWO_FACTOR_CONTEXTS


def test_every_admitted_profession_has_an_identity_that_proves_it() -> None:
    """No profession of the rules goes untried."""
    tried = {one.profession_code for identity in IDENTITIES for one in admit(identity.userinfo).activities}
    assert tried == set(rules().professions)


def test_invented_rpps_numbers_have_a_right_check_digit() -> None:
    """Test numbers must survive consumers that verify the Luhn key."""
    numbers = [one.national_id[1:] for one in IDENTITIES if one.national_id.startswith("8")]
    assert len(numbers) > 30 and len(set(numbers)) == len(numbers)
    assert all(len(number) == 11 and luhn.is_valid(number) for number in numbers)


ROLES = {
    "10": "221",
    "21": "2262",
    "38": "3213",
    "39": "3213",
    "40": "2261",
    "50": "2222",
    "60": "2221",
    "69": "2221",
    "70": "2264",
    "80": "2269",
    "91": "2266",
    "92": "2267",
    "94": "2269",
    "95": "2265",
    "96": "2269",
    "98": "3211",
}


@pytest.mark.parametrize("code", [f"{code:02d}" for code in range(100)] + ["", "1O", "10 ", "²1"])
def test_only_listed_professions_give_access_and_each_has_its_role(code: str) -> None:
    """The table of professions is exactly the published one."""
    claims = userinfo("ada-generaliste")
    claims["SubjectRefPro"]["exercices"][0] |= {"codeProfession": code, "codeSavoirFaire": ""}
    admission = admit(claims)
    role = ROLES.get(code.strip())
    assert [one.role_code for one in admission.activities] == ([role] if role else [])


@pytest.mark.parametrize(
    ("code", "admitted"),
    [("10", True), ("21", True), ("40", True), ("50", False), ("60", False), ("70", False), ("98", False)],
)
def test_students_are_admitted_where_interns_exist(code: str, admitted: bool) -> None:
    """Interns in medicine, pharmacy and dentistry are admitted, students of other professions are not."""
    claims = userinfo("dan-interne")
    claims["SubjectRefPro"]["exercices"][0]["codeProfession"] = code
    assert bool(admit(claims).activities) is admitted


@pytest.mark.parametrize(
    ("profession", "mode", "sector", "facility"),
    [
        ("10", "L", "SA07", "Resident Physician"),
        ("10", "L", "SA08", "Resident Physician"),
        ("10", "S", "SA07", "Other"),
        ("10", "S", "SA01", "Hospital"),
        ("10", "L", "SA04", "Hospital"),
        ("10", "S", "SA05", "Other"),
        ("21", "L", "SA33", "Pharmacy"),
        ("39", "S", "SA33", "Pharmacy"),
        ("38", "S", "SA01", "Hospital"),
        ("21", "L", "SA29", "Other"),
        ("60", "L", "SA07", "Other"),
        ("60", "S", "SA33", "Other"),
        ("10", "", "", "Other"),
    ],
)
def test_the_facility_type_follows_profession_mode_and_sector(
    profession: str, mode: str, sector: str, facility: str
) -> None:
    """A foreign country's policy may depend on the facility type, so each row of the table counts."""
    claims = userinfo("ada-generaliste")
    exercise = claims["SubjectRefPro"]["exercices"][0]
    exercise["codeProfession"] = profession
    exercise["activities"][0] |= {"codeModeExercice": mode, "codeSecteurDactivite": sector}
    assert [one.facility_type for one in admit(claims).activities] == [facility]


def test_five_activities_can_be_told_apart() -> None:
    """Keys differ and are stable, and a forged key finds nothing."""
    admission = admission_of("cleo-cinq-activites")
    assert [one.key for one in admission.activities] == ["0-0", "0-1", "0-2", "1-0", "1-1"]
    assert len({one.hint + one.place for one in admission.activities}) == 5
    assert admission.activity("1-0") == admission.activities[3]
    assert admission.activity("2-0") is None and admission.activity("") is None


def test_an_occupational_activity_is_listed_with_its_reason_beside_the_one_that_gives_access() -> None:
    """Only the exercise as occupational physician is refused, not the person."""
    admission = admission_of("zoe-une-sur-deux")
    assert [one.place for one in admission.activities] == ["Cabinet Exemple"]
    assert [one.reason.code for one in admission.ineligible] == ["SES-021"]


def test_names_are_written_as_one_writes_them() -> None:
    """Directory capitals become a readable line with title, way of exercising, postcode and town."""
    admission = admission_of("ada-generaliste")
    assert admission.name == "Dr Ada Exemple"
    assert (admission.activities[0].place, admission.activities[0].hint) == (
        "Cabinet Exemple",
        "Médecin généraliste, libéral, 75015 Paris",
    )
    assert admission_of("jo-pharmacien").activities[0].place == "Pharmacie de l'Exemple"
    assert admission_of("dan-interne").activities[0].place == "CHU de Démonstration"
    assert admission_of("dan-interne").activities[0].hint.startswith("Médecin (étudiant), salarié")


def test_a_sector_can_be_closed_by_data() -> None:
    """The rule about private insurers needs a code only, no programming."""
    closed = replace(rules(), sectors_refused={"SA07": "SES-020"})
    admission = admit(BY_KEY["ada-generaliste"].userinfo, by=closed)
    assert admission.refusal is not None and admission.refusal.code == "SES-020"


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("", "SES-023"),
        ("3990000015/CPET00001", "SES-023"),
        ("599000000000017/CPAT00045", "SES-023"),
        ("899700000013\n", ""),
        ("89970000001", "SES-023"),
        ("ANS2026", "SES-023"),
        (None, "SES-023"),
        (["899700000013"], "SES-023"),
        ("８99700000019", "SES-023"),
    ],
)
def test_only_identifiers_of_professionals_are_let_in(identifier: object, code: str) -> None:
    """Employees of structures and malformed identifiers are refused whatever their activities say."""
    claims = userinfo("ada-generaliste") | {"SubjectNameID": identifier}
    refusal = admit(claims).refusal
    assert (refusal.code if refusal else "") == code


def test_hostile_texts_are_tamed() -> None:
    """Control characters that no XML may hold and endless names do not reach the assertion."""
    claims = userinfo("ada-generaliste") | {"family_name": "\x00EX\x08EMPLE\ud800" + "A" * 999}
    claims["SubjectRefPro"]["exercices"][0]["activities"][0]["raisonSocialeSite"] = "\x1b[31m"
    admission = admit(claims)
    assert admission.name.isprintable() and len(admission.name) < 250
    assert admission.activities[0].place.isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["exercices", "activities", "codeProfession", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(shape=JSON, exercise=JSON, names=JSON)
def test_no_shape_of_the_user_info_breaks_the_admission(shape: Any, exercise: Any, names: Any) -> None:
    """Whatever JSON comes, the answer is an admission that admits nobody it cannot read."""
    claims = userinfo("ada-generaliste")
    claims |= {"given_name": names, "family_name": names, "authMode": "", "SubjectRefPro": shape}
    assert admit(claims).activities == ()
    claims["SubjectRefPro"] = {"exercices": [{"codeProfession": "10", "activities": exercise}, exercise]}
    admission = admit(claims)
    assert bool(admission.activities) == (admission.refusal is None)
