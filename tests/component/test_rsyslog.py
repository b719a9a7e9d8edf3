"""A syslog server that we did not write takes our audit stream over mutual TLS."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehdsi import audit, syslog, xml
from ehdsi.audit import AuditMessage, Outcome, parse_audit_message
from exchange.syslog import TlsSyslog
from exchange.tls import ClientTls
from sesali.audit_trail import AuditTrail, Outbox
from simulators.clock import seeded_ids
from simulators.pki import Pki

RSYSLOGD = shutil.which("rsyslogd") or next(
    (path for path in ("/usr/sbin/rsyslogd", "/sbin/rsyslogd") if Path(path).is_file()), None)
MODULES = [*Path("/usr/lib").glob("*/rsyslog/lmnsd_gtls.so"), *Path("/usr/lib").glob("rsyslog/lmnsd_gtls.so"),
           *Path("/usr/lib64").glob("rsyslog/lmnsd_gtls.so")]
TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(RSYSLOGD is None or not MODULES, reason="no rsyslogd with gnutls on this machine"),
]

CONFIGURATION = """
global(workDirectory="{folder}" maxMessageSize="512k" defaultNetstreamDriver="gtls"
       defaultNetstreamDriverCAFile="{folder}/ca.pem"
       defaultNetstreamDriverCertFile="{folder}/server.pem"
       defaultNetstreamDriverKeyFile="{folder}/server.pem")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name"
       permittedPeer=["{peer}"])
template(name="whole" type="string" string="%rawmsg%\\n")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="{folder}/port")
action(type="omfile" file="{folder}/events" template="whole")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rsyslog:
    """A running server: its folder (key files, ``events``) and its port."""

    folder: Path
    port: int

    def messages(self) -> list[syslog.SyslogMessage]:
        """What it wrote to its file so far, without its own notes and without a last line that is cut."""
        file = self.folder / "events"
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        return [syslog.parse_syslog(line) for line in lines if b"<AuditMessage" in line]


def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Look at a foreign process again and again; it has no way to call us."""
    pause, looks = threading.Event(), int(seconds / 0.02)
    return any(true() or pause.wait(0.02) for _ in range(looks))


@pytest.fixture
def rsyslog(tmp_path: Path) -> Iterator[Rsyslog]:
    """rsyslogd on a free port, which lets in the French gateway only."""
    pki = Pki(now=datetime.now(UTC))
    server, client, stranger = pki.service("audit_repository"), pki.gateway_tls, pki.tls_client("HR")
    (tmp_path / "ca.pem").write_bytes(pki.ca.certificate_pem)
    for name, one in (("server", server), ("client", client), ("stranger", stranger)):
        (tmp_path / f"{name}.pem").write_bytes(one.certificate_pem + one.key_pem)
    peer = client.certificate.subject.rfc4514_string().split("CN=")[1].split(",")[0]
    (tmp_path / "rsyslog.conf").write_text(CONFIGURATION.format(folder=tmp_path, peer=peer))
    process = subprocess.Popen(
        [str(RSYSLOGD), "-n", "-f", str(tmp_path / "rsyslog.conf"), "-i", str(tmp_path / "pid")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    port = tmp_path / "port"
    ready = until(lambda: (port.exists() and port.read_text().strip() != "") or process.poll() is not None)
    if not ready or process.poll() is not None:
        process.kill()
        pytest.fail(f"rsyslogd did not start: {(process.communicate()[1] or b'').decode()[-500:]}")
    yield Rsyslog(folder=tmp_path, port=int(port.read_text()))
    process.terminate()
    process.communicate(timeout=10)


def tls(rsyslog: Rsyslog, name: str = "client") -> ClientTls:
    return ClientTls(ca=rsyslog.folder / "ca.pem", certificate=rsyslog.folder / f"{name}.pem",
                     key=rsyslog.folder / f"{name}.pem")


def message(number: int) -> AuditMessage:
    """An event with French letters, and a query of 20 kB in every fifth one."""
    query = audit.query_object("ITI-55", f"urn:uuid:{number}", b"<q/>" * 5000, "2.999")
    return audit.event_message(
        "EHDSI-11", side="B", time=TIME, outcome=Outcome.SUCCESS, source_id="FR-IDF",
        participants=(audit.point_of_care("Hôpital de la Gare"),),
        objects=(audit.document_object(str(number)), *((query,) if number % 5 == 0 else ())))


def test_rsyslog_takes_the_stream_of_the_gateway(rsyslog: Rsyslog, tmp_path: Path) -> None:
    """Forty events pass through rsyslog's own TLS, framing and header parser and come out whole, in order."""
    send = TlsSyslog("127.0.0.1", rsyslog.port, tls(rsyslog), polite_peer=False)
    trail = AuditTrail(Outbox(tmp_path / "outbox.sqlite"), host="gateway", send=send)
    new_id = seeded_ids(1, "rsyslog")
    sent = [message(number) for number in range(40)]
    identifiers = [new_id() for _ in sent]
    for identifier, one in zip(identifiers, sent, strict=True):
        trail.record(one, key="EHDSI-11", identifier=identifier)
    assert trail.sender is not None
    assert trail.sender.flush(20), trail.sender.last_failure
    trail.close()
    assert until(lambda: len(rsyslog.messages()) >= len(sent))
    received = rsyslog.messages()
    assert [parse_audit_message(xml.parse(one.payload)) for one in received] == sent
    assert [one.message_id for one in received] == [one.replace("-", "") for one in identifiers]
    assert {(one.host, one.application, one.priority) for one in received} == {("gateway", "sesali", 85)}


def test_rsyslog_turns_other_countries_away(rsyslog: Rsyslog) -> None:
    """The server does check who sends: a valid certificate of somebody else does not get an event in."""
    send = TlsSyslog("127.0.0.1", rsyslog.port, tls(rsyslog, "stranger"))
    frame = syslog.frame_message(audit.build_audit_message(message(1)), host="x", time=TIME)
    with pytest.raises((ssl.SSLError, OSError)):
        send((frame,))
    assert rsyslog.messages() == []
