"""The one client of foreign NCPs: directory, mutual TLS, ITI-55, ITI-38, ITI-39, bulkheads.

Everything that thinks stands in ``ehdsi``; this package only adds sockets, threads, time-outs and the
order of calls. Failures come out as ``ehdsi.errors.TransportFailure`` (nothing usable came back) or one of
the ``ehdsi.errors.PeerError`` kinds (something came back and broke a rule).
"""
