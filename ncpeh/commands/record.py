"""``ncpeh record``: keeps one journey with a candidate under other names, and replays it later.

The recorder stands where every message of the gateway passes, behind TLS: a machine between the two could not
show the certificate that the SMP publishes.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import FINDINGS, OK, UsageError, print_json

if TYPE_CHECKING:
    from ehdsi.search_mask import SearchMask
    from ehdsi.traits import Traits
    from exchange.wire import WireMessage
    from ncpeh.settings import Setting
    from sesali.config import GatewayConfig
    from sesali.journey import JourneyRecord
    from simulators.replay.recording import Heard, Recording

_STEPS = ("ITI-55", "ITI-38", "ITI-39")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``record``."""
    parser.add_argument("--country", metavar="CC", help="country: its code, or the folder of its pack")
    parser.add_argument("--patient", metavar="KEY", help="persona (default: the first)")
    parser.add_argument("--world", type=Path, metavar="FILE", help="world.json of a running world")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="behaviour of a private world")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the recording")
    parser.add_argument("--seed", default="", help="other seeds give other names")
    parser.add_argument("--replay", type=Path, metavar="DIR", help="walk the journey of this recording")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.epilog = "Example: ncpeh record --country HR --out recording && ncpeh record --replay recording"


def run(options: argparse.Namespace) -> int:
    """Record, or replay."""
    from ncpeh.commands.journey import as_json

    if options.replay:
        record = replayed(options.replay)
        name = str(options.replay)
    elif options.country and options.out:
        record, name = _recorded(options), str(options.out)
    else:
        raise UsageError("say what to record and where (--country, --out), or what to replay (--replay)")
    if options.json:
        print_json(as_json(record, name))
    else:
        end = f"refused: {record.refusal.notice.code}" if record.refusal else "summary shown"
        print(f"{name}: {record.country}, {end}")
    return OK if record.refusal is None else FINDINGS


def _recorded(options: argparse.Namespace) -> JourneyRecord:
    from ncpeh.settings import country_of, persona_of, private_world, running_world
    from ncpeh.walking import walk_persona
    from simulators.replay.recording import record

    country = country_of(options.country)
    persona = persona_of(country, options.patient)
    setting: AbstractContextManager[Setting] = (
        running_world(options.world) if options.world else private_world([country], mode=options.mode))
    listener = Listener()
    with setting as found:
        journey = walk_persona(found.config, country, persona, on_message=listener)
    record(country.code, listener.heard, seed=options.seed).save(options.out)
    return journey


class Listener:
    """An ``OnMessage`` hook that pairs requests with their answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[int, str], WireMessage] = {}
        self._heard: list[Heard] = []

    def __call__(self, message: WireMessage) -> None:
        """Keep one message of the three transactions."""
        from simulators.replay.recording import Heard

        if message.step not in _STEPS:
            return
        key = (threading.get_ident(), message.step)
        with self._lock:
            if message.direction == "request":
                self._waiting[key] = message
            elif key in self._waiting:
                asked = self._waiting.pop(key)
                self._heard.append(Heard(step=message.step, request=asked.body, response=message.body,
                                         content_type=message.header("content-type")))

    @property
    def heard(self) -> tuple[Heard, ...]:
        """All pairs so far, in order."""
        with self._lock:
            return tuple(self._heard)


def replayed(folder: Path) -> JourneyRecord:
    """Walk the recorded journey against the recording, with the pack of its country for the search mask."""
    import time

    from ncpeh.walking import french_page, open_gateway
    from sesali.journey import walk
    from sesali.professional import DEMONSTRATOR
    from simulators.replay.recording import Recording

    recording = Recording.load(folder)
    with _replaying(recording) as config, open_gateway(config) as gateway:
        return gateway.submit(recording.country, lambda: walk(
            gateway, recording.country, lambda mask: typed(mask, recording), DEMONSTRATOR, french_page,
            timer=time.perf_counter)).result()


@contextmanager
def _replaying(recording: Recording) -> Iterator[GatewayConfig]:
    """A world in which the recording answers for its country."""
    from sesali.config import from_world
    from simulators.clock import real_clock, seeded_ids
    from simulators.replay.player import Player
    from simulators.world import World

    with tempfile.TemporaryDirectory(prefix="ncpeh-") as name:
        world = World([recording.country])
        player = Player(recording, clock=real_clock, new_id=seeded_ids(0, "replay"))
        world.replace(recording.country, player.handle)
        with world:
            folder = Path(name)
            yield from_world(world.world_json(folder), outbox=folder / "audit.sqlite")


def typed(mask: SearchMask, recording: Recording) -> Traits:
    """What the recorded journey typed, under the names of the recording."""
    from ehdsi.cda.datatypes import Identifier
    from ehdsi.traits import Traits

    identifiers = tuple(Identifier(root=root, extension=value) for root, value in recording.identifiers)
    asked = mask.patient.birth_date is not None
    return Traits(identifiers=identifiers, birth_date=recording.birth_date or None if asked else None)
