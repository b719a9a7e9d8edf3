"""The proof matrix: is each defect caught by a check that names its requirement, and each check proven?

``python benchmarks/proof_matrix.py`` examines one defective NCP after the other and writes
``docs/proof-matrix.md``. A defect counts as caught when a check of one of its requirements fails or warns; a
check counts as proven when it did so under at least one defect. Every number on the page is computed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import countries
from ncpeh.examined import target_in
from onboarding.catalogue import all_checks
from onboarding.model import Report
from onboarding.runner import Settings, examine
from onboarding.target import Target
from simulators.faults import Fault, FaultSet, catalogue, listed
from simulators.world import World

PAGE = Path(__file__).parents[1] / "docs" / "proof-matrix.md"

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

#: Beginning of a check's id -> why a defective NCP does not prove it.
UNPROVEN = {
    "PACK-": "judges the pack, which no defective NCP changes; tests of the pack checker prove it",
    "AUDIT-": "confirmed by hand",
    "ROB-": "asks for robust reading; the simulators read with the one hardened parser of the project",
    "SOAP-11": "the simulators speak SOAP 1.2 only",
    "PERS-": "a promised behaviour of the pack; a defect changes all patients alike",
}

#: What a report must say for a defect to count as caught; legal oddities must not fail.
LOUD = ("fail", "warn")


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

    def holds(self, fault: Fault) -> bool:
        """True if the validator said what the catalogue expects."""
        if fault.expected == "pass":
            return not self.statement
        return fault.expected not in LOUD or bool(self.caught or self.others or self.statement)


@dataclass
class Benches:
    """Running candidates by country, started when first needed."""

    folder: Path
    worlds: dict[str, World] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)

    def target(self, code: str) -> Target:
        if code not in self.worlds:
            self.worlds[code] = World([code]).start()
            self.targets[code] = target_in(self.worlds[code], code, self.folder / code)
        return self.targets[code]

    def stop(self) -> None:
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


def prove(benches: Benches, fault: Fault, codes: Sequence[str] = ()) -> Proof:
    """Examine the defect in one country after the other until a check of its requirements speaks."""
    codes = codes or (CANDIDATES if {"document", "SMP"} & set(fault.steps) else FEW)
    known = {rule for check in all_checks() for rule in check.requirements}
    wanted = [rule for rule in fault.requirement if rule in known]
    begun = time.monotonic()
    proof = Proof(name=fault.name, country="", caught=(), others=())
    if not wanted:
        return proof
    for code in codes:
        target = benches.target(code)
        with defective(benches.worlds[code], code, fault):
            report = examine(code, target, only=wanted, settings=Settings(limit=40.0, answer=6.0, workers=4))
        proof = _judged(fault, code, report, time.monotonic() - begun)
        if proof.caught or proof.statement or fault.expected not in LOUD or fault.transform == "tls":
            break
    if not proof.caught and not proof.statement and fault.expected in LOUD:
        target = benches.target(proof.country)
        with defective(benches.worlds[proof.country], proof.country, fault):
            report = examine(
                proof.country, target, only=[*wanted, *FUNDAMENTAL], settings=Settings(limit=40.0, answer=6.0)
            )
        proof = _judged(fault, proof.country, report, time.monotonic() - begun)
    return _whole(benches, fault, proof) if fault.name in WHOLE else proof


def _whole(benches: Benches, fault: Fault, proof: Proof) -> Proof:
    """The same proof, with what all other checks say."""
    code = proof.country
    with defective(benches.worlds[code], code, fault):
        report = examine(code, benches.target(code), settings=Settings(limit=90.0, answer=6.0, workers=4))
    everything = _judged(fault, code, report, proof.seconds)
    return replace(proof, others=(*everything.caught, *everything.others))


def _judged(fault: Fault, code: str, report: Report, seconds: float) -> Proof:
    loud = [one for one in report.results if one.verdict in LOUD]
    mine = [one.id for one in loud if set(one.check.requirements) & set(fault.requirement)]
    return Proof(
        name=fault.name,
        country=code,
        caught=tuple(mine),
        others=tuple(one.id for one in loud if one.id not in mine),
        statement=report.statement,
        seconds=seconds,
    )


def _kept(values: dict[str, Any]) -> Proof:
    """A result as it was kept, held against the requirements of today."""
    rules = {one.id: set(one.requirements) for one in all_checks()}
    wanted = set(catalogue()[values["name"]].requirement)
    loud = [one for one in (*values["caught"], *values["others"]) if one in rules]
    mine = tuple(one for one in loud if rules[one] & wanted)
    return Proof(**{**values, "caught": mine, "others": tuple(one for one in loud if one not in mine)})


def _some(names: Sequence[str]) -> list[Proof]:
    with tempfile.TemporaryDirectory(prefix="ncpeh-") as folder:
        benches = Benches(folder=Path(folder))
        try:
            return [prove(benches, catalogue()[name]) for name in names]
        finally:
            benches.stop()


def conformant(codes: Iterable[str]) -> dict[str, tuple[int, int, float]]:
    """Fails, warnings and seconds of the strict NCP of each country."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="ncpeh-") as folder:
        for code in codes:
            with World([code]) as world:
                report = examine(code, target_in(world, code, Path(folder) / code))
            found[code] = (len(report.of("fail")), len(report.of("warn")), report.seconds)
    return found


