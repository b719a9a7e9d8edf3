"""ITI-55: the right patient is found, nobody else is, and the answer says what it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from countries import Persona
from ehdsi import oids, xcpd
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import PeerError
from ehdsi.findings import Finding
from ehdsi.traits import Traits
from ehdsi.xcpd import Outcome
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.deviations import deviation
from onboarding.expect import unreadable
from onboarding.looking import each, of_rules, traces
from onboarding.model import Observation
from onboarding.replies import Reply
from onboarding.stimuli import stranger_id

HL7 = f"{{{oids.NS_HL7}}}"
NEEDS = ("ITI-55",)


def _read(id: str, title: str, *rules: str, level: str = "must") -> None:
    """A check that reports what the reader noticed under these rules, for every ordinary patient."""

    def examine(bench: Bench) -> Iterator[Observation]:
        def look(persona: Persona) -> Iterator[Observation]:
            query = bench.asked(persona).letter.query
            assert query is not None
            answer = bench.discovery(persona)
            findings = (*answer.findings, *xcpd.deviations_from(query, answer))
            left = (one for one in findings if not _promised(bench, persona, one))
            yield from of_rules(left, *rules, where=f"{persona.key} ITI-55")

        yield from each(bench, look)

    check(id=id, title=title, requirement=rules, chapter="xcpd", needs=NEEDS)(examine)


def _promised(bench: Bench, persona: Persona, finding: Finding) -> bool:
    """Does the pack say that the answer will be so? Then it is a policy of the country, not a finding."""
    returned = bench.country.answer_profile.returned
    if finding.rule == "A-XCPD-05" and "country" in finding.message:
        return "address" not in returned
    if finding.rule == "A-XCPD-07" and "birth time" in finding.message:
        found = bench.match(persona).birth_time or ""
        return (found == persona.birth_time and len(found) < 8) or "birth_time" not in returned
    if finding.rule == "A-XCPD-07" and "gender" in finding.message:
        return "gender" not in returned
    if finding.rule == "X-XCPD-14" and "domain" in finding.message:
        return bench.match(persona).identifiers[0] == persona.primary_identifier
    return False


_read("XCPD-CODES", "a match is reported as one: AA and OK", "A-XCPD-01")
_read("XCPD-STRUCTURE", "the answer has the parts of its message type", "A-XCPD-02")
_read("XCPD-ECHO", "the answer repeats message id, query id and parameters", "A-XCPD-03")
_read("XCPD-PARTIES", "sender, receiver and interaction are the right ones", "A-XCPD-04")
_read("XCPD-PATIENT", "identifier, name and address of the patient are complete", "A-XCPD-05")
_read("XCPD-MATCH-PARTS", "match degree and custodian are there", "A-XCPD-06")
_read("XCPD-DEMOGRAPHICS", "birth date and gender are precise codes", "A-XCPD-07")
_read("XCPD-ONE", "a match is exactly one subject", "X-XCPD-13")
_read("XCPD-DOMAIN", "the returned identifier belongs to a domain of the query", "X-XCPD-14")
_read("XCPD-TIME", "creationTime has seconds and a zone", "X-TIM-03")


@check(
    id="XCPD-MATCH",
    title="every patient of the pack is found",
    requirement="A-XCPD-01",
    chapter="xcpd",
    needs=NEEDS,
)
def match(bench: Bench) -> Iterator[Observation]:
    """The traits that the mask asks for lead to exactly one subject."""

    def look(persona: Persona) -> Iterator[Observation]:
        answer, traits = bench.discovery(persona), bench.traits(persona)
        if len(bench.country.find(traits.identifiers, traits)) > 1:
            return  # twins who share a document: PERS-SEVERAL looks at them
        if answer.outcome is not Outcome.MATCH:
            codes = ", ".join(
                [*(str(one.code) for one in answer.issues), *(str(one.code) for one in answer.details)]
            )
            yield Observation(
                what="a patient of the pack is not found",
                where=f"{persona.key} ITI-55",
                expected="one subject",
                got=f"{answer.outcome.value} ({codes or 'no code'})",
                hint="compare the query of the evidence with your index",
            )

    yield from each(bench, look)


@check(
    id="XCPD-CUSTODIAN",
    title="the custodian is the home community of the candidate",
    requirement="A-XCPD-06",
    chapter="xcpd",
    needs=NEEDS,
)
def custodian(bench: Bench) -> Iterator[Observation]:
    """It decides where the documents are asked for."""
    wanted = bench.country.oids.home_community

    def look(persona: Persona) -> Iterator[Observation]:
        found = bench.match(persona).custodian
        if found != wanted:
            yield Observation(
                what="the custodian is another community",
                where=f"{persona.key} ITI-55 custodian",
                expected=wanted,
                got=found or "none",
            )

    yield from each(bench, look)


@check(
    id="XCPD-SAME-PERSON",
    title="the person found is the person of the pack",
    requirement=("X-CON-01", "A-XCPD-05"),
    chapter="xcpd",
    needs=NEEDS,
)
def same_person(bench: Bench) -> Iterator[Observation]:
    """Identifier, birth date and gender are those of the pack, as far as the pack promises them."""

    def look(persona: Persona) -> Iterator[Observation]:
        found, where = bench.match(persona), f"{persona.key} ITI-55 patient"
        profile = bench.country.answer_profile.returned
        if found.identifiers[:1] and found.identifiers[0] not in persona.identifiers:
            yield Observation(
                what="the identifier is not one of this patient",
                where=f"{where}/id",
                expected="an identifier of the pack",
                got="another one",
            )
        if "birth_time" in profile and not _agree(found.birth_time, persona.birth_time):
            yield Observation(
                what="the birth date is not that of this patient",
                where=f"{where}/birthTime",
                expected="the date of the pack",
                got="another one" if found.birth_time else "none",
            )
        if "gender" in profile and found.gender != persona.gender:
            yield Observation(
                what="the gender is not that of this patient",
                expected="the pack's",
                where=f"{where}/administrativeGenderCode",
                got="another one",
            )

    yield from each(bench, look)


def _agree(found: str | None, known: str) -> bool:
    return bool(found) and (str(found).startswith(known) or known.startswith(str(found)))


@check(
    id="XCPD-NAMES",
    title="names are complete, composed (NFC), with their marks",
    requirement="X-XCPD-15",
    chapter="xcpd",
    needs=NEEDS,
)
def names(bench: Bench) -> Iterator[Observation]:
    """Family and given names equal those of the pack, letter by letter, and are not swapped."""
    import unicodedata

    def look(persona: Persona) -> Iterator[Observation]:
        found, where = bench.match(persona), f"{persona.key} ITI-55 patientPerson/name"
        if not found.names:
            return
        shown = found.names[0]
        text = " ".join((*shown.family, *shown.given))
        if unicodedata.normalize("NFC", text) != text:
            yield Observation(what="a name is not in composed form", where=where, expected="NFC", got="NFD")
        if "\ufffd" in text or "Ã" in text or "?" in text:
            yield Observation(
                what="a name is damaged by a wrong encoding",
                where=where,
                expected="UTF-8",
                got="replacement characters",
            )
        wanted = [_words(one.family, one.given) for one in persona.names]
        if _words(shown.family, shown.given) not in wanted:
            swapped = _words(shown.given, shown.family) in wanted
            yield Observation(
                what="a name is not that of the patient",
                where=where,
                expected="the pack's name",
                got="family and given swapped" if swapped else "another spelling or parts",
            )

    yield from each(bench, look)


def _words(family: tuple[str, ...], given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(" ".join(family).split()), tuple(" ".join(given).split())


@check(
    id="XCPD-REPEAT",
    title="the same query gives the same answer",
    requirement="X-XCPD-16",
    chapter="xcpd",
    needs=NEEDS,
)
def repeat(bench: Bench) -> Iterator[Observation]:
    """Five repeats with new message ids find the same patient with the same demographics."""
    first = bench.match(bench.good)
    for _ in range(5):
        found = bench.send(bench.writer.discovery(bench.traits(bench.good))).discovery().patients
        if len(found) != 1 or found[0] != first:
            yield Observation(
                what="a repeated query gives another answer",
                where="ITI-55",
                expected="the same subject",
                got=f"{len(found)} subject(s), others",
            )
            return


@check(
    id="XCPD-UNKNOWN",
    title="an identifier that nobody has finds nobody",
    chapter="xcpd",
    needs=NEEDS,
    requirement=("A-XCPD-08", "N-31", "X-ERR-02", "X-PRIV-01"),
)
def unknown(bench: Bench) -> Iterator[Observation]:
    """AA, NF, ERROR_PI_NO_MATCH, no subject, no issue."""
    traits = bench.traits(bench.good)
    nobody = tuple(stranger_id(one) for one in traits.identifiers)
    yield from nobody_found(bench, replace(traits, identifiers=nobody), strictly=True)


def nobody_found(bench: Bench, traits: Traits, *, strictly: bool = False) -> Iterator[Observation]:
    """What is wrong with the answer to a search that must find nobody; ``strictly``: not found, no error."""
    reply = bench.send(bench.writer.discovery(traits))
    try:
        answer = reply.discovery()
    except PeerError as error:
        yield unreadable(reply, error)
        return
    where = "ITI-55 answer"
    if answer.patients:
        yield Observation(
            what="a search that must find nobody returns a person",
            where=where,
            expected="no subject",
            got=f"{len(answer.patients)} subject(s)",
            hint="all traits of a query have to agree",
        )
        return
    if any(one.code is None for one in answer.issues):
        yield deviation(
            "xcpd-reason-lost", where="ITI-55 reasonOf/detectedIssueEvent", expected="a code", got="none"
        )
    if strictly:
        yield from _not_found(answer)
    elif not answer.issues and not answer.details and answer.query_response_code != "NF":
        yield Observation(
            what="the answer gives no reason",
            where=where,
            expected="a code",
            got="none",
            clause="eHDSI XCPD 2.1",
        )
    yield from traces(_without_echo(reply), bench, *bench.country.personas)
    if any(re.search(r"\b(?:19|20)\d{6}\b", one.text or "") for one in answer.details):
        yield Observation(
            what="the words of an answer hold a date of birth",
            where="ITI-55 acknowledgementDetail/text",
            expected="no personal data",
            got="a date",
            clause="GDPR art. 5",
        )


def _not_found(answer: xcpd.DiscoveryAnswer) -> Iterator[Observation]:
    if answer.query_response_code == "AE" and answer.acknowledgement == "AA":
        yield deviation("xcpd-ae-on-no-match", where="ITI-55 queryResponseCode", expected="NF", got="AE")
    elif (answer.acknowledgement, answer.query_response_code) != ("AA", "NF"):
        yield Observation(
            what="nobody found is not reported as such",
            where="ITI-55 queryAck",
            expected="AA and NF",
            clause="IHE ITI-55 3.55.4.2.2.4",
            got=f"{answer.acknowledgement} and {answer.query_response_code}",
        )
    codes = [one.code for one in answer.details]
    if "ERROR_PI_NO_MATCH" not in codes:
        yield Observation(
            what="the answer lacks the code of a search without result",
            where="ITI-55 acknowledgementDetail/code",
            expected="ERROR_PI_NO_MATCH",
            got=", ".join(map(str, codes)) or "none",
            clause="eHDSI error codes",
        )
    if any(one.location == "NF" for one in answer.details):
        yield deviation(
            "xcpd-nf-in-location", where="ITI-55 acknowledgementDetail/location", expected="none", got="NF"
        )
    if any(one.code == "AnswerNotAvailable" for one in answer.issues):
        yield deviation(
            "xcpd-no-match-as-issue", where="ITI-55 reasonOf", expected="no issue", got="AnswerNotAvailable"
        )
    elif answer.issues:
        yield Observation(
            what="nobody found is reported as a refusal",
            where="ITI-55 reasonOf",
            expected="no issue",
            got=", ".join(str(one.code) for one in answer.issues),
        )


def _without_echo(reply: Reply) -> bytes:
    start, end = reply.content.find(b"queryByParameter"), reply.content.rfind(b"queryByParameter")
    return reply.content[:start] + reply.content[end:] if 0 <= start < end else reply.content


@check(
    id="XCPD-ERROR-FORM",
    title="errors have an issue with code and system, and a coded detail",
    chapter="xcpd",
    requirement=("A-XCPD-12", "A-ERR-01"),
    needs=NEEDS,
)
def error_form(bench: Bench) -> Iterator[Observation]:
    """The structure of a refusal, looked at in a refusal that every NCP gives: another receiver."""
    reply = bench.send(bench.writer.discovery(bench.traits(bench.good), receiver="2.999.1"))
    answer = reply.discovery()
    yield from of_rules(answer.findings, "A-XCPD-12", "A-ERR-01", where="ITI-55")
    if not answer.details or not all(one.code and one.text for one in answer.details):
        yield Observation(
            what="a refusal has no detail with code and text",
            expected="code and text",
            where="ITI-55 acknowledgement/acknowledgementDetail",
            got="less",
            clause="eHDSI XCPD 2.1",
        )
    if not answer.issues and not answer.patients:
        yield Observation(
            what="a refusal has no detected issue",
            where="ITI-55 reasonOf",
            expected="detectedIssueEvent",
            got="none",
            clause="IHE ITI-55 3.55.4.2.2.6",
        )


@check(
    id="XCPD-SENDER-AGENT",
    title="the sender names the organisation that it represents",
    chapter="xcpd",
    requirement="A-XCPD-04",
    level="should",
    needs=NEEDS,
)
def sender_agent(bench: Bench) -> Iterator[Observation]:
    """sender/device/asAgent/representedOrganization is there."""
    agent = bench.asked(bench.good).reply.payload.find(f"{HL7}sender/{HL7}device/{HL7}asAgent")
    if agent is None:
        yield deviation(
            "xcpd-sender-without-agent",
            where="ITI-55 sender/device",
            expected="asAgent",
            got="none",
            clause="eHDSI XCPD 2.1",
        )


@check(
    id="XCPD-ROUND-TRIP",
    title="the returned identifier finds the patient again, and their documents",
    chapter="xcpd",
    requirement="X-XCPD-14",
    needs=("ITI-55", "ITI-38"),
)
def round_trip(bench: Bench) -> Iterator[Observation]:
    """What ITI-55 returned can be used unchanged in the TRC assertion and in ITI-38."""

    def look(persona: Persona) -> Iterator[Observation]:
        found = bench.match(persona)
        reply = bench.send(bench.writer.query(found.identifiers[0]))
        codes = [error.code for error in reply.listing().errors]
        if {"XDSUnknownPatientId", "XDSRegistryError", "4206"} & set(codes):
            yield Observation(
                what="the identifier of ITI-55 is not known in ITI-38",
                expected="a list",
                where=f"{persona.key} ITI-38",
                got=", ".join(codes),
            )

    yield from each(bench, look)


@check(
    id="XCPD-BLANKS",
    title="blanks around a typed identifier do no harm",
    chapter="xcpd",
    level="should",
    requirement="X-XCPD-14",
    needs=NEEDS,
)
def blanks(bench: Bench) -> Iterator[Observation]:
    """People type blanks; the national index should trim them."""
    traits = bench.traits(bench.good)
    padded = tuple(Identifier(root=one.root, extension=f" {one.extension} ") for one in traits.identifiers)
    if not bench.send(bench.writer.discovery(replace(traits, identifiers=padded))).discovery().patients:
        yield Observation(
            what="an identifier with blanks around it is not found",
            where="ITI-55",
            expected="a match",
            got="none",
            severity="warning",
        )


@check(
    id="XCPD-DISTINCT",
    title="two patients are two persons",
    chapter="xcpd",
    requirement="X-CON-01",
    needs=NEEDS,
)
def distinct(bench: Bench) -> Iterator[Observation]:
    """No two patients of the pack get the same identifier back."""
    found = [
        bench.match(one).identifiers[0]
        for one in bench.personas("ok")
        if bench.discovery(one).patients and bench.match(one).identifiers
    ]
    ordered = sorted(f"{one.root} {one.extension}" for one in found)
    if any(left == right for left, right in pairwise(ordered)):
        yield Observation(
            what="two patients are answered with the same identifier",
            where="ITI-55 patient/id",
            expected="one identifier each",
            got="the same one",
            clause="eHDSI XCPD 2.1",
        )
