"""What a refusal must look like at each transaction, as observations where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ehdsi.errors import PeerError
from ehdsi.registry import STATUS_FAILURE, STATUS_PARTIAL, STATUS_SUCCESS, RegistryError
from onboarding.deviations import deviation
from onboarding.model import Observation
from onboarding.replies import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How a request must be refused.

    Attributes
    ----------
    codes : wire codes of which one is expected.
    issue : code of the detected issue in ITI-55; empty: any.
    clause : the rule that the request breaks.
    known : what came -> the name of the known deviation that it is. Keys: ``served`` (answered as if nothing
        were wrong), ``fault``, ``code:<code>``, ``continued`` (refused, yet something was listed).
    """

    codes: tuple[str, ...]
    issue: str = "InsufficientRights"
    clause: str = ""
    known: dict[str, str] = field(default_factory=dict)


def refused(reply: Reply, wanted: Refusal) -> Iterator[Observation]:
    """What is wrong with the answer to a request that had to be refused; nothing when it is right."""
    if reply.fault is not None:
        yield _fault(reply, wanted)
        return
    judge = {"ITI-55": _discovery, "ITI-38": _listing, "ITI-39": _retrieval}[reply.step]
    try:
        yield from judge(reply, wanted)
    except PeerError as error:
        yield unreadable(reply, error)


def unreadable(reply: Reply, error: PeerError) -> Observation:
    """The observation that an answer cannot be read at all."""
    return Observation(
        what=f"the answer cannot be read: {error.what}",
        where=error.where,
        expected=error.expected or "a coded answer",
        got=error.got or f"HTTP {reply.status}, {reply.header('content-type')[:60]}",
        clause=error.clause,
        hint=error.hint,
        line=error.line,
    )


def _fault(reply: Reply, wanted: Refusal) -> Observation:
    assert reply.fault is not None
    if "fault" in wanted.known:
        return deviation(
            wanted.known["fault"],
            where=f"{reply.step} /Envelope/Body/Fault",
            expected=_or(wanted.codes),
            got=f"SOAP Fault {reply.fault.code}",
            clause=wanted.clause,
        )
    return Observation(
        what="the request was refused with a SOAP Fault instead of a coded answer",
        where=f"{reply.step} /Envelope/Body",
        expected=_or(wanted.codes),
        got=f"SOAP Fault {reply.fault.code}",
        clause=wanted.clause,
        severity="warning",
    )


def served(step: str, what: str, wanted: Refusal) -> Observation:
    """The observation that a request was answered although it had to be refused."""
    if "served" in wanted.known:
        return deviation(
            wanted.known["served"], where=step, expected=_or(wanted.codes), got=what, clause=wanted.clause
        )
    return Observation(
        what="a request that must be refused was answered",
        where=step,
        expected=f"a refusal: {_or(wanted.codes)}",
        got=what,
        clause=wanted.clause,
        hint="refuse the request before anything about the patient is looked up",
    )


def _discovery(reply: Reply, wanted: Refusal) -> Iterator[Observation]:
    answer = reply.discovery()
    if answer.patients:
        yield served(reply.step, f"{len(answer.patients)} patient(s)", wanted)
        return
    if answer.acknowledgement != "AE":
        yield Observation(
            what="a refusal is not marked as an error",
            got=answer.acknowledgement,
            where="ITI-55 acknowledgement/typeCode",
            expected="AE",
            clause=wanted.clause,
            severity="warning",
        )
    codes = tuple(one.code or "" for one in answer.details)
    yield from _codes("ITI-55 acknowledgementDetail/code", codes, wanted)
    if wanted.issue:
        yield from _issue(tuple(one.code for one in answer.issues), codes, wanted)


def _issue(issues: tuple[str | None, ...], codes: tuple[str, ...], wanted: Refusal) -> Iterator[Observation]:
    where = "ITI-55 reasonOf/detectedIssueEvent"
    if None in issues:
        yield deviation("xcpd-reason-lost", where=where, expected=wanted.issue, got="an event without a code")
    elif wanted.issue not in issues and not _explained(codes, wanted):
        yield Observation(
            what="the detected issue names another reason",
            where=where,
            expected=wanted.issue,
            got=", ".join(str(one) for one in issues) or "none",
            clause="eHDSI XCPD 2.1",
            severity="warning",
        )


