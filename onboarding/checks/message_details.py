"""Details of answers that readers forgive, and requests a little out of the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from countries import Persona
from ehdsi import error_codes, oids
from ehdsi.errors import TransportFailure
from onboarding.bench import Bench, lenient_context
from onboarding.catalogue import check
from onboarding.checks.saml_acceptance import accepted
from onboarding.letters import STEPS, Step, Twist
from onboarding.looking import each, of_rules
from onboarding.model import Observation, Omit
from onboarding.stimuli import letter

HL7 = f"{{{oids.NS_HL7}}}"
RIM = f"{{{oids.NS_RIM}}}"

#: Children of a person in the order of the message type.
PERSON = (
    "id", "name", "desc", "telecom", "administrativeGenderCode", "birthTime", "deceasedInd", "deceasedTime",
    "multipleBirthInd", "multipleBirthOrderNumber", "organDonorInd", "addr", "maritalStatusCode",
    "educationLevelCode", "disabilityCode", "livingArrangementCode", "religiousAffiliationCode", "raceCode",
    "ethnicGroupCode", "asOtherIDs", "asMember", "asEmployee", "asCitizen", "asStudent",
    "personalRelationship", "careGiver", "guardian", "contactParty", "birthPlace", "languageCommunication",
)  # fmt: skip

#: Identifications in a row that nobody may notice.
MANY = 60


@check(
    id="XCPD-ORDER",
    title="the parts of a person stand in the order of the message type",
    requirement="A-XCPD-02",
    chapter="xcpd",
    needs=("ITI-55",),
)
def order(bench: Bench) -> Iterator[Observation]:
    """Strict readers stop at the first part that comes too late."""

    def look(persona: Persona) -> Iterator[Observation]:
        for person in bench.asked(persona).reply.payload.iter(f"{HL7}patientPerson"):
            names = [str(one.tag).rpartition("}")[2] for one in person.iterchildren("*")]
            places = [PERSON.index(name) for name in names if name in PERSON]
            if places != sorted(places):
                yield Observation(
                    what="the parts of a person stand in another order",
                    where=f"{persona.key} ITI-55 patientPerson",
                    expected="name, gender, birthTime, addr …",
                    got=", ".join(names)[:100],
                    clause="HL7 v3 PRPA_MT201310UV02",
                )

    yield from each(bench, look)


@check(
    id="XCPD-EMPTY",
    title="what is not known is left out, or has a null flavour",
    requirement="A-XCPD-02",
    chapter="xcpd",
    level="should",
    needs=("ITI-55",),
)
def empty(bench: Bench) -> Iterator[Observation]:
    """No element of a person is without content, attributes and children."""

    def look(persona: Persona) -> Iterator[Observation]:
        for person in bench.asked(persona).reply.payload.iter(f"{HL7}patientPerson"):
            for node in person.iter("*"):
                if not len(node) and not node.attrib and not (node.text or "").strip():
                    yield Observation(
                        what="an element is empty",
                        where=f"{persona.key} ITI-55 {str(node.tag).rpartition('}')[2]}",
                        expected="a value, a null flavour, or no element",
                        got="nothing",
                        clause="HL7 v3 data types, ANY",
                    )

    yield from each(bench, look)


@check(
    id="XCPD-NAME-USE",
    title="of several names each says what it is for",
    requirement="X-XCPD-15",
    chapter="xcpd",
    level="should",
    needs=("ITI-55",),
)
def name_use(bench: Bench) -> Iterator[Observation]:
    """Two names need ``use``, and two different ones."""

    def look(persona: Persona) -> Iterator[Observation]:
        for person in bench.asked(persona).reply.payload.iter(f"{HL7}patientPerson"):
            uses = [one.get("use", "") for one in person.iterfind(f"{HL7}name")]
            if len(uses) > 1 and len(set(uses)) < len(uses):
                yield Observation(
                    what="several names do not say what they are for",
                    where=f"{persona.key} ITI-55 patientPerson/name/@use",
                    expected="a different use for each",
                    got=", ".join(one or "none" for one in uses),
                )

    yield from each(bench, look)


@check(
    id="XCPD-DECEASED",
    title="a death that the country knows is told",
    requirement="X-SEM-04",
    chapter="xcpd",
    level="should",
    needs=("ITI-55",),
)
def deceased(bench: Bench) -> Iterator[Observation]:
    """Where the pack says that deaths are told, those of its patients are."""
    dead = [one for one in bench.country.personas if one.deceased_time]
    if not dead or not bench.country.answer_profile.deceased:
        raise Omit("the pack tells of no death")
    for persona in dead:
        found = bench.discovery(persona).patients
        if found and not found[0].deceased and not found[0].deceased_time:
            yield Observation(
                what="the answer does not say that the person has died",
                where=f"{persona.key} ITI-55 deceasedTime",
                expected="the time, or deceasedInd",
                got="neither",
            )


def _found_as(bench: Bench, what: str, **forms: str) -> Iterator[Observation]:
    """Is the canary found under identifiers in another form?"""
    traits = bench.traits(bench.good)
    changed = tuple(
        replace(one, extension=forms.get(one.extension or "", one.extension)) for one in traits.identifiers
    )
    if not bench.send(bench.writer.discovery(replace(traits, identifiers=changed))).discovery().patients:
        yield Observation(what=what, where="ITI-55", expected="a match", got="none")


@check(
    id="XCPD-LETTERS",
    title="identifiers typed in small letters are found",
    requirement=("X-XCPD-14", "X-ISM-03"),
    chapter="xcpd",
    level="should",
    needs=("ITI-55",),
)
def letters(bench: Bench) -> Iterator[Observation]:
    """People do not hold the shift key."""
    small = {one.extension: one.extension.lower() for one in bench.traits(bench.good).identifiers
             if one.extension and one.extension.lower() != one.extension}  # fmt: skip
    if not small:
        raise Omit("identifiers of this country have no letters")
    yield from _found_as(bench, "an identifier in small letters is not found", **small)


@check(
    id="XCPD-TRIMMED",
    title="a blank behind an identifier is ignored",
    requirement="X-XCPD-14",
    chapter="xcpd",
    level="should",
    needs=("ITI-55",),
)
def trimmed(bench: Bench) -> Iterator[Observation]:
    """It comes along when a number is copied."""
    padded = {one.extension: f"{one.extension} " for one in bench.traits(bench.good).identifiers
              if one.extension}  # fmt: skip
    yield from _found_as(bench, "an identifier with a blank behind it is not found", **padded)


@check(
    id="XCPD-ERROR-CODE",
    title="errors carry codes of the network",
    requirement=("A-XCPD-12", "A-ERR-01"),
    chapter="xcpd",
    needs=("ITI-55",),
)
def error_code(bench: Bench) -> Iterator[Observation]:
    """Codes of the catalogue, in a refusal that every NCP gives: another receiver."""
    answer = bench.send(bench.writer.discovery(bench.traits(bench.good), receiver="2.999.1")).discovery()
    for one in answer.details:
        if one.code and error_codes.lookup(one.code) is None:
            yield Observation(
                what="an error carries a code that the network does not know",
                where="ITI-55 acknowledgementDetail/code",
                expected="a code of the catalogue",
                got=one.code[:40],
                clause="eHDSI error codes",
            )


@check(
    id="LIST-ERROR-FORM",
    title="a refused query has errors with code, text and severity, and a list",
    requirement=("A-ERR-01", "A-XCA-07"),
    chapter="list",
    needs=("ITI-38",),
)
def list_errors(bench: Bench) -> Iterator[Observation]:
    """The form of a refusal that every NCP gives: an assertion for somebody else."""
    patient = bench.patient(bench.good)
    twist = Twist(hcp={"audiences": ("urn:example:other",)})
    sent = bench.writer.query(patient, assertions=bench.writer.assertions("ITI-38", patient, twist))
    yield from of_rules(bench.send(sent).listing().findings, "A-ERR-01", "A-XCA-07", where="ITI-38 refusal")


@check(
    id="LIST-OBJECT-TYPES",
    title="classifications and external identifiers say what they are",
    requirement="A-XCA-02",
    chapter="list",
    level="should",
    needs=("ITI-38",),
)
def object_types(bench: Bench) -> Iterator[Observation]:
    """IHE fixes ``objectType`` for both."""
    for name in ("Classification", "ExternalIdentifier"):
        nodes = list(bench.listed(bench.good).reply.payload.iter(f"{RIM}{name}"))
        if any(not one.get("objectType") for one in nodes):
            yield Observation(
                what="the object type is missing",
                where=f"ITI-38 {name}/@objectType",
                expected=f"urn:oasis:…:RegistryObject:{name}",
                got="none",
                clause="IHE ITI TF-3 4.2.3",
            )


@check(
    id="RET-FEW-ERRORS",
    title="a document does not come with hundreds of messages",
    requirement=("X-TIM-01", "A-ERR-01"),
    chapter="retrieve",
    level="should",
    needs=("ITI-39",),
)
def few_errors(bench: Bench) -> Iterator[Observation]:
    """Nobody reads them, and they take longer than the document."""
    count = len(bench.retrieved(bench.good, max(bench.country.documents.levels)).reply.retrieved().errors)
    if count > 100:
        yield Observation(
            what="a retrieve returns very many messages",
            where="ITI-39 RegistryErrorList",
            expected="up to 100",
            got=str(count),
        )


@check(
    id="ROB-MESSAGE-ID",
    title="message ids in capitals are taken",
    requirement="X-BEH-01",
    chapter="robustness",
    level="should",
    needs=("ITI-38",),
)
def message_id(bench: Bench) -> Iterator[Observation]:
    """A UUID may be written in either case."""
    sent = letter(bench, "ITI-38")
    prefix, _, uuid = sent.message_id.rpartition(":")
    yield from accepted(bench.send(replace(sent, message_id=f"{prefix}:{uuid.upper()}")))


@check(
    id="ROB-EXPECT",
    title="a request that waits to be told to go on is served",
    requirement=("X-BEH-01", "X-HTTP-03"),
    chapter="robustness",
    level="should",
    needs=("ITI-39",),
)
def expect(bench: Bench) -> Iterator[Observation]:
    """``Expect: 100-continue``, as some clients send it with every large request."""
    import httpx

    sent = letter(bench, "ITI-39")
    headers = {"Content-Type": sent.content_type, "Expect": "100-continue"}
    context = lenient_context(bench.target)
    with httpx.Client(verify=context, timeout=bench.limits.read, trust_env=False) as one:
        try:
            got = f"HTTP {one.post(bench.url('ITI-39'), content=sent.octets(), headers=headers).status_code}"
        except httpx.TransportError as error:
            got = type(error).__name__
    if got != "HTTP 200":
        yield Observation(
            what="a request with Expect is not served",
            where="ITI-39 HTTP",
            expected="HTTP 200",
            got=got,
            clause="RFC 9110, 10.1.1",
        )


def _version(step: Step) -> None:
    @check(
        id=f"HTTP-VERSION-{step}",
        title=f"answers are HTTP 1.1 or later ({step})",
        requirement="X-HTTP-01",
        chapter="soap",
        level="should",
        needs=(step,),
    )
    def version(bench: Bench) -> Iterator[Observation]:
        """In 1.0 only the end of the connection tells where an answer ends."""
        import httpx

        sent = letter(bench, step)
        with httpx.Client(
            verify=lenient_context(bench.target), timeout=bench.limits.read, trust_env=False
        ) as one:
            try:
                got = one.post(
                    bench.url(step), content=sent.octets(), headers={"Content-Type": sent.content_type}
                ).http_version
            except httpx.TransportError as error:
                got = type(error).__name__
        if got not in ("HTTP/1.1", "HTTP/2", "HTTP/3"):
            yield Observation(
                what="the answer comes in an old version of HTTP",
                where=f"{step} HTTP",
                expected="HTTP/1.1",
                got=got,
                clause="RFC 9112, 2.3",
            )


for _step in STEPS:
    _version(_step)


@check(
    id="ROB-MANY",
    title="sixty identifications in a row are all answered, and in time",
    requirement=("X-LOAD-01", "X-ERR-02", "X-TIM-02"),
    chapter="robustness",
    needs=("ITI-55",),
    alone=True,
)
def many(bench: Bench) -> Iterator[Observation]:
    """Eight at a time; who is throttled has to be told so, and not that nobody was found."""
    first = bench.match(bench.good)

    def ask(_: int) -> str:
        try:
            reply = bench.send(bench.writer.discovery(bench.traits(bench.good)))
        except TransportFailure as failure:
            return f"no answer ({failure.kind})"
        found = reply.discovery().patients
        if found != (first,):
            return "another person" if found else "nobody found"
        return "" if reply.seconds <= 10 else f"{reply.seconds:.0f} s"

    with ThreadPoolExecutor(8) as pool:
        wrong = [one for one in pool.map(ask, range(MANY)) if one]
    if wrong:
        yield Observation(
            what="of many equal queries some are answered differently",
            where="ITI-55",
            expected=f"{MANY} equal answers, each within 10 s",
            got=f"{len(wrong)} times: {wrong[0]}",
            hint="answer with a code when you throttle; look for state that requests share",
        )
