"""The proof matrix: is each defect caught by a check that names its requirement, and each check proven?

``python benchmarks/proof_matrix.py`` examines one defective NCP and one defective pack after the other and
writes ``docs/proof-matrix.md``. A defect counts as caught when a check of one of its requirements fails or
warns; a check counts as proven when it did so under at least one defect. Every number there is computed. The
exit code is 1 when a defect was missed, a check is not proven, or a conformant NCP was blamed.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).parents[1]))

import countries
from benchmarks.proof_packs import made_up, pack
from ncpeh.examined import target_in
from onboarding.catalogue import all_checks
from onboarding.model import Report
from onboarding.runner import Settings, examine
from onboarding.target import Target
from simulators.defective_packs import DefectivePack, defective_packs
from simulators.faults import Fault, FaultSet, catalogue
from simulators.world import World

PAGE = Path(__file__).parents[1] / "docs" / "proof-matrix.md"

Defect: TypeAlias = Fault | DefectivePack

#: Countries whose patients show a defect, in the order in which they are tried.
CANDIDATES = ("HR", "PT", "LU", "GR", "EE", "CY")

#: The same for defects of messages, which are alike in all countries but for stored documents.
FEW = ("HR", "GR", "CY", "LU", "ES")

#: Requirements that speak when a step cannot be looked at for its own rules, because nothing usable comes.
FUNDAMENTAL = (
    "A-SOAP-02", "A-SOAP-05", "X-HTTP-01", "X-HTTP-03", "A-XCPD-01", "A-XCA-01", "A-RET-01", "A-RET-02",
    "A-RET-03", "X-XML-01", "X-ERR-02", "A-SMP-02", "A-SMP-05", "A-ISM-01", "A-RET-05", "PS-001", "X-CON-01",
)

#: Defects that break whole transactions: examined by all checks, to prove those of other requirements too.
WHOLE = (
    "registry-error", "soap-fault", "saml-refuses-offset-time", "xcpd-wildcard", "xca-outage-as-empty",
    "saml-accepts-none", "saml-accepts-none-xca", "ret-unknown-served", "xcpd-wrong-root-matches",
    "http-gzip-unasked", "ret-bare-pdf", "soap-error-text-personal", "smp-no-ism", "saml-accepts-altered",
)

#: What a report must say for a defect to count as caught; legal oddities must not fail.
LOUD = ("fail", "warn")

#: Kinds of defects that let an examination wait: they are played first, so that no worker ends alone, and in
#: one country only, where every answer is waited for ``PATIENCE`` seconds.
SLOW = ("delay", "close")
PATIENCE = 4.0

#: Kinds of defects that look the same in every country.
ALIKE = (*SLOW, "tls")


@cache
def defects() -> Mapping[str, Defect]:
    """Everything that is played, by name: defects of NCPs and of packs."""
    return MappingProxyType({**catalogue(), **defective_packs()})


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the validator said about one defect.

    ``caught`` are the checks of its requirements that failed or warned, ``others`` those of other
    requirements, ``country`` the one that was examined, ``statement`` what was said of a dead candidate.
    """

    name: str
    country: str
    caught: tuple[str, ...]
    others: tuple[str, ...]
    statement: str = ""
    seconds: float = 0.0

    def holds(self, defect: Defect) -> bool:
        """True if the validator said what the catalogue expects."""
        if defect.expected == "pass":
            return not self.statement
        return defect.expected not in LOUD or bool(self.caught or self.others or self.statement)


@dataclass
class Benches:
    """Running candidates by country, started when first needed."""

    folder: Path
    worlds: dict[str, World] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)

    def target(self, name: str) -> Target:
        """The candidate with this pack (see ``benchmarks.proof_packs``), with no defect."""
        if name not in self.worlds:
            self.worlds[name] = World([pack(name)]).start()
            self.targets[name] = target_in(self.worlds[name], pack(name).code, self.folder / name)
        return self.targets[name]

    def stop(self) -> None:
        """Stop all candidates."""
        for world in self.worlds.values():
            world.stop()


