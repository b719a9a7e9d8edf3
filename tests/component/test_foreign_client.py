"""A client that shares no code with us: curl does HTTP and TLS, the stdlib's e-mail package reads MTOM."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from urllib.parse import unquote

import pytest

from simulators.world import World
from tests.component.golden_requests import Gateway, Letter
from tests.component.negative_parts import PATIENT, letter

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


@dataclass(frozen=True, kw_only=True)
class Curl:
    """curl with the key files of a gateway, in a folder of its own."""

    world: World
    folder: Path
    files: dict[str, Path]

    def run(self, request: Letter, *, certificate: bool = True) -> subprocess.CompletedProcess[str]:
        """Post a request; the answer's body and head are left in the folder."""
        body = self.folder / "request.xml"
        body.write_bytes(request.octets())
        endpoints = self.world.endpoints["HR"]
        own = ["--cert", str(self.files["gateway_tls.cert"]), "--key", str(self.files["gateway_tls.key"])]
        return subprocess.run(
            ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20",
             "--cacert", str(self.files["ca"]), *(own if certificate else []),
             "--header", f"Content-Type: {request.content_type}", "--data-binary", f"@{body}",
             "--dump-header", str(self.folder / "head"), "--output", str(self.folder / "answer"),
             "--write-out", "%{http_code} %{content_type}",
             endpoints.xcpd if request.step == "ITI-55" else endpoints.xca],
            capture_output=True, text=True, check=False, timeout=30)

    def answer(self) -> bytes:
        """The body of the last answer."""
        return (self.folder / "answer").read_bytes()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with World(["HR"]) as world:
        made = Gateway(world, "HR")
        yield made
        made.close()


@pytest.fixture
def curl(gateway: Gateway, tmp_path: Path) -> Curl:
    return Curl(world=gateway.world, folder=tmp_path, files=gateway.pki.write(tmp_path / "pki"))


def test_curl_identifies_a_patient(gateway: Gateway, curl: Curl) -> None:
    """A golden ITI-55 request from a file is answered to any HTTP client with the right certificate."""
    done = curl.run(letter(gateway, "ITI-55"))
    assert done.stdout.startswith("200 application/soap+xml"), done.stderr
    family = gateway.country.persona(PATIENT).name.family[0].encode()
    assert b'queryResponseCode code="OK"' in curl.answer()
    assert family in curl.answer()


def test_curl_lists_documents(gateway: Gateway, curl: Curl) -> None:
    """ITI-38 with both assertions lists both levels."""
    done = curl.run(letter(gateway, "ITI-38"))
    assert done.stdout.startswith("200 application/soap+xml"), done.stderr
    for _, document in gateway.listed(PATIENT):
        assert document.encode() in curl.answer()


def test_email_package_reads_the_mtom_answer(gateway: Gateway, curl: Curl) -> None:
    """The MIME package of ITI-39 is one that another reader takes apart, and the document comes out whole."""
    request = letter(gateway, "ITI-39")
    done = curl.run(request)
    status, _, content_type = done.stdout.partition(" ")
    assert status == "200", done.stderr
    head = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + curl.answer())
    assert (message.get_content_type(), message.defects) == ("multipart/related", [])
    parts = {str(part["Content-ID"]): part for part in message.iter_parts()}  # type: ignore[attr-defined]
    root = parts[message.get_param("start")]
    assert root.get_content_type() == "application/xop+xml"
    assert root.get_param("type") == "application/soap+xml"
    href = re.search(rb'Include [^>]*href="cid:([^"]+)"', _octets(root))
    assert href is not None
    document = _octets(parts[f"<{unquote(href[1].decode())}>"])
    assert document == gateway.send(request).retrieved().documents[0].content
    assert document.rstrip().endswith(b"ClinicalDocument>")


def test_curl_without_certificate_gets_nothing(gateway: Gateway, curl: Curl) -> None:
    """TLS without a client certificate ends before a byte of SOAP is answered."""
    before = gateway.world.ncp("HR").received.total
    done = curl.run(letter(gateway, "ITI-55"), certificate=False)
    assert done.returncode != 0
    assert done.stdout.startswith("000")  # curl's word for no HTTP answer at all
    assert not (curl.folder / "answer").exists()
    assert gateway.world.ncp("HR").received.total == before


def _octets(part: EmailMessage) -> bytes:
    assert part["Content-Transfer-Encoding"] == "binary"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content
