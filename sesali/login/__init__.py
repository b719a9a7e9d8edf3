"""Login with Pro Santé Connect: the relying party of OpenID Connect, and who is admitted.

``LoginClient`` is the shell of I/O: ``begin`` (where to send the browser), ``finish`` (what the browser
brought back), ``refresh``, ``logout_url``, ``backchannel_logout``. Everything that judges is pure: ``tokens``
(ID token, user info, logout token) and ``admission`` (activities, role, refusals).

Source: OpenID Connect Core 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0; RFC 6749, 7636, 9207.
"""

from sesali.login.admission import admit
from sesali.login.client import LoginClient
from sesali.login.settings import PscSettings
from sesali.login.transport import open_http
from sesali.login.values import Activity, Admission, Ineligible, LoggedIn, LoginAttempt, LogoutNotice, Tokens

__all__ = ["Activity", "Admission", "Ineligible", "LoggedIn", "LoginAttempt", "LoginClient", "LogoutNotice",
           "PscSettings", "Tokens", "admit", "open_http"]