# -- the page ------------------------------------------------------------------------------------------------


def page(proofs: Sequence[Proof], healthy: dict[str, tuple[int, int, float]]) -> str:
    """The matrix as Markdown."""
    faults = catalogue()
    loud = [one for one in proofs if faults[one.name].expected in LOUD]
    caught = [one for one in loud if one.caught]
    said = [one for one in loud if not one.caught and one.statement]
    seen = [one for one in loud if not one.caught and not one.statement and one.others]
    missed = [one for one in loud if not one.caught and not one.statement and not one.others]
    proven = {name for one in proofs for name in (*one.caught, *one.others)}
    checks = [one.id for one in all_checks()]
    lines = [
        "# Proof matrix",
        "",
        "Computed by `python benchmarks/proof_matrix.py`: one defective NCP after the other is examined.",
        "A defect is caught when a check of one of its requirements fails or warns.",
        "",
        f"- defects played: {len(proofs)} of {len(faults) + len(listed())} known",
        f"- listed with a reason: {len(listed())}",
        f"- to be caught: {len(loud)}",
        f"- caught by a check of their requirement: {len(caught)}",
        f"- the candidate was called dead at once: {len(said)}",
        f"- seen by a check of another requirement: {len(seen)}",
        f"- missed: {len(missed)}",
        f"- unusual but legal, or a remark only: {len(proofs) - len(loud)}",
        f"- checks: {len(checks)}; proven by a defect: {len(proven & set(checks))}",
        "",
        "## Conformant NCPs",
        "",
        "| Country | fail | warn | seconds |",
        "|---|---|---|---|",
        *(f"| {code} | {fails} | {warns} | {took:.0f} |" for code, (fails, warns, took) in healthy.items()),
        "",
        "## Missed",
        "",
        *(f"- `{one.name}` ({', '.join(faults[one.name].requirement)}): {faults[one.name].description}"
          for one in missed),
        "",
        "## Defect by defect",
        "",
        "| Defect | Requirements | Expected | Country | Caught by | Also |",
        "|---|---|---|---|---|---|",
        *map(_row, proofs),
        "",
        "## Checks that no defect proves",
        "",
        "| Check | Why |",
        "|---|---|",
        *(f"| `{name}` | {_unproven(name, proven)} |" for name in checks if name not in proven),
        "",
        "## Not played",
        "",
        "| Defect | Requirements | Why |",
        "|---|---|---|",
        *(f"| `{one.name}` | {' '.join(one.requirement)} | {one.reason} |" for one in listed().values()),
        "",
    ]
    return "\n".join(lines)


def _unproven(name: str, proven: set[str]) -> str:
    """Why no defect of the catalogue proves a check."""
    for prefix, reason in UNPROVEN.items():
        if name.startswith(prefix):
            return reason
    stem = re.sub(r"-(ITI-\d\d|XCPD|XCA|MASK)$", "", name)
    if any(other.startswith(f"{stem}-") for other in proven):
        return "the same check at another step is proven; no defect breaks this step alone"
    return "no defect of the catalogue does this alone"


def _row(one: Proof) -> str:
    fault = catalogue()[one.name]
    shown = ", ".join(f"`{name}`" for name in one.caught[:3])
    more = f" and {len(one.caught) - 3} more" if len(one.caught) > 3 else ""
    elsewhere = ", ".join(f"`{name}` (other rule)" for name in one.others[:2])
    verdict = shown + more or (f"*{one.statement}*" if one.statement else elsewhere or "–")
    rules = " ".join(fault.requirement)
    return f"| `{one.name}` | {rules} | {fault.expected} | {one.country} | {verdict} | {len(one.others)} |"


def main() -> None:
    """Examine, show progress, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=None, help="names of defects")
    parser.add_argument("--keep", type=Path, help="JSON file with results so far; read first, then added to")
    options = parser.parse_args()
    found = options.keep is not None and options.keep.exists()
    kept: dict[str, Any] = json.loads(options.keep.read_text()) if found else {}
    names = [name for name in options.only or catalogue() if options.only or name not in kept]
    with ProcessPoolExecutor(options.jobs) as pool:
        batches = [names[start : start + 10] for start in range(0, len(names), 10)]
        for number, done in enumerate(as_completed([pool.submit(_some, one) for one in batches]), start=1):
            if done.exception() is not None:
                print(f"a batch failed: {done.exception()}", file=sys.stderr)
                continue
            kept |= {one.name: asdict(one) for one in done.result()}
            print(f"{number}/{len(batches)}", file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps(kept))
    proofs = [_kept(one) for name, one in sorted(kept.items()) if name in catalogue()]
    PAGE.write_text(page(proofs, conformant(countries.codes())), encoding="utf-8")
    missed = [one.name for one in proofs if not one.holds(catalogue()[one.name])]
    print(f"{len(proofs)} defects, missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
