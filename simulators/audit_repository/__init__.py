"""An audit repository: syslog over mutual TLS, every event kept once, shown on a page and as JSON.

::

    with AuditRepository(world.pki, clock=world.clock) as repository:
        repository.port                 # syslog over TLS
        repository.page                 # https://…/, JSON at /events.json
        repository.store.wait_for(7, timeout=5)
        repository.kill(); repository.restart()
"""

from simulators.audit_repository.repository import AuditRepository
from simulators.audit_repository.store import EventStore, StoredEvent

__all__ = ["AuditRepository", "EventStore", "StoredEvent"]
