"""Search masks: both ways, what a form must hold, what is remarked upon, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ehdsi import oids, search_mask, xml
from ehdsi.cda.datatypes import Address, Identifier, PersonName
from ehdsi.errors import MalformedMessage
from ehdsi.search_mask import SearchMask
from ehdsi.traits import Traits
from ehdsi.xml import XmlElement
from tests.wire_samples import (
    ACCESS_CODE,
    BIRTH_DATE,
    CHOICE,
    FULL,
    GENDER,
    MBO,
    again,
    field,
    one_identifier,
)

ISM = f"{{{oids.NS_ISM}}}"
ONE = SearchMask(country="HR", patient=one_identifier())
KEY = f"id.{MBO}"


def read_after(edit: Callable[[XmlElement], object], mask: SearchMask = FULL) -> SearchMask:
    """What is read of a mask after an edit of its tree."""
    root = again(search_mask.build_mask(mask))
    edit(root)
    return search_mask.parse_mask(root)


def problems(mask: SearchMask, **values: str) -> list[tuple[str, str]]:
    """Kind and key of each problem of a form; ``_`` in a key stands for a dot."""
    return [(one.kind, one.key) for one in mask.form_problems({key.replace("_", "."): text
                                                               for key, text in values.items()})]


@pytest.mark.parametrize("mask", [ONE, CHOICE, FULL], ids=["one", "choice", "full"])
def test_mask_survives_the_wire(mask: SearchMask) -> None:
    """Everything that a mask may hold comes back, without a remark."""
    read = search_mask.parse_mask(again(search_mask.build_mask(mask)))
    assert read == mask
    assert read.findings == ()


def test_prefixed_mask_is_read() -> None:
    """A namespace prefix changes nothing."""
    text = xml.serialise(search_mask.build_mask(ONE)).replace(b"xmlns=", b"xmlns:ism=")
    for name in (b"searchFields", b"country", b"patientSearch", b"identifier", b"id "):
        text = text.replace(b"<" + name, b"<ism:" + name).replace(b"</" + name, b"</ism:" + name)
    assert search_mask.parse_mask(xml.parse(text)) == ONE


@pytest.mark.parametrize(("scope", "serves"), [("ALL", True), ("PS", True), ("EP", False)])
def test_scope(scope: str, serves: bool) -> None:
    """A patient search for prescriptions only does not serve patient summaries."""
    mask = replace(ONE, patient=replace(ONE.patient, scope=scope))
    assert mask.serves("PS") is serves


# ------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(("value", "found"), [
    ("123456789", []), (" 123456789 ", []), ("12345678", [("format", KEY)]), ("1234567890", [("format",
                                                                                              KEY)]),
    ("123456789x", [("format", KEY)]), ("", [("missing", KEY)]), ("  ", [("missing", KEY)])])
def test_one_identifier(value: str, found: list[tuple[str, str]]) -> None:
    """The whole value must fit its format; blanks around it do not count; empty is missing."""
    assert [(one.kind, one.key) for one in ONE.form_problems({KEY: value})] == found


def test_single_identifier_is_mandatory_unsaid() -> None:
    """The only identifier is needed even where the country forgot to say so."""
    block = replace(ONE.patient.blocks[0].groups[0], fields=(field(mandatory=False),))
    mask = replace(ONE, patient=replace(ONE.patient, blocks=(replace(ONE.patient.blocks[0],
                                                                     groups=(block,)),)))
    assert mask.is_mandatory(mask.patient.identifiers[0])
    assert [(one.kind, one.key) for one in mask.form_problems({})] == [("missing", KEY)]


def test_one_of_several_optional_identifiers_is_needed() -> None:
    """Where several identifiers are optional, at least one is asked for."""
    fields = (field(mandatory=False), field("passportNumber", "[A-Z]+", "1.2.3", mandatory=False))
    group = replace(ONE.patient.blocks[0].groups[0], fields=fields)
    mask = replace(ONE, patient=replace(ONE.patient, blocks=(replace(ONE.patient.blocks[0],
                                                                     groups=(group,)),)))
    assert [(one.kind, one.key) for one in mask.form_problems({})] == [("missing",
                                                                        search_mask.ANY_IDENTIFIER)]
    assert mask.form_problems({"id.1.2.3": "ABC"}) == ()


REGIONAL, REGION, NATIONAL = "id.2.16.724.4.41", "id.2.16.724.4.42", "id.2.16.724.4.40"


@pytest.mark.parametrize(("values", "found"), [
    ({NATIONAL: "ABC"}, []),
    ({REGIONAL: "ABC", REGION: "123456"}, []),
    ({REGIONAL: "ABC"}, [("missing", REGION)]),
    ({REGIONAL: "ABC", REGION: "12"}, [("format", REGION)]),
    ({}, [("missing", "identifier")]),
    ({NATIONAL: "A", REGIONAL: "B", REGION: "123456"}, [("several alternatives", REGIONAL),
                                                        ("several alternatives", NATIONAL)]),
])
def test_choice(values: dict[str, str], found: list[tuple[str, str]]) -> None:
    """Of alternatives exactly one is filled in, and that one wholly."""
    assert [(one.kind, one.key) for one in CHOICE.form_problems(values)] == found


GOOD = {KEY: "123456789", "familyName": "Horvat", "birthDate": "1980-01-31", "gender": "F",
        "accessCode": "123456"}


@pytest.mark.parametrize(("change", "found"), [
    ({}, []), ({"gender": ""}, []), ({"gender": "X"}, [("format", "gender")]),
    ({"birthDate": ""}, [("missing", "birthDate")]), ({"birthDate": "1980-02-30"}, [("format", "birthDate")]),
    ({"birthDate": "31.01.1980"}, [("format", "birthDate")]), ({"familyName": " "}, [("missing",
                                                                                      "familyName")]),
    ({"accessCode": "12"}, [("format", "accessCode")]), ({"accessCode": ""}, [("missing", "accessCode")])])
def test_fields_beside_identifiers(change: dict[str, str], found: list[tuple[str, str]]) -> None:
    """Names, birth date, gender and access code are checked like identifiers, and dates must exist."""
    assert [(one.kind, one.key) for one in FULL.form_problems({**GOOD, **change})] == found


def test_problems_never_hold_the_value() -> None:
    """A wrong identifier is not repeated in the problem."""
    assert "98765" not in repr(ONE.form_problems({KEY: "98765"}))


def test_form_becomes_traits_and_satisfies_the_mask() -> None:
    """A filled-in form becomes the traits of a query, which NCP-A holds against the same mask."""
    traits = FULL.traits({**GOOD, KEY: " 123456789 ", "firstName": "Ana", "unasked": "x"})
    assert traits == Traits(identifiers=(Identifier(root=MBO, extension="123456789"),), birth_date="19800131",
                            name=PersonName(family=("Horvat",), given=("Ana",)), gender="F",
                            address=Address(country="HR"))
    assert FULL.problems(traits) == ()


@pytest.mark.parametrize(("identifiers", "found"), [
    ((("1.2.3", "123456789"),), [("not asked for", "id.1.2.3"), ("missing", KEY)]),
    (((MBO, "123456789"), (MBO, "987654321")), [("repeated", KEY)]),
    (((MBO, "1"),), [("format", KEY)]),
    ((), [("missing", KEY)]),
])
def test_traits_against_the_mask(identifiers: tuple[tuple[str, str], ...], found: list[tuple[str,
                                                                                             str]]) -> None:
    """Foreign domains, repeated domains and misfits are recognised by an NCP-A."""
    traits = Traits(identifiers=tuple(Identifier(root=root, extension=text) for root, text in identifiers))
    assert [(one.kind, one.key) for one in ONE.problems(traits)] == found


@pytest.mark.parametrize(("text", "wire"), [("1980-01-31", "19800131"), ("19800131", "19800131"),
                                            ("1980-1-31", None),
                                            ("1980", None), ("19800230", None), ("1980-0131", None), ("",
                                                                                                      None)])
def test_birth_date_on_the_wire(text: str, wire: str | None) -> None:
    """The form's date and the wire's date are the same day; what is no day is nothing."""
    assert search_mask.wire_date(text) == wire


# ------------------------------------------------------------------------------------------ remarks


def put(name: str, attribute: str, value: str | None) -> Callable[[XmlElement], object]:
    """An edit that sets or removes an attribute of the first element of this name."""
    def edit(root: XmlElement) -> None:
        element = next(root.iter(ISM + name))
        element.attrib.pop(attribute, None)
        if value is not None:
            element.set(attribute, value)
    return edit


def picture(text: str) -> Callable[[XmlElement], object]:
    """An edit that replaces the picture."""
    return lambda root: next(root.iter(ISM + "mediaContent")).__setattr__("text", text)


@pytest.mark.parametrize(("edit", "rule", "severity"), [
    (put("country", "code", "EL"), "A-ISM-01", "error"),
    (put("country", "label", None), "A-ISM-01", "error"),
    (put("id", "domain", "DKCPR"), "A-ISM-02", "error"),
    (put("id", "domain", None), "A-ISM-02", "error"),
    (put("id", "format", "[0-9{9}"), "A-ISM-02", "error"),
    (put("id", "format", "(?=1)1"), "A-ISM-02", "error"),
    (put("id", "format", r"[a-zA-Z|\d]{7,12}"), "X-ISM-03", "warning"),
    (put("id", "format", "(a+)+$"), "X-ISM-03", "error"),
    (put("id", "label", "label.ism.shoeSize"), "X-ISM-03", "error"),
    (put("id", "mandatory", None), "X-ISM-03", "warning"),
    (put("id", "contextualDescription", "<script>x</script>"), "X-ISM-03", "error"),
    (put("birthDate", "format", None), "A-ISM-01", "error"),
    (put("patientSearch", "scope", "EP"), "X-ISM-03", "error"),
    (put("patientSearch", "scope", "XX"), "A-ISM-01", "error"),
    (put("identifier", "type", "OTHER"), "A-ISM-01", "error"),
    (put("identifier", "type", "CHOICE"), "X-ISM-03", "warning"),
    (picture("PHN2Zy8+"), "X-ISM-03", "error"),
    (picture("?"), "X-ISM-03", "error"),
    (picture("A" * 1_400_000), "X-ISM-03", "warning"),
])
def test_deviation_is_remarked_upon(edit: Callable[[XmlElement], object], rule: str, severity: str) -> None:
    """Each single defect of a mask is named by the rule it breaks, and the mask can still be used."""
    mask = read_after(edit)
    assert (rule, severity) in {(finding.rule, finding.severity) for finding in mask.findings}
    assert mask.patient.fields


def test_unusable_format_lets_values_pass() -> None:
    """Where the format cannot be used, the country checks the value itself."""
    mask = read_after(put("id", "format", "[0-9{9}"), ONE)
    assert mask.form_problems({KEY: "anything"}) == ()


def test_picture_that_is_none_is_left_out() -> None:
    """HTML or SVG under the name of a picture is not kept."""
    assert read_after(picture("PHN2Zy8+")).patient.picture is None
    assert FULL.patient.picture is not None


def test_default_of_mandatory_is_false() -> None:
    """A field that does not say so is not mandatory as published."""
    assert read_after(put("id", "mandatory", None), ONE).patient.identifiers[0].mandatory is False


# -------------------------------------------------------------------------------------- unreadable


def test_old_grammar_is_named() -> None:
    """The grammar of 2017 to 2019 is recognised by its root and refused with a hint."""
    with pytest.raises(MalformedMessage) as caught:
        search_mask.parse_mask(xml.parse(b"<patientSearch><country/></patientSearch>"))
    assert "2017" in caught.value.what
    assert "2023" in caught.value.hint


def remove(name: str) -> Callable[[XmlElement], object]:
    """An edit that removes all elements of this name."""
    return lambda root: [node.getparent().remove(node) for node in list(root.iter(ISM + name))]  # type: ignore[union-attr]


@pytest.mark.parametrize("edit", [remove("country"), remove("patientSearch"), remove("identifier"),
                                  remove("id"),
                                  lambda root: root.__setattr__("tag", "searchFields")])
def test_unusable_mask_is_refused(edit: Callable[[XmlElement], object]) -> None:
    """Without country, patient search, identifiers or namespace there is no mask."""
    with pytest.raises(MalformedMessage):
        read_after(edit, ONE)


def test_field_order_of_a_form() -> None:
    """A form shows identifiers, texts, birth date, gender and access code in this order."""
    kinds = [one.kind for one in FULL.patient.fields]
    assert kinds == ["identifier", "text", "text", "text", BIRTH_DATE.kind, GENDER.kind, ACCESS_CODE.kind]
