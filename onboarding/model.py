"""The values of an examination: checks, observations, verdicts, and the report that the dossier prints.

A *check* looks at one thing and yields *observations*: none means pass. The verdict follows from them:
``fail`` blames the candidate, ``error`` blames us, ``skip`` says that something before it was not there,
``omit`` that the question does not arise for this candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from ehdsi.errors import EhdsiError

if TYPE_CHECKING:
    from onboarding.bench import Bench

Verdict = Literal["pass", "fail", "warn", "skip", "omit", "error"]

#: All verdicts, worst first.
VERDICTS: tuple[Verdict, ...] = ("error", "fail", "warn", "skip", "omit", "pass")

#: How much a check weighs: a must can fail, a should can warn. What could do neither would be no check.
Level = Literal["must", "should"]


class Skip(EhdsiError):
    """Raised in a check: it could not look, because something that it needs is not there."""


class Omit(EhdsiError):
    """Raised in a check: the question does not arise for this candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing that is not as it should be.

    Attributes
    ----------
    what : one sentence, without identity traits and without clinical content.
    where : message and XPath, file and key, header name.
    expected, got : short texts.
    clause : the rule it breaks; the requirement's clause when empty.
    hint : what the candidate's engineers should do.
    severity : ``error`` fails a check of level must; ``warning`` never does more than warn.
    deviation : name of a known deviation of the reference implementation, where this is one.
    line : line in the message or file, 0 when unknown.
    """

    what: str
    where: str = ""
    expected: str = ""
    got: str = ""
    clause: str = ""
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    deviation: str = ""
    line: int = 0


#: What a check is: it looks at the candidate through the bench and yields what is wrong.
Examine = Callable[["Bench"], Iterable[Observation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question to a candidate.

    Attributes
    ----------
    id : stable, upper case with dashes, chapter first: ``XCPD-MATCH-ONE``, ``SAML-N-07-ITI-38``.
    title : what is asked, one line.
    requirements : ids of the requirements that it verifies.
    chapter : chapter of the dossier, a key of ``CHAPTERS``.
    level : ``must`` can fail, ``should`` can only warn.
    needs : what must be there before it makes sense: ``smp``, ``ITI-55``, ``ITI-38``, ``ITI-39``.
    alone : may not run beside others (it loads or disturbs the candidate).
    """

    id: str
    title: str
    requirements: tuple[str, ...]
    chapter: str
    level: Level
    examine: Examine = field(repr=False)
    needs: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A finding that both sides accept for now: check id or deviation name, why, until when."""

    id: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one check came to.

    ``reason`` says why it was skipped, omitted or in error; ``evidence`` names the files of the archive that
    it looked at; ``waiver`` is set when the pack waives the finding (which then does not count as a fail).
    """

    check: Check
    verdict: Verdict
    observations: tuple[Observation, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    evidence: tuple[str, ...] = ()
    waiver: Waiver | None = None

    @property
    def id(self) -> str:
        """Id of the check."""
        return self.check.id

    @property
    def deviations(self) -> tuple[str, ...]:
        """Names of the known deviations seen, sorted."""
        return tuple(sorted({one.deviation for one in self.observations if one.deviation}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One file of the evidence archive: a message as it was on the wire, with what it belongs to."""

    name: str
    step: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole examination.

    Attributes
    ----------
    country, pack : ISO code and folder of the pack.
    started, seconds, seed : when, how long, and the seed of everything that was random.
    results : one per check that was chosen, in the order of the catalogue.
    statement : the one sentence to read when the candidate could not be examined; else empty.
    unreachable : nothing listens at any address of the candidate, so nothing was examined.
    endpoints : what was examined, name -> URL.
    versions : tool, Python and libraries.
    evidence : every message.
    clinicians : what changes for French clinicians, as (heading, lines); empty when only some checks ran.
    timings : step -> milliseconds, sorted.
    """

    country: str
    pack: str
    started: datetime
    seconds: float
    seed: int
    results: tuple[Result, ...]
    statement: str = ""
    unreachable: bool = False
    endpoints: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    clinicians: tuple[tuple[str, tuple[str, ...]], ...] = ()
    timings: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def of(self, verdict: Verdict) -> tuple[Result, ...]:
        """Results of this verdict, waived ones left out."""
        return tuple(one for one in self.results if one.verdict == verdict and one.waiver is None)

    def result(self, check_id: str) -> Result:
        """The result of a check; ``KeyError`` when it was not chosen."""
        for one in self.results:
            if one.id == check_id:
                return one
        raise KeyError(check_id)

    @property
    def deviations(self) -> tuple[str, ...]:
        """Names of all known deviations seen, sorted."""
        return tuple(sorted({name for one in self.results for name in one.deviations}))

    @property
    def ready(self) -> bool:
        """True when nothing failed, we made no error, and the candidate could be examined."""
        return not (self.statement or self.of("fail") or self.of("error"))

    @property
    def exit_code(self) -> int:
        """0 ready, 1 not ready, 3 the examination could not be done (our side)."""
        if self.of("error") or self.unreachable:
            return 3
        return 0 if self.ready else 1
