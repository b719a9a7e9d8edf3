"""Play the features against each breakage and write ``docs/mutation-run.md``.

``python -m benchmarks.mutations [NAME …]``: without names all of them; only a run of all writes the page.
Of each breakage the scenarios that its tags select are played until the first one turns red.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutations.table import Mutation, named, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutation-run.md"
_FAILED = re.compile(r"^FAILED \S+::(\S+(?: [^\n]*?\])?)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the features took a breakage."""

    mutation: Mutation
    scenario: str
    seconds: float
    output: str
    code: int

    @property
    def played(self) -> bool:
        """Were its scenarios played at all? Anything but "all passed" and "some failed" says no."""
        return self.code in (0, 1)

    @property
    def noticed(self) -> bool:
        """Did a scenario turn red?"""
        return bool(self.scenario)


def play(mutation: Mutation) -> Verdict:
    """Play the scenarios of one breakage in a process of their own."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "features", "-q", "-x", "--tb=line", "-m", mutation.tags,
               "-p", "benchmarks.mutations.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "NCPEH_MUTATION": mutation.name},
                          capture_output=True, text=True, check=False)
    found = _FAILED.search(done.stdout) if done.returncode == 1 else None
    return Verdict(mutation=mutation, scenario=found[1] if found else "", output=done.stdout + done.stderr,
                   code=done.returncode,
                   seconds=time.perf_counter() - begin)


def page(verdicts: list[Verdict]) -> str:
    """The result as Markdown."""
    noticed = sum(one.noticed for one in verdicts)
    lines = ["# Mutation run", "",
             f"{len(verdicts)} deliberate breakages of Sesali, {noticed} noticed by a scenario. Each is a",
             "change of one place in the source (`benchmarks/mutations/mutations.toml`), played alone with",
             "the scenarios of the tags named. Again: `python -m benchmarks.mutations`.", "",
             "| Breakage | What it does | Played | First scenario that turned red |",
             "| --- | --- | --- | --- |"]
    lines += [f"| {one.mutation.name} | {one.mutation.breaks} | {one.mutation.tags} | "
              f"{_words(one.scenario) if one.noticed else '**none**'} |" for one in verdicts]
    return "\n".join([*lines, ""])


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ").replace("|", "/")


def main(names: list[str]) -> int:
    """Play, print, and write the page; 1 when a breakage was not noticed, 3 when one was not played."""
    chosen = [named(name) for name in names] or list(table())
    with ThreadPoolExecutor(2) as two:
        verdicts = list(two.map(play, chosen))
    for one in verdicts:
        print(f"{one.mutation.name:35} {one.seconds:5.1f} s  {one.scenario or 'NOT NOTICED'}")
        if not one.noticed:
            print(one.output[-1500:])
    if not all(one.played for one in verdicts):
        print("some could not be played; the page stays as it is")
        return 3
    if not names:
        PAGE.write_text(page(verdicts), encoding="utf-8")
    return 0 if all(one.noticed for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
