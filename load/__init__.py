"""Clinicians in numbers: locustfile, profiles and checks for load over the pages of a portal.

``ncpeh load --profile smoke`` runs it; ``locust -f load/locustfile.py`` runs it without us. Nothing here
knows the wire or the gateway: only pages, through ``clinician``, and a plan (JSON) that says who there is to
treat.
"""