@contextlib.contextmanager
def defective(world: World, code: str, fault: Fault) -> Iterator[None]:
    """The candidate with exactly this defect."""
    world.reset()
    sets: list[FaultSet] = []
    if "SMP" in fault.steps:
        sets.append(world.smp.fault_set(code))
    if set(fault.steps) - {"SMP"}:
        sets.append(world.ncp(code).faults)
    held = [(faults, faults.add(fault)) for faults in sets]
    try:
        yield
    finally:
        for faults, active in held:
            faults.remove(active)


def prove(benches: Benches, defect: Defect, codes: Sequence[str] = (), *, whole: bool = False) -> Proof:
    """Examine a defect by the checks of its requirements, then, if ``whole``, by all.

    ``codes`` are the countries to try; by default those that suit the defect.
    """
    known = {rule for check in all_checks() for rule in check.requirements}
    wanted = [rule for rule in defect.requirement if rule in known]
    if not wanted:
        return Proof(name=defect.name, country="", caught=(), others=())
    if isinstance(defect, DefectivePack):
        return _prove_pack(benches, defect, wanted)
    proof = _prove_fault(benches, defect, wanted, codes)
    if not (whole or defect.name in WHOLE):
        return proof
    begun = time.monotonic()
    everything = _judged(defect, proof.country, _examined(benches, proof.country, defect, None), 0.0)
    others = tuple(one for one in (*everything.caught, *everything.others) if one not in proof.caught)
    return replace(proof, others=others, seconds=proof.seconds + time.monotonic() - begun)


def _prove_pack(benches: Benches, defect: DefectivePack, wanted: Sequence[str]) -> Proof:
    """Examine a conformant candidate that comes with a defective pack."""
    begun = time.monotonic()
    target = benches.target(defect.country)
    benches.worlds[defect.country].reset()
    with tempfile.TemporaryDirectory(prefix="ncpeh-") as folder:
        pack, declaration = defect.written(Path(folder), Path(target.source))
        report = examine(
            pack, Target.read(declaration, defect.country), only=wanted, settings=Settings(limit=40.0)
        )
    return _judged(defect, defect.country, report, time.monotonic() - begun)


def _prove_fault(benches: Benches, fault: Fault, wanted: Sequence[str], codes: Sequence[str]) -> Proof:
    """Examine one country after the other until a check of the defect's requirements speaks."""
    begun = time.monotonic()
    proof = Proof(name=fault.name, country="", caught=(), others=())
    for code in fault.candidates or codes or (CANDIDATES if {"document", "SMP"} & set(fault.steps) else FEW):
        proof = _judged(fault, code, _examined(benches, code, fault, wanted), time.monotonic() - begun)
        if proof.caught or proof.statement or fault.expected not in LOUD or fault.transform in ALIKE:
            break
    if not proof.caught and not proof.statement and fault.expected in LOUD:
        report = _examined(benches, proof.country, fault, [*wanted, *FUNDAMENTAL])
        proof = _judged(fault, proof.country, report, time.monotonic() - begun)
    return proof


def _examined(benches: Benches, code: str, fault: Fault, only: Sequence[str] | None) -> Report:
    """What the validator says about the candidate with this defect; ``None`` for all checks."""
    target = benches.target(code)
    settings = Settings(limit=40.0 if only else 90.0, answer=_patience(fault), workers=4)
    with defective(benches.worlds[code], target.country, fault):
        return examine(pack(code), target, only=only, settings=settings)


def _patience(fault: Fault) -> float:
    """Seconds to wait for an answer: enough for one that is late, but not for one that nobody waits for."""
    if fault.transform not in SLOW:
        return 6.0
    late = float(str(fault.parameters.get("seconds", 0)))
    return late + 2 if PATIENCE < late < 9 else PATIENCE


