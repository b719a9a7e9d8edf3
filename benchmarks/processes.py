"""The other process: a world that a benchmark starts, asks about its CPU, and ends."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from benchmarks.requests import Petitioner
from ehdsi.cda.datatypes import Identifier
from sesali.config import GatewayConfig, from_world
from sesali.professional import Issuer

ROOT = Path(__file__).parents[1]


class WorldProcess:
    """A world in its own process; use as a context manager.

    Attributes
    ----------
    path : its ``world.json``. content : what is in it. config : a gateway's configuration for it.
    """

    def __init__(self, *countries: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ncpeh-bench-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", self._folder.name, *countries], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.path = Path(self._read()["world"])
        self.content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        self.config: GatewayConfig = from_world(self.path)

    def ask(self, do: str, **order: Any) -> dict[str, Any]:
        """Give an order and read the answer, see ``benchmarks.worker``."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def petitioner(self, code: str) -> Petitioner:
        """Requests about the first patient of a country."""
        country = self.content["countries"][code]
        patient = Identifier(**country["patients"][f"{code}-1"][0])
        issuer = Issuer(key=self.config.seal, home_community=self.config.own_home_community)
        return Petitioner(issuer, code, country["home_community_id"], patient, xcpd_url=country["xcpd"],
                          xca_url=country["xca"])

    def port(self, code: str) -> int:
        """The port of a country."""
        return int(urlsplit(self.content["countries"][code]["xca"]).port or 443)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process of the world ended early")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> WorldProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._folder.cleanup()
