"""Drives a portal as a clinician does: reads pages, fills in fields by their labels, presses buttons by their
words. Knows web pages only, so it can be pointed at any deployment.

``HttpClinician`` reads pages as a browser without scripts would (httpx); ``BrowserClinician`` sits in front
of Chromium (Playwright). Both are a ``Clinician``: the same methods, the same ``Page``.

::

    with HttpClinician("https://127.0.0.1:8443", ca="run/pki/ca.pem") as doctor:
        doctor.log_in("Dr Ada Exemple")
        doctor.choose_country("Croatie")
        doctor.identify(Papers(identifiers={"1.2.3": "999980013"}))
        doctor.confirm_identity()
        doctor.accept_notice()
        print(doctor.page.section("Allergies").text)
"""

from clinician.actions import Action, Observer
from clinician.clinician import Clinician, Papers
from clinician.errors import ClinicianError, NotOnPageError
from clinician.http import HttpClinician
from clinician.page import Button, Field, File, Form, Link, Page, Section

__all__ = ["Action", "Button", "Clinician", "ClinicianError", "Field", "File", "Form", "HttpClinician",
           "Link", "NotOnPageError", "Observer", "Page", "Papers", "Section"]
