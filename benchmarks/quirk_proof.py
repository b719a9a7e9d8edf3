"""The proof of the names: each quirk of an OpenNCP-like NCP is reported by its name, and no other is.

``python benchmarks/quirk_proof.py`` examines one candidate with no quirk, with all of them, with each alone
and with all but each, then every country with all of them, and writes ``docs/quirk-proof.md``. It is sound
when each examination names exactly the quirks that are switched on, and finds nothing else.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import countries
from benchmarks.proof_packs import pack
from ncpeh.examined import target_in
from onboarding.runner import Settings, examine
from simulators.ncp.quirks import ALL, NONE, QUIRKS
from simulators.world import World

PAGE = Path(__file__).parents[1] / "docs" / "quirk-proof.md"

#: The candidate whose mask and patients show every quirk: it asks for two traits, and one patient refuses.
CANDIDATE = "ES-promising"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One examination: the country, and the quirks that are switched on."""

    country: str
    quirks: frozenset[str]

    @property
    def visible(self) -> frozenset[str]:
        """The quirks that this country's patients can show: a list beside a refusal needs a refusal."""
        refusing = [one for one in pack(self.country).personas
                    if one.behaviour.answer in ("no_consent", "insufficient_rights")
                    and one.behaviour.step == "query"]  # fmt: skip
        return self.quirks if refusing else self.quirks - {"consent-lists-anyway"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the examination said: names of deviations, the checks that named each, findings without a name."""

    case: Case
    named: frozenset[str]
    checks: tuple[tuple[str, str], ...]
    unnamed: tuple[str, ...]

    @property
    def lost(self) -> tuple[str, ...]:
        """Quirks that are there and were not named."""
        return tuple(sorted(self.case.visible - self.named))

    @property
    def invented(self) -> tuple[str, ...]:
        """Quirks that were named and are not there."""
        return tuple(sorted(self.named - self.case.quirks))

    @property
    def exact(self) -> bool:
        """True if it named what is there and found nothing else."""
        return not (self.lost or self.invented or self.unnamed)


def asked(cases: Sequence[Case], only: Sequence[str] | None = None) -> Iterator[Answer]:
    """Examine cases of one country, one after the other; ``only`` are checks or chapters, all by default."""
    country = pack(cases[0].country)
    with tempfile.TemporaryDirectory(prefix="ncpeh-") as folder, World([country]) as world:
        target = target_in(world, country.code, Path(folder))
        for case in cases:
            world.reset()
            world.ncp(country.code).quirks = case.quirks
            report = examine(country, target, only=only, settings=Settings(limit=60.0))
            loud = [one for one in report.results if one.verdict in ("fail", "warn", "error")]
            yield Answer(
                case=case,
                named=frozenset(report.deviations),
                checks=tuple((name, one.id) for one in loud for name in one.deviations),
                unnamed=tuple(
                    one.id for one in loud
                    if one.verdict == "error" or not all(seen.deviation for seen in one.observations)
                ),
            )


def cases_of_one(code: str = CANDIDATE) -> list[Case]:
    """No quirk, all, each alone, all but each."""
    sets = [NONE, ALL, *(frozenset({one}) for one in QUIRKS), *(ALL - {one} for one in QUIRKS)]
    return [Case(country=code, quirks=one) for one in sets]


def _batch(cases: list[Case]) -> list[Answer]:
    return list(asked(cases))


def page(one: Sequence[Answer], everywhere: Sequence[Answer]) -> str:
    """The proof as Markdown."""
    by_set = {answer.case.quirks: answer for answer in one}
    silent, full = by_set[NONE], by_set[ALL]
    wrong = [answer for answer in (*one, *everywhere) if not answer.exact]
    return "\n".join([
        "# Known deviations, each by its name",
        "",
        "Computed by `python benchmarks/quirk_proof.py`. Each row is two examinations of "
        f"{CANDIDATE} (see `benchmarks/proof_packs.toml`): with this quirk alone, and with all others.",
        "",
        f"- quirks: {len(QUIRKS)}; examinations: {len(one) + len(everywhere)}",
        f"- with no quirk: {_said(silent)}; with all {len(ALL)}: {_said(full)}",
        f"- examinations that named another set than the one switched on, or found more: {len(wrong)}",
        "",
        "| Quirk | What such an NCP does | Alone | Named by | All but it |",
        "|---|---|---|---|---|",
        *(_row(name, by_set) for name in QUIRKS),
        "",
        "## All quirks, country by country",
        "",
        "| Country | Named | Not shown by its patients | Verdict |",
        "|---|---|---|---|",
        *(f"| {answer.case.country} | {len(answer.named)} | "
          f"{', '.join(sorted(answer.case.quirks - answer.case.visible)) or '–'} | {_said(answer)} |"
          for answer in everywhere),
        "",
    ])  # fmt: skip


def _said(answer: Answer) -> str:
    """``exact``, or what is wrong."""
    parts = (("lost", answer.lost), ("invented", answer.invented), ("without a name", answer.unnamed))
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names) or "exact"


def _row(name: str, by_set: dict[frozenset[str], Answer]) -> str:
    alone, without = by_set[frozenset({name})], by_set[ALL - {name}]
    naming = [check for quirk, check in alone.checks if quirk == name]
    more = f" and {len(naming) - 2} more" if len(naming) > 2 else ""
    shown = ", ".join(f"`{one}`" for one in naming[:2]) + more
    return f"| `{name}` | {QUIRKS[name]} | {_said(alone)} | {shown} | {_said(without)} |"


def main() -> int:
    """Examine, write the page; the exit code is 1 when a name was lost or invented."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    cases = cases_of_one()
    batches = [cases[start::options.jobs] for start in range(options.jobs)]
    others = [[Case(country=code, quirks=ALL)] for code in countries.codes()]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = [answer for batch in pool.map(_batch, batches + others) for answer in batch]
    one, everywhere = found[: len(cases)], found[len(cases) :]
    options.page.write_text(page(one, everywhere), encoding="utf-8")
    wrong = [answer for answer in found if not answer.exact]
    for answer in wrong:
        print(f"{answer.case.country}, {len(answer.case.quirks)} quirks: {_said(answer)}")
    print(f"{len(found)} examinations, {len(wrong)} not exact")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
