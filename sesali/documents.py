"""The list of summaries: which ones may be opened, and why there are none. Pure; ITI-38 is its wire.

Source: eHDSI XCA profile; IHE ITI TF-2 3.38.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ehdsi import oids
from ehdsi.cda.datatypes import Identifier
from ehdsi.registry import STATUS_PARTIAL, RegistryError, Severity
from ehdsi.xca_query import DocumentEntry, DocumentList, DocumentPair, DocumentQuery
from sesali.outcomes import Notice, StepRefused, code_for_wire, notice, refused

#: Registry codes that mean "this patient has no summary", whatever severity they come with.
_NOTHING_THERE = frozenset({"1100", "1102", "XDSUnknownPatientId"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The summaries of one patient that may be opened, newest first, and what to tell beside them."""

    country: str
    summaries: tuple[DocumentPair, ...] = field(repr=False)
    notices: tuple[Notice, ...] = ()


def query_for(patient_id: Identifier) -> DocumentQuery:
    """The ITI-38 request for the patient summaries of this patient."""
    return DocumentQuery(patient_id=patient_id)


def judge(answer: DocumentList, patient_id: Identifier, *, country: str, country_name: str,
          home_community: str) -> Listing:
    """Decide which summaries may be opened.

    Parameters
    ----------
    patient_id : the one asked for; an entry of another patient is a security incident.
    home_community : OID of the country asked, without ``urn:oid:``.

    Raises
    ------
    StepRefused : SES-070, 072 refused, SES-073 none, SES-080 cannot answer, SES-082 unusable (entries
        without the ids by which they are fetched, and no others, among it), SES-083 another patient or
        another country, SES-084 the treatment relationship was not accepted.
    """
    _check_owner(answer.entries, patient_id, home_community)
    summaries = tuple(sorted((pair for pair in map(_usable, answer.pairs()) if pair is not None),
                             key=written_at, reverse=True))
    errors = tuple(error for error in answer.errors
                   if error.severity is Severity.ERROR or error.code in _NOTHING_THERE)
    unnamed = any(not entry.unique_id or not entry.repository_unique_id for entry in answer.entries)
    if not summaries:
        if unnamed and not errors:
            # There is something, it only cannot be asked for: to say "no summary" would be untrue, and a list
            # that may be incomplete is one that can be read.
            raise refused("SES-082", detail="ITI-38: entries without the ids they are fetched by")
        raise _refusal(errors, country_name)
    # An error beside documents: the reference implementation lists them all the same. What a country refuses
    # is not opened; only "nothing there", warnings and a partial success leave the list standing.
    grave = tuple(error for error in errors if error.code not in _NOTHING_THERE)
    if grave and answer.status is not None and not answer.status.endswith(":PartialSuccess"):
        raise _refusal(grave, country_name)
    incomplete = bool(answer.errors) or unnamed or answer.status == STATUS_PARTIAL
    return Listing(country=country, summaries=summaries, notices=(notice("SES-074"),) if incomplete else ())


def _check_owner(entries: tuple[DocumentEntry, ...], patient_id: Identifier, home_community: str) -> None:
    for entry in entries:
        if entry.patient_id is not None and not same(entry.patient_id, patient_id):
            raise refused("SES-083", detail="ITI-38 lists a document of another patient")
        if entry.home_community_id and entry.home_community_id != home_community:
            raise refused("SES-083", detail="ITI-38 lists a document of another home community")


def same(one: Identifier, other: Identifier) -> bool:
    """Do two identifiers name the same patient? Blanks around the extension do not count."""
    return (one.root == other.root
            and (one.extension or "").strip() == (other.extension or "").strip())


def _usable(pair: DocumentPair) -> DocumentPair | None:
    """The pair without entries that cannot be fetched or are no patient summary."""
    kept = replace(pair, level3=_fetchable(pair.level3), level1=_fetchable(pair.level1))
    return kept if kept.level3 is not None or kept.level1 is not None else None


def _fetchable(entry: DocumentEntry | None) -> DocumentEntry | None:
    if entry is None or not entry.unique_id or not entry.repository_unique_id:
        return None
    code = entry.class_code
    return None if code is not None and code.code != oids.DOCUMENT_CODE_PATIENT_SUMMARY else entry


def written_at(pair: DocumentPair) -> str:
    """The HL7 time by which a summary is sorted and shown: the structured form's, or else the PDF's."""
    times = (entry.creation_time for entry in (pair.level3, pair.level1) if entry is not None)
    return next(filter(None, times), "")


def _refusal(errors: tuple[RegistryError, ...], country_name: str) -> StepRefused:
    if not errors:
        return refused("SES-073", detail="ITI-38: an empty list")
    codes = tuple(error.code for error in errors)
    code, wire_code = code_for_wire(codes, "documents")
    return refused(code, detail=f"ITI-38: {', '.join(codes)}", wire_code=wire_code, pays=country_name)
