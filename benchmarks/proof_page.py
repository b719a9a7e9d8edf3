"""The page of the proof matrix, made from the proofs; see ``benchmarks.proof_matrix``."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.proof_matrix import LOUD, Proof, defects
from onboarding.catalogue import all_checks
from simulators.faults import listed


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All proofs, and what was said about conformant NCPs: country -> fails, warnings, seconds."""

    proofs: tuple[Proof, ...]
    healthy: dict[str, tuple[int, int, float]]

    @property
    def loud(self) -> tuple[Proof, ...]:
        """The proofs of those defects that have to be caught."""
        return tuple(one for one in self.proofs if defects()[one.name].expected in LOUD)

    @property
    def missed(self) -> tuple[Proof, ...]:
        """The proofs that are none: the validator did not say what it had to."""
        return tuple(one for one in self.proofs if not one.holds(defects()[one.name]))

    @property
    def unproven(self) -> tuple[str, ...]:
        """The checks that no defect made fail or warn."""
        proven = {name for one in self.proofs for name in (*one.caught, *one.others)}
        return tuple(one.id for one in all_checks() if one.id not in proven)

    @property
    def sound(self) -> bool:
        """True if every defect was caught, every check is proven, and nobody was blamed without a reason."""
        blamed = any(fails or warns for fails, warns, _ in self.healthy.values())
        return not (self.missed or self.unproven or blamed or len(self.proofs) < len(defects()))

    def summary(self) -> str:
        """A few lines for the terminal, the slowest defects among them."""
        slowest = sorted(self.proofs, key=lambda one: -one.seconds)[:8]
        return "\n".join(
            [
                f"{len(self.proofs)} of {len(defects())} defects",
                f"missed: {', '.join(one.name for one in self.missed) or 'none'}",
                f"{len(all_checks())} checks, not proven: {', '.join(self.unproven) or 'none'}",
                f"slowest: {', '.join(f'{one.name} {one.seconds:.0f} s' for one in slowest)}",
            ]
        )

    def page(self) -> str:
        """The matrix as Markdown."""
        return "\n".join(
            [*self._figures(), *self._conformant(), *self._missed(), *self._rows(), *self._rest(), ""]
        )

    def _figures(self) -> list[str]:
        loud = self.loud
        silent = [one for one in loud if not one.caught]
        said = [one for one in silent if one.statement]
        seen = [one for one in silent if not one.statement and one.others]
        checks = len(all_checks())
        return [
            "# Proof matrix",
            "",
            "Computed by `python benchmarks/proof_matrix.py`: one defective NCP (or a conformant one with a",
            "defective pack) after the other is examined. A defect is caught when a check of one of its",
            "requirements fails or warns; a check is proven when it did so under at least one defect.",
            "",
            f"- defects played: {len(self.proofs)} of {len(defects()) + len(listed())} known",
            f"- listed with a reason: {len(listed())}",
            f"- to be caught: {len(loud)}",
            f"- caught by a check of their requirement: {len(loud) - len(silent)}",
            f"- the candidate was called dead at once: {len(said)}",
            f"- seen by a check of another requirement: {len(seen)}",
            f"- missed: {len(self.missed)}",
            f"- unusual but legal, or a remark only: {len(self.proofs) - len(loud)}",
            f"- checks: {checks}; proven by a defect: {checks - len(self.unproven)}",
            "",
        ]

    def _conformant(self) -> list[str]:
        rows = [
            f"| {code} | {fails} | {warns} | {took:.0f} |"
            for code, (fails, warns, took) in self.healthy.items()
        ]
        head = ["## Conformant NCPs", "", "| Country | fail | warn | seconds |", "|---|---|---|---|"]
        return [*head, *rows, ""]

    def _missed(self) -> list[str]:
        rows = [
            f"- `{name}` ({', '.join(defects()[name].requirement)}): {defects()[name].description}"
            for name in (one.name for one in self.missed)
        ]
        return ["## Missed", "", *(rows or ["None."]), ""]

    def _rows(self) -> list[str]:
        return [
            "## Defect by defect",
            "",
            "| Defect | Requirements | Expected | Country | Caught by | Also |",
            "|---|---|---|---|---|---|",
            *map(_row, self.proofs),
            "",
        ]

    def _rest(self) -> list[str]:
        unproven = [f"- `{name}`" for name in self.unproven] or ["None."]
        reasons = [
            f"| `{one.name}` | {' '.join(one.requirement)} | {one.reason} |" for one in listed().values()
        ]
        return [
            "## Checks that no defect proves",
            "",
            *unproven,
            "",
            "## Not played",
            "",
            "| Defect | Requirements | Why |",
            "|---|---|---|",
            *reasons,
        ]


def _row(one: Proof) -> str:
    defect = defects()[one.name]
    shown = ", ".join(f"`{name}`" for name in one.caught[:3])
    more = f" and {len(one.caught) - 3} more" if len(one.caught) > 3 else ""
    elsewhere = ", ".join(f"`{name}` (other rule)" for name in one.others[:2])
    verdict = shown + more or (f"*{one.statement}*" if one.statement else elsewhere or "–")
    rules = " ".join(defect.requirement)
    return f"| `{one.name}` | {rules} | {defect.expected} | {one.country} | {verdict} | {len(one.others)} |"
