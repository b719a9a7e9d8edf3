"""The portal: the pages on which a health professional finds a patient and reads the summary in French.

``create_app(gateway, login, settings, …)`` puts it together; whoever runs it brings TLS. Everything a session
knows is in memory and goes with the session: no trait and no clinical content on disk, in logs or in URLs.
"""

from sesali.portal.app import create_app
from sesali.portal.settings import PortalSettings

__all__ = ["PortalSettings", "create_app"]
