"""The console of the simulators: what runs, what was exchanged, and switches for faults; page and JSON.

::

    with World() as world, AuditRepository(world.pki, clock=world.clock) as repository:
        repository.take_from(world)              # foreign NCPs send their audit events, too
        with Console(world, repository=repository) as console:
            console.url                          # https://… for people; the JSON API below /api/
"""

from simulators.console.server import Console, console_app

__all__ = ["Console", "console_app"]
