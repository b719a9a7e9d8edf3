"""Is an assertion built as the SAML schema has it: which children, in which order, with which attributes?

A small table instead of a schema file, because this runs on every request. It is as strict as the schema for
what the profile uses and refuses what the profile has no use for (encrypted parts, authorisation decisions).

Source: SAML 2.0 core, section 2, and its schema ``saml-schema-assertion-2.0.xsd``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ehdsi.oids import NS_DS, NS_SAML
from ehdsi.saml import vocabulary as words
from ehdsi.saml.read import kind_of, parse_time
from ehdsi.saml.rules import broken
from ehdsi.saml.vocabulary import Kind, Transaction
from ehdsi.xml import XmlElement, path_of

_SAML = f"{{{NS_SAML}}}"
_NC_NAME = re.compile(r"[^\W\d][\w.\-]*")


@dataclass(frozen=True, slots=True)
class _Model:
    """Content of one element: a pattern over the names of its children, each followed by a space."""

    children: re.Pattern[str]
    required: frozenset[str]
    allowed: frozenset[str]


def _model(children: str, required: str = "", optional: str = "") -> _Model:
    needed = frozenset(required.split())
    return _Model(re.compile(children), needed, needed | frozenset(optional.split()))


_BY_NAME: Mapping[str, _Model] = MappingProxyType({
    "Assertion": _model(r"Issuer (ds:Signature )?(Subject )?(Conditions )?(Advice )?"
                        r"((AuthnStatement |AttributeStatement )*)", "ID Version IssueInstant"),
    "Issuer": _model("", "", "NameQualifier SPNameQualifier Format SPProvidedID"),
    "Subject": _model(r"(NameID )(SubjectConfirmation )*|(SubjectConfirmation )+"),
    "NameID": _model("", "", "NameQualifier SPNameQualifier Format SPProvidedID"),
    "SubjectConfirmation": _model(r"(NameID )?(SubjectConfirmationData )?", "Method"),
    "Conditions": _model(r"(AudienceRestriction |OneTimeUse |ProxyRestriction )*", "",
                         "NotBefore NotOnOrAfter"),
    "AudienceRestriction": _model(r"(Audience )+"),
    "Audience": _model(""), "OneTimeUse": _model(""),
    "ProxyRestriction": _model(r"(Audience )*", "", "Count"),
    "Advice": _model(r"(AssertionIDRef |AssertionURIRef )*"),
    "AssertionIDRef": _model(""), "AssertionURIRef": _model(""),
    "AuthnStatement": _model(r"(SubjectLocality )?AuthnContext ", "AuthnInstant",
                             "SessionIndex SessionNotOnOrAfter"),
    "SubjectLocality": _model("", "", "Address DNSName"),
    "AuthnContext": _model(r"AuthnContextClassRef (AuthnContextDeclRef )?(AuthenticatingAuthority )*"),
    "AuthnContextClassRef": _model(""), "AuthnContextDeclRef": _model(""),
    "AuthenticatingAuthority": _model(""),
    "AttributeStatement": _model(r"(Attribute )+"),
    "Attribute": _model(r"(AttributeValue )*", "Name", "NameFormat FriendlyName"),
})
#: Elements whose content is free.
_OPEN = frozenset({"AttributeValue", "SubjectConfirmationData"})

#: The same by the names that lxml gives, because this runs on every request.
_MODELS = {f"{_SAML}{name}": model for name, model in _BY_NAME.items()}
_OPEN_TAGS = frozenset(f"{_SAML}{name}" for name in _OPEN)
_WORDS = {f"{_SAML}{name}": f"{name} " for name in (*_BY_NAME, *_OPEN)}
_WORDS[f"{{{NS_DS}}}Signature"] = "ds:Signature "
#: An element with more children and attributes than this is not remembered: nobody shall fill the memory.
_MOST_REMEMBERED = 32
_TIMES = frozenset({"IssueInstant", "NotBefore", "NotOnOrAfter", "AuthnInstant", "SessionNotOnOrAfter"})


def check_structure(assertion: XmlElement, *, transaction: Transaction = Transaction.XCA_QUERY) -> None:
    """Refuse an assertion that is not valid under the SAML schema.

    Parameters
    ----------
    assertion : as received, or as signed; the build of the signature itself is ``ehdsi.dsig``'s matter.
    transaction : decides the code: ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED for ITI-55, 4703 for ITI-38 and 39.

    Raises
    ------
    BrokenRule : rule ``structure``, naming the element.
    """
    kind = kind_of(assertion) or "hcp"
    if assertion.tag != f"{_SAML}Assertion":
        raise _not_valid(assertion, kind, transaction, "another root element")
    _check(assertion, kind, transaction)
    if not _NC_NAME.fullmatch(assertion.get("ID", "")):
        raise _not_valid(assertion, kind, transaction, "an ID that is no NCName")


def _check(element: XmlElement, kind: Kind, transaction: Transaction) -> None:
    children = list(element)
    tags = tuple([child.tag for child in children])
    names = tuple(element.keys())
    fits = _fits if len(tags) + len(names) <= _MOST_REMEMBERED else _fits.__wrapped__
    got = fits(element.tag, tags, names)
    if got:
        raise _not_valid(element, kind, transaction, got)
    for attribute in names:
        if attribute in _TIMES and parse_time(element.get(attribute, "")) is None:
            raise _not_valid(element, kind, transaction, f"@{attribute} is no dateTime")
    for child, tag in zip(children, tags, strict=True):
        if tag.startswith(_SAML) and tag not in _OPEN_TAGS:
            _check(child, kind, transaction)


@lru_cache(maxsize=512)
def _fits(element: str, children: tuple[str, ...], attributes: tuple[str, ...]) -> str:
    """What is wrong with the names of an element's children and attributes; nothing when they fit.

    Remembered, because the assertions of a partner all have the same build.
    """
    model = _MODELS.get(element)
    if model is None:
        return "an element that has no place here"
    if not model.children.fullmatch("".join([_WORDS.get(tag, "foreign ") for tag in children])):
        return f"children {' '.join(map(_name_of, children))[:120] or 'none'}"
    names = {name for name in attributes if name[0] != "{"}
    if not model.required <= names <= model.allowed:
        return "an attribute is missing, or has no place here"
    return ""


def _name_of(tag: str) -> str:
    if tag.startswith(_SAML):
        return tag[len(_SAML):]
    return "ds:Signature" if tag == f"{{{NS_DS}}}Signature" else "foreign"


def _not_valid(element: XmlElement, kind: Kind, transaction: Transaction, got: str) -> Exception:
    code = words.ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED if transaction is Transaction.XCPD else ""
    return broken("structure", kind=kind, got=got, where=path_of(element), code=code)
