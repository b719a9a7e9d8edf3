"""A throw-away certificate authority with the certificates that a MyHealth@EU test network needs.

Every certificate is made in memory when it is first asked for: P-256 keys for TLS (cheap), RSA-2048 keys for
seals, because assertions and SMP files are signed with RSA on the wire. Subject names look like those of the
real pre-production network, odd characters included. Nothing here is fit for production: the authority lives
as long as its process, and keys are random, never derived from the world's seed.

Not here: the checks of certificates that peers send (``ehdsi.trust``).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ehdsi.dsig import SigningKey
from ehdsi.errors import LocalError
from simulators.revocation import NOWHERE, distribution_point, revocation_list

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

#: Relative distinguished names in order, e.g. ``(("C", "MT"), ("O", "Ministry for Health, Malta"))``.
DistinguishedName = tuple[tuple[str, str], ...]

#: What a certificate is for. ``seal`` signs assertions, SMP files and evidence.
Usage = Literal["tls_server", "tls_client", "seal"]

#: Who signs a certificate: our authority, one that nobody trusts, or the certificate's own key.
Issuer = Literal["ca", "stranger", "self"]

#: How a certificate of a negative test differs from the right one.
Flaw = Literal[
    "expired",
    "not_yet_valid",
    "self_signed",
    "unknown_issuer",
    "other_country",
    "expiring",
    "renewed",
    "wrong_host",
    "without_names",
    "client_only",
    "weak_key",
    "blank_in_name",
    "without_signature",
    "without_organisation",
    "sha1",
    "revoked",
    "revocation_unreachable",
]

FLAWS: tuple[Flaw, ...] = get_args(Flaw)

VALIDITY = timedelta(days=3 * 365)

_ATTRIBUTES = {
    "C": NameOID.COUNTRY_NAME,
    "CN": NameOID.COMMON_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A certificate with its private key."""

    certificate: x509.Certificate
    private_key: PrivateKey

    @classmethod
    def from_pem(cls, certificate: str, key: str) -> Credential:
        """The pair that another process wrote down."""
        private_key = serialization.load_pem_private_key(key.encode("ascii"), password=None)
        assert isinstance(private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return cls(
            certificate=x509.load_pem_x509_certificate(certificate.encode("ascii")), private_key=private_key
        )

    @property
    def der(self) -> bytes:
        """The certificate in DER, as TLS and ``X509Certificate`` elements carry it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM (PKCS#8), without a passphrase: it is a throw-away key."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def signing_key(self) -> SigningKey:
        """The pair as ``ehdsi.dsig`` signs with it."""
        return SigningKey(private_key=self.private_key, certificate=self.certificate)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Give certificate and key to a TLS context; Python wants a file, which is gone on return."""
        with _private_file(self.certificate_pem + self.key_pem) as path:
            context.load_cert_chain(path)


@contextlib.contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    descriptor, path = tempfile.mkstemp(prefix="ncpeh-")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        yield path
    finally:
        Path(path).unlink(missing_ok=True)


def distinguished_name(
    country: str, operator: str, unit: str, *, environment: str = "PPT", number: str = "001"
) -> DistinguishedName:
    """The subject habit of the pre-production network, for countries whose pack gives no other.

    ``country`` is the ISO code, ``operator`` the organisation, ``unit`` what the certificate serves
    (``NCP``, ``SMP`` …). Source: certificates in published SMP answers of the test network.
    """
    return (
        ("C", country),
        ("O", operator),
        ("OU", "CEF_eDelivery.testa.eu"),
        ("OU", "eHealth"),
        ("OU", f"{unit}_{environment}"),
        ("CN", f"GRP:EHEALTH_{unit}_{environment}_{country}_{number}"),
    )


def new_key(kind: Literal["rsa", "ec"]) -> PrivateKey:
    """A fresh RSA-2048 (45 ms and more) or P-256 (under 0.1 ms) key."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


class Pki:
    """The authority and all that it issued; each certificate is made at its first use and then kept.

    Parameters
    ----------
    now : start of the world, UTC. Certificates are valid from a day before it, for three years. TLS
        libraries check dates against the machine's own clock, so a world starts within that span of today.
    subjects : distinguished names of the countries' certificates by ISO code; a country that is not named
        gets ``distinguished_name``.
    hosts : names and addresses that TLS servers answer on.
    authority, tls_servers : made by another process of the same world; made here by default.

    Attributes
    ----------
    revocation_url : where the revocation list is served, once somebody serves it.
    """

    def __init__(
        self,
        *,
        now: datetime,
        subjects: Mapping[str, DistinguishedName] | None = None,
        hosts: Sequence[str] = ("localhost", "127.0.0.1", "::1"),
        authority: Credential | None = None,
        tls_servers: Mapping[str, Credential] | None = None,
    ) -> None:
        self.now = now
        self.hosts = tuple(hosts)
        self.revocation_url = NOWHERE
        self._subjects = dict(subjects or {})
        self._given = authority
        self._issued: dict[tuple[str, str, str], Credential] = {
            ("tls_server", country, ""): credential for country, credential in (tls_servers or {}).items()
        }

    @cached_property
    def ca(self) -> Credential:
        """The authority that everyone in the world trusts."""
        return self._given or self._authority("Business CA 2 (simulation)")

    @cached_property
    def stranger(self) -> Credential:
        """A well-formed authority that nobody trusts."""
        return self._authority("Unknown CA (simulation)")

    def tls_server(self, country: str) -> Credential:
        """Service provider certificate of a country's NCP-A, the one that its SMP entry publishes."""
        return self._named("tls_server", country, self._subject(country, "NCP"), "tls_server", "ec")

    def tls_client(self, country: str) -> Credential:
        """Service consumer certificate of a country's NCP-B."""
        return self._named("tls_client", country, self._subject(country, "NCP", "002"), "tls_client", "ec")

    def seal(self, country: str) -> Credential:
        """Signature certificate of a country: assertions, SMP files, search masks. RSA-2048."""
        return self._named("seal", country, self._subject(country, "SEAL", "003"), "seal", "rsa")

    @property
    def gateway_tls(self) -> Credential:
        """TLS client certificate of the French gateway."""
        return self.tls_client("FR")

    @property
    def gateway_seal(self) -> Credential:
        """Key and certificate with which the French gateway signs HCP and TRC assertions."""
        return self.seal("FR")

    @property
    def smp_signer(self) -> Credential:
        """The SMP operator's signature certificate (outer signature of service metadata)."""
        subject = distinguished_name("EU", "eHealth SMP (simulation)", "SMP")
        return self._named("smp_signer", "EU", subject, "seal", "rsa")

    def service(self, name: str) -> Credential:
        """TLS server certificate of a service that belongs to no foreign country.

        ``name`` is ``smp``, ``portal``, ``pro_sante_connect``, ``audit_repository``, ``console`` …
        """
        subject = (("C", "FR"), ("O", "Sesali (simulation)"), ("OU", "NCPeH France"), ("CN", name))
        return self._named("service", name, subject, "tls_server", "ec")

    def flawed(self, usage: Usage, country: str, flaw: Flaw) -> Credential:
        """A certificate for negative tests: right in every respect but one.

        ``expired`` ended a day ago; ``not_yet_valid`` starts in a day; ``self_signed`` has no issuer;
        ``unknown_issuer`` comes from ``stranger``; ``other_country`` carries ``C=XX`` of another country;
        ``expiring`` ends in five days; ``renewed`` is right and not the one that the SMP publishes;
        ``wrong_host`` and ``without_names`` do not name the server; ``client_only`` may not serve;
        ``weak_key`` is RSA-1024; ``blank_in_name`` has a common name that begins with a blank;
        ``without_signature`` may agree on keys only; ``without_organisation`` names none; ``sha1`` is signed
        with that hash; ``revoked`` stands on the revocation list, at an address that is ``revocation_url``;
        ``revocation_unreachable`` names an address at which nothing listens.
        """
        key = (f"flawed-{usage}", country, flaw)
        if key not in self._issued:
            shown = ("DE" if country != "DE" else "AT") if flaw == "other_country" else country
            issuers: dict[str, Issuer] = {"self_signed": "self", "unknown_issuer": "stranger"}
            day = timedelta(days=1)
            starts = self.now + day if flaw == "not_yet_valid" else self.now - 30 * day
            ends = {"expired": self.now - day, "expiring": self.now + 5 * day}
            subject = self._subject(shown, "NCP", "009")
            if flaw == "blank_in_name":
                subject = tuple((kind, f" {text}" if kind == "CN" else text) for kind, text in subject)
            if flaw == "without_organisation":
                subject = tuple(part for part in subject if part[0] != "O")
            hosts = {"wrong_host": ("elsewhere.invalid",), "without_names": ()}
            self._issued[key] = self.issue(
                subject,
                "tls_client" if flaw == "client_only" else usage,
                not_before=starts,
                not_after=ends.get(flaw, self.now + VALIDITY),
                issuer=issuers.get(flaw, "ca"),
                key=rsa.generate_private_key(65537, 1024) if flaw == "weak_key" else None,  # noqa: S505
                hosts=hosts.get(flaw, self.hosts if usage == "tls_server" else ()),
                signs=flaw != "without_signature",
                revocation={"revoked": self.revocation_url, "revocation_unreachable": NOWHERE}.get(flaw, ""),
            )
            if flaw == "sha1":
                self._issued[key] = self._outdated(self._issued[key])
        return self._issued[key]

    def issue(
        self,
        subject: DistinguishedName,
        usage: Usage,
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        issuer: Issuer = "ca",
        key: PrivateKey | None = None,
        hosts: Sequence[str] | None = None,
        signs: bool = True,
        revocation: str = "",
    ) -> Credential:
        """One new certificate; nothing is remembered.

        Parameters
        ----------
        subject : relative distinguished names in order; an attribute that is not known raises ``LocalError``.
        usage : decides key usage, extended key usage, subject alternative names and the kind of key.
        hosts : names of a server; those of the world by default, none where there are none to serve.
        not_before, not_after : UTC; a day before the world's start and three years after it by default.
        signs : the key may make signatures; if not, it may agree on keys only.
        revocation : address of the list on which it would stand if it were revoked; none by default.
        """
        private_key = key or new_key("rsa" if usage == "seal" else "ec")
        names = (self.hosts if usage == "tls_server" else ()) if hosts is None else tuple(hosts)
        name = _x509_name(subject)
        signer = None if issuer == "self" else self.stranger if issuer == "stranger" else self.ca
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(signer.certificate.subject if signer else name)
            .public_key(private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before or self.now - timedelta(days=1))
            .not_valid_after(not_after or self.now + VALIDITY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        for extension, critical in _extensions(usage, names, private_key, signer, signs):
            builder = builder.add_extension(extension, critical)
        if revocation:
            builder = builder.add_extension(distribution_point(revocation), critical=False)
        signing_key = signer.private_key if signer else private_key
        return Credential(certificate=builder.sign(signing_key, hashes.SHA256()), private_key=private_key)

    def revocation_list(self) -> bytes:
        """The list of our authority in DER: the certificates that were issued as revoked ones."""
        revoked = [
            one.certificate.serial_number for (_, __, flaw), one in self._issued.items() if flaw == "revoked"
        ]
        return revocation_list(self.ca.certificate.subject, self.ca.private_key, revoked, now=self.now)

    def _outdated(self, credential: Credential) -> Credential:
        """The same certificate of our authority, signed with SHA-1."""
        from simulators.outdated import signed_with_sha1

        authority = self.ca.private_key
        assert isinstance(authority, ec.EllipticCurvePrivateKey)
        return replace(credential, certificate=signed_with_sha1(credential.certificate, authority))

    def write(self, folder: Path, countries: Sequence[str] = ()) -> dict[str, Path]:
        """Write PEM files for programs outside this process and return their paths by name.

        Names: ``ca``, ``gateway_tls.cert``, ``gateway_tls.key``, ``gateway_seal.cert``, ``gateway_seal.key``,
        ``smp_signer.cert`` and ``<CC>.tls.cert`` for each of ``countries``. Only the owner may read keys.
        """
        folder.mkdir(parents=True, exist_ok=True)
        public = {
            "ca": self.ca,
            "gateway_tls.cert": self.gateway_tls,
            "gateway_seal.cert": self.gateway_seal,
            "smp_signer.cert": self.smp_signer,
        }
        public |= {f"{country}.tls.cert": self.tls_server(country) for country in countries}
        written = {
            name: _write(folder / f"{name}.pem", credential.certificate_pem, 0o644)
            for name, credential in public.items()
        }
        secret = {"gateway_tls.key": self.gateway_tls, "gateway_seal.key": self.gateway_seal}
        return written | {
            name: _write(folder / f"{name}.pem", credential.key_pem, 0o600)
            for name, credential in secret.items()
        }

    def server_context(
        self, credential: Credential, *, client_certificate: bool = True, weak: bool = False
    ) -> ssl.SSLContext:
        """TLS 1.2 and 1.3, the given certificate, and clients with a certificate of our authority only.

        ``client_certificate=False`` asks for none: the portal and other services that people reach. ``weak``
        serves even with a key that OpenSSL would refuse.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if weak:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        credential.load_into(context)
        if client_certificate:
            context.load_verify_locations(cadata=self.ca.der)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self, credential: Credential | None = None) -> ssl.SSLContext:
        """TLS 1.2 and 1.3, trusting our authority only, presenting ``credential`` where one is given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=self.ca.der)
        if credential is not None:
            credential.load_into(context)
        return context

    def _subject(self, country: str, unit: str, number: str = "001") -> DistinguishedName:
        """The pack's subject for a country; the seal and the client differ from it in the CN's number."""
        subject = self._subjects.get(country)
        if subject is None:
            return distinguished_name(country, f"National contact point {country}", unit, number=number)
        if number == "001":
            return subject
        return tuple((kind, f"{text[:-3]}{number}" if kind == "CN" else text) for kind, text in subject)

    def _named(
        self, kind: str, name: str, subject: DistinguishedName, usage: Usage, key: Literal["rsa", "ec"]
    ) -> Credential:
        wanted = (kind, name, "")
        if wanted not in self._issued:
            self._issued[wanted] = self.issue(subject, usage, key=new_key(key))
        return self._issued[wanted]

    def _authority(self, name: str) -> Credential:
        key = new_key("ec")
        subject = _x509_name((("C", "EU"), ("O", "Simulation, not for production"), ("CN", name)))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=365))
            .not_valid_after(self.now + 2 * VALIDITY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        return Credential(certificate=certificate, private_key=key)


def _x509_name(subject: DistinguishedName) -> x509.Name:
    unknown = [kind for kind, _ in subject if kind not in _ATTRIBUTES]
    if unknown:
        raise LocalError(
            f"unknown attribute {unknown[0]!r} in a distinguished name; known: "
            f"{', '.join(sorted(_ATTRIBUTES))}"
        )
    return x509.Name([x509.NameAttribute(_ATTRIBUTES[kind], text) for kind, text in subject])


def _key_usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _extensions(
    usage: Usage, hosts: Sequence[str], key: PrivateKey, signer: Credential | None, signs: bool
) -> list[tuple[x509.ExtensionType, bool]]:
    """Key identifiers, usages and names in the form that strict path validation wants."""
    signer_key = (signer.private_key if signer else key).public_key()
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key), False),
        (
            _key_usage(
                digital_signature=signs, content_commitment=signs and usage == "seal", key_agreement=not signs
            ),
            True,
        ),
    ]
    if hosts:
        found.append((x509.SubjectAlternativeName([_general_name(host) for host in hosts]), False))
    if usage == "tls_server":
        found.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False))
    elif usage == "tls_client":
        found.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    return found


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, content: bytes, mode: int) -> Path:
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_bytes(content)
    return path
