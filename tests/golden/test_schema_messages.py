"""Our schemas of the wire beside the official ones: same verdict on good messages and on broken ones."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

import pytest
from lxml import etree

from ehdsi import search_mask, smp, soap, xca_query, xca_retrieve, xcpd
from ehdsi.rules.schema import FAMILIES, family_of, is_valid, validate
from ehdsi.saml.build import build_unsigned, sign_assertion
from ehdsi.saml.values import AnyAssertion
from ehdsi.xml import XmlElement, serialise
from ehdsi.xml import parse as parse_xml
from tests.reference import reference
from tests.security import hcp, seal, trc
from tests.wire_samples import (
    DOCUMENT_LIST,
    DOCUMENT_QUERY,
    FULL,
    QUERY,
    RETRIEVE,
    RETRIEVED,
    match,
    nobody,
    refusal,
    service_metadata,
)

#: A message of each family, and the official schema of it.
MESSAGES: dict[str, tuple[Callable[[], XmlElement], tuple[str, ...]]] = {
    "question": (lambda: xcpd.build_request(QUERY), ("xcpd", "PRPA_IN201305UV02.xsd")),
    "match": (lambda: xcpd.build_response(match()), ("xcpd", "PRPA_IN201306UV02.xsd")),
    "nobody": (lambda: xcpd.build_response(nobody()), ("xcpd", "PRPA_IN201306UV02.xsd")),
    "refusal": (
        lambda: xcpd.build_response(refusal(sorted(xcpd.ISSUE_CODES)[0])),
        ("xcpd", "PRPA_IN201306UV02.xsd"),
    ),
    "query": (lambda: xca_query.build_request(DOCUMENT_QUERY), ("xca", "query.xsd")),
    "list": (lambda: xca_query.build_response(DOCUMENT_LIST), ("xca", "query.xsd")),
    "retrieve": (lambda: xca_retrieve.build_request(RETRIEVE), ("xca", "IHEXDS.xsd")),
    "retrieved": (lambda: xca_retrieve.build_response(RETRIEVED).element, ("xca", "IHEXDS.xsd")),
    "metadata": (
        lambda: smp.build_service_metadata(service_metadata()),
        ("smp", "bdx-smp-201605.xsd"),
    ),
    "mask": (lambda: search_mask.build_mask(FULL), ("smp", "ehdsi-ism-2023.xsd")),
}

#: Structural attributes whose values we leave open, and free text nobody judges.
_VALUES = ("", "x y", "2020-01-01", "true", "urn:x", "9.9")


def message(name: str) -> XmlElement:
    """A message as it arrives: written and parsed again."""
    return parse_xml(serialise(MESSAGES[name][0]()))


@pytest.mark.parametrize("name", MESSAGES)
def test_what_we_write_is_valid_under_our_schema(name: str) -> None:
    """Builder and schema are written from the same profile and must agree."""
    root = message(name)
    family = family_of(root)
    assert family in FAMILIES
    assert validate(root, family) == ()


def _broken(source: XmlElement, rng: random.Random) -> XmlElement:
    root = copy.deepcopy(source)
    element = rng.choice([node for node in root.iter() if node.getparent() is not None])
    parent = element.getparent()
    match rng.choice(("drop", "double", "swap", "set", "unset", "rename")):
        case "drop":
            parent.remove(element)
        case "double":
            parent.insert(parent.index(element), copy.deepcopy(element))
        case "swap":
            parent.insert(max(parent.index(element) - 1, 0), element)
        case "set":
            element.set(rng.choice(("nullFlavor", "code", "value", "root", "extra")), rng.choice(_VALUES))
        case "unset":
            if element.attrib:
                del element.attrib[rng.choice(list(element.attrib))]
        case "rename":
            element.tag = element.tag.rpartition("}")[0] + "}" + rng.choice(("code", "Slot", "id", "other"))
    return root


@pytest.mark.reference
@pytest.mark.parametrize("name", MESSAGES)
def test_same_verdict_on_broken_messages(name: str) -> None:
    """Of messages broken in one place, ours and the official schema refuse the same ones."""
    official = etree.XMLSchema(file=str(reference("schemas", *MESSAGES[name][1])))
    source, rng = message(name), random.Random(7)
    assert official.validate(source)
    verdicts = []
    for _ in range(80):
        root = _broken(source, rng)
        verdicts.append((is_valid(root, family_of(source) or ""), official.validate(root), root))
    differing = [serialise(root)[:2000] for ours, theirs, root in verdicts if ours != theirs]
    assert len(differing) <= 2, differing[:3]


@pytest.mark.parametrize("values", [hcp, trc])
def test_assertions(values: Callable[[], AnyAssertion]) -> None:
    """A signed assertion of the profile passes; one without signature, or without an end of validity, does
    not."""
    assertion = parse_xml(serialise(sign_assertion(build_unsigned(values()), seal())))
    assert validate(assertion, "saml") == ()
    without_end = copy.deepcopy(assertion)
    conditions = without_end.find("{*}Conditions")
    assert conditions is not None
    del conditions.attrib["NotOnOrAfter"]
    assert not is_valid(without_end, "saml")
    assertion.remove(assertion[1])
    assert not is_valid(assertion, "saml")


def test_envelopes() -> None:
    """Requests and faults as we write them pass; two payloads, or an unknown fault code, do not."""
    assertion = sign_assertion(build_unsigned(hcp()), seal())
    envelope = parse_xml(soap.build_envelope(message("question"), action="urn:a", assertions=[assertion]))
    fault = parse_xml(soap.build_fault(soap.Fault(code="Sender", reason="why")))
    assert validate(envelope, "soap") == () and validate(fault, "soap") == ()
    body = envelope[-1]
    body.append(copy.deepcopy(body[0]))
    assert not is_valid(envelope, "soap")
    next(fault.iter("{*}Value")).text = "env:Nonsense"
    assert not is_valid(fault, "soap")