def _explained(codes: tuple[str, ...], wanted: Refusal) -> bool:
    """Is the difference already reported as a known deviation?"""
    return any(f"code:{code}" in wanted.known for code in codes)


def _listing(reply: Reply, wanted: Refusal) -> Iterator[Observation]:
    answer = reply.listing()
    if answer.entries and not answer.errors:
        yield served("ITI-38", f"{len(answer.entries)} document(s) listed", wanted)
        return
    if answer.entries:
        name = wanted.known.get("continued", "query-continues-after-refusal")
        yield deviation(
            name,
            where="ITI-38 RegistryObjectList",
            expected="an empty list",
            got=f"{len(answer.entries)} document(s)",
        )
    codes = tuple(error.code for error in answer.errors)
    yield from _codes("ITI-38 RegistryError/@errorCode", codes, wanted)
    if answer.status != STATUS_FAILURE:
        if answer.status == STATUS_SUCCESS and answer.errors and not _explained(codes, wanted):
            yield deviation("query-status-success", where="ITI-38 @status", expected="Failure", got="Success")
        elif not answer.errors:
            yield Observation(
                what="the refusal is an empty list, as if the patient had no document",
                where="ITI-38",
                expected=_or(wanted.codes),
                got="an empty list without an error",
                clause=wanted.clause,
            )
    yield from highest(reply, answer.errors)


def _retrieval(reply: Reply, wanted: Refusal) -> Iterator[Observation]:
    answer = reply.retrieved()
    if answer.documents:
        yield served("ITI-39", f"{len(answer.documents)} document(s)", wanted)
        return
    codes = tuple(error.code for error in answer.errors)
    yield from _codes("ITI-39 RegistryError/@errorCode", codes, wanted)
    if answer.status == STATUS_PARTIAL:
        yield deviation(
            "retrieve-partial-without-document",
            where="ITI-39 RegistryResponse/@status",
            expected="Failure",
            got="PartialSuccess",
        )
    elif answer.status != STATUS_FAILURE:
        yield Observation(
            what="the status does not say that nothing came",
            expected="Failure",
            where="ITI-39 RegistryResponse/@status",
            got=str(answer.status)[-20:],
            clause="IHE ITI TF-3 4.2.4.2",
        )
    if "XDSMissingDocument" in codes and any("ERROR_GENERIC" in one.context for one in answer.errors):
        yield deviation(
            "retrieve-codes-in-context",
            where="ITI-39 RegistryError/@codeContext",
            expected="a text for people",
            got="ERROR_GENERIC_DOCUMENT_MISSING",
        )
    yield from highest(reply, answer.errors)


def highest(reply: Reply, errors: tuple[RegistryError, ...]) -> Iterator[Observation]:
    """An error list must say how bad its worst error is."""
    lists = [one for one in reply.payload.iter() if str(one.tag).endswith("}RegistryErrorList")]
    if errors and lists and not lists[0].get("highestSeverity"):
        yield deviation(
            "registry-no-highest-severity",
            where=f"{reply.step} RegistryErrorList",
            expected="@highestSeverity",
            got="none",
            clause="ebXML RegRep 3.0, rs.xsd",
        )


def _codes(where: str, codes: tuple[str, ...], wanted: Refusal) -> Iterator[Observation]:
    """Is one of the wanted codes there? A known other one is reported by name."""
    if not wanted.codes or set(codes) & set(wanted.codes):
        return
    for code in codes:
        name = wanted.known.get(f"code:{code}")
        if name:
            yield deviation(name, where=where, expected=_or(wanted.codes), got=code, clause=wanted.clause)
            return
    what = "the refusal carries another code" if codes else "the refusal carries no code"
    yield Observation(
        what=what,
        where=where,
        expected=_or(wanted.codes),
        got=", ".join(codes)[:120] or "none",
        clause=wanted.clause or "eHDSI error codes",
        severity="warning" if codes else "error",
    )


def _or(codes: tuple[str, ...]) -> str:
    return " or ".join(codes) or "a refusal"