def _judged(defect: Defect, code: str, report: Report, seconds: float) -> Proof:
    loud = [one for one in report.results if one.verdict in LOUD]
    mine = [one.id for one in loud if set(one.check.requirements) & set(defect.requirement)]
    return Proof(
        name=defect.name,
        country=code,
        caught=tuple(mine),
        others=tuple(one.id for one in loud if one.id not in mine),
        statement=report.statement,
        seconds=seconds,
    )


def conformant(codes: Iterable[str]) -> dict[str, tuple[int, int, float]]:
    """Fails, warnings and seconds of the strict NCP of each country."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="ncpeh-") as folder:
        for code in codes:
            with World([pack(code)]) as world:
                report = examine(pack(code), target_in(world, pack(code).code, Path(folder) / code))
            found[code] = (len(report.of("fail")), len(report.of("warn")), report.seconds)
    return found


# -- many of them --------------------------------------------------------------------------------------------


@cache
def _benches() -> Benches:
    """The candidates of this worker; they run until it ends."""
    folder = tempfile.TemporaryDirectory(prefix="ncpeh-")
    made = Benches(folder=Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(made.stop)
    return made


def _proven(name: str, whole: bool = False) -> Proof:
    return prove(_benches(), defects()[name], whole=whole)


def _all(names: Sequence[str], jobs: int, whole: bool) -> Iterator[Proof]:
    """The proofs as they come, with a line of progress for each tenth."""
    ordered = sorted(names, key=lambda name: getattr(defects()[name], "transform", "") not in SLOW)
    begun = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_proven, name, whole): name for name in ordered}
        for number, done in enumerate(as_completed(waiting), start=1):
            if done.exception() is not None:
                print(f"{waiting[done]} could not be played: {done.exception()!r}", file=sys.stderr)
                continue
            if number % 10 == 0 or number == len(names):
                took = time.monotonic() - begun
                print(f"{number}/{len(names)} after {took:.0f} s", file=sys.stderr, flush=True)
            yield done.result()


def _kept(values: dict[str, Any]) -> Proof:
    """A result as it was kept, held against the requirements of today."""
    rules = {one.id: set(one.requirements) for one in all_checks()}
    wanted = set(defects()[values["name"]].requirement)
    loud = [one for one in (*values["caught"], *values["others"]) if one in rules]
    mine = tuple(one for one in loud if rules[one] & wanted)
    return Proof(**{**values, "caught": mine, "others": tuple(one for one in loud if one not in mine)})


def main() -> int:
    """Examine, show progress, write the page; see the head of this module for the exit code."""
    from benchmarks.proof_page import Matrix

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=None, help="names of defects; no page is written then")
    parser.add_argument("--keep", type=Path, help="JSON file with results so far; read first, then added to")
    parser.add_argument("--whole", action="store_true", help="examine each defect by all checks, too")
    parser.add_argument("--page", type=Path, help="where the page goes; docs/proof-matrix.md by default")
    options = parser.parse_args()
    found = options.keep is not None and options.keep.exists()
    kept: dict[str, Any] = json.loads(options.keep.read_text()) if found else {}
    names = options.only or [name for name in defects() if name not in kept]
    for proof in _all(names, options.jobs, options.whole):
        kept[proof.name] = asdict(proof)
        if options.keep:
            options.keep.write_text(json.dumps(kept))
    proofs = [_kept(one) for name, one in sorted(kept.items()) if name in defects()]
    if options.only:
        for proof in (one for one in proofs if one.name in options.only):
            said = " ".join(proof.caught) or proof.statement or " ".join(proof.others) or "nothing"
            print(f"{proof.name} ({proof.country}, {proof.seconds:.0f} s): {said}")
        return int(not all(one.holds(defects()[one.name]) for one in proofs))
    matrix = Matrix(proofs=tuple(proofs), healthy=conformant((*countries.codes(), *made_up())))
    (options.page or PAGE).write_text(matrix.page(), encoding="utf-8")
    print(matrix.summary())
    return int(not matrix.sound)


if __name__ == "__main__":
    sys.exit(main())
