"""UPL: what is uploaded to the portal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from shlex import quote

from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.pem_layout import mending, relabelling
from fcu_conform.artefacts.keystore_files import Entry
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.upload import Upload
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.keystore.certificate import is_ecdsa_sha256, signature_text
from fcu_conform.rules.model import (
    Blocked,
    Finding,
    Findings,
    Instances,
    Level,
    Location,
    instances_rule,
    rule,
)
from fcu_conform.rules.support.chain_diagram import draw_chain
from fcu_conform.rules.support.formatting import file_trouble, format_instant, short_name, subject_text
from fcu_conform.rules.support.inputs import needs_ordered_chain, readable_upload, upload_of
from fcu_conform.rules.support.sources import UPLOADING, api, inferred, page


def entry_text(entry: Entry, upload: Upload) -> str:
    count = len(upload.certificates.entries)
    assert entry.certificate is not None
    subject, sha256 = subject_text(entry.certificate), entry.certificate.sha256
    return f"certificate {entry.index} of {count} ({subject}, sha256 {sha256[:8]}…)"


def at_entry(entry: Entry, upload: Upload, field: str | None = None) -> Location:
    return Location(upload.name, entry.index, entry.line, field)


@rule(
    "UPL001",
    Level.ERROR,
    requirement="the upload is a PEM file of valid CERTIFICATE blocks, without a private key",
    title="the upload is not PEM certificates only",
    why="The portal answers 400 to anything else. A private key in an upload has left the factory.",
    fix="write the upload again: fcu-conform upload --keystore DIR --out upload.pem",
    passes="-----BEGIN CERTIFICATE----- blocks",
    fails="a DER file, a request or a private key among the certificates",
    source=(page(UPLOADING, "P-04"), api("certificate", "P-06", "P-14")),
    needs=("UPL009",),
    waivable=False,
)
def upload_is_pem_certificates(setup: Setup) -> Findings:
    upload = upload_of(setup)
    file = upload.certificates
    if file.file.trouble not in (None, Trouble.TOO_LARGE):
        yield Finding(file_trouble(file), Location(upload.name), expected="a regular file that can be read")
        return
    if file.pem.problem:
        fix = mending(file.pem.problem, upload.name)
        yield Finding(file.pem.problem, Location(upload.name), expected="PEM blocks of certificates", fix=fix)
    for block in file.pem.blocks:
        if block.is_private_key:
            yield Finding(
                "HAS A PRIVATE KEY: treat it as stolen once this file has left the machine",
                Location(upload.name, line=block.line),
                expected="CERTIFICATE blocks only",
                found=block.label,
                why="Anyone who has this key can make devices that pass as yours.",
                fix="do not upload the file; if it was uploaded, make a new key and remove the old certificate from the"
                " portal",
            )
        elif block.label != "CERTIFICATE":
            yield Finding(
                f"has a block that is not a certificate: {block.label}",
                Location(upload.name, line=block.line),
                "CERTIFICATE blocks only",
                block.label,
                fix=relabelling(block.label, upload.name),
            )
    for entry in file.entries:
        if entry.is_mislabelled:  # told above
            continue
        place = Location(upload.name, entry.index, entry.line)
        if entry.certificate is None:
            fix = mending(entry.problem, upload.name)
            yield Finding(f"certificate {entry.index}: {entry.problem}", place, "a certificate in DER", fix=fix)
        elif entry.certificate.trailing:
            yield Finding(
                f"certificate {entry.index}: has {pluralize(entry.certificate.trailing, 'trailing byte')}", place
            )


@dataclass(frozen=True)
class Comparison:
    """An upload beside what should be in it: how fcu.crt is cut, and the upload's certificates in order."""

    slicing: Slicing
    uploaded: tuple[Certificate, ...]

    @property
    def _sent(self) -> list[bytes]:
        return [certificate.raw for certificate in self.uploaded]

    @property
    def carried(self) -> list[Certificate]:
        """Uploaded certificates that the device carries, in the order of fcu.crt."""
        return [c for c in self.slicing.on_device if c.raw in self._sent and not self.is_whole_chain_edge]

    @property
    def foreign(self) -> list[Certificate]:
        """Uploaded certificates that are not in fcu.crt."""
        known = {certificate.raw for certificate in self.slicing.certificates}
        return [certificate for certificate in self.uploaded if certificate.raw not in known]

    @property
    def missing(self) -> list[Certificate]:
        """Certificates that belong on the portal and were not uploaded, in the order of fcu.crt."""
        return [certificate for certificate in self.slicing.on_portal if certificate.raw not in self._sent]

    @property
    def is_whole_chain_edge(self) -> bool:
        """Nothing is left for the portal, and only the root was uploaded: the vendor leaves this open (fact D-01)."""
        return not self.slicing.on_portal and self._sent == [self.slicing.certificates[-1].raw]

    @property
    def is_cut_short(self) -> bool:
        """What is missing is the end, the root with it, and what comes before it is there."""
        missing = self.missing
        portal = self.slicing.on_portal
        return 0 < len(missing) < len(portal) and missing == list(portal[-len(missing) :])

    @property
    def is_other_order(self) -> bool:
        """The certificates that belong there stand in another order than in fcu.crt."""
        expected = [c.raw for c in self.slicing.certificates]
        positions = [expected.index(raw) for raw in self._sent if raw in expected]
        return positions != sorted(positions)

    def picture(self) -> tuple[str, ...]:
        """The chain drawn, with what was uploaded."""
        return draw_chain(self.slicing, uploaded=self.uploaded)

    def numbers(self) -> str:
        """The numbers in fcu.crt of what belongs on the portal, as one says them."""
        first, last = self.slicing.depth, len(self.slicing.certificates)
        if first > last:
            return "nothing, or the root alone"
        if first == last:
            return f"certificate {last} of fcu.crt"
        return f"certificates {first} {'and' if last == first + 1 else 'to'} {last} of fcu.crt"

    def command(self, setup: Setup) -> str:
        """The command that writes the right upload."""
        depth = f" --chain-depth {self.slicing.depth}" if setup.config is None or setup.config.depth is None else ""
        return f"fcu-conform upload --keystore {quote(str(setup.keystore.path))}{depth} --out upload.pem"


def _comparison(setup: Setup) -> Comparison:
    uploaded = readable_upload(upload_of(setup))
    needs_ordered_chain(setup.ca)
    slicing = setup.ca.slicing
    if slicing is None:
        # Nobody said the depth: the upload is judged at the one that it would fit.
        certificates = setup.keystore.fcu_crt.certificates
        sent = {certificate.raw for certificate in uploaded}
        first = next((number for number, known in enumerate(certificates) if known.raw in sent), 0)
        slicing = Slicing(first + 1, certificates)
    return Comparison(slicing, uploaded)


@instances_rule(
    "UPL002",
    Level.ERROR,
    requirement="the upload is exactly fcu.crt from the certificate at the depth on, in its order, byte for byte",
    title="the upload differs from the rest of fcu.crt",
    why="The portal trusts the uploaded certificates and nothing else. With other certificates it turns every device"
    " away.",
    fix="write the upload again: fcu-conform upload --keystore DIR --out upload.pem",
    passes="depth 2, and certificates 2 and 3 of fcu.crt",
    fails="the chain of another FCU instance; the root first",
    source=page(UPLOADING, "K-08", "P-01"),
    needs=("CRT001",),
    partially_blocked_by=("UPL003", "UPL004", "UPL005", "UPL006"),
)
def upload_is_rest_of_chain(setup: Setup, others: Instances) -> Findings:
    comparison = _comparison(setup)
    upload = upload_of(setup)
    place = Location(upload.name)
    # An old or odd certificate in the place of the right one is one fault, which UPL005 tells.
    foreign = [certificate for certificate in comparison.foreign if not refusals(certificate, setup)]
    if foreign:
        if setup.odd_one_out == "certificate":
            raise Blocked("KEY004")  # fcu.crt is another FCU's: what belongs to this one is not known
        if _mends_chain(foreign, setup):
            raise Blocked("CHN004")
        owner = _owner(comparison.uploaded, others)
        names = ", ".join(short_name(certificate) for certificate in foreign)
        yield Finding(
            f"is the upload of {owner.name}, not of this keystore"
            if owner is not None
            else f"has certificates that are not in fcu.crt: {names}{_namesakes(foreign, comparison.slicing)}",
            place,
            expected=comparison.numbers(),
            found=" · ".join(short_name(certificate) for certificate in comparison.uploaded),
            fix=comparison.command(setup),
            picture=comparison.picture(),
        )
    elif comparison.is_other_order:
        yield Finding(
            "has its certificates in another order than fcu.crt",
            place,
            expected=" · ".join(short_name(certificate) for certificate in comparison.slicing.on_portal),
            found=" · ".join(short_name(certificate) for certificate in comparison.uploaded),
            fix=comparison.command(setup),
            picture=comparison.picture(),
        )
    elif comparison.is_whole_chain_edge:
        yield Finding(
            f"is the root alone: at depth {comparison.slicing.depth} the device carries the whole chain, and"
            " the documentation does not say what to upload then; the root, in which the device's chain ends, is"
            " accepted",
            place,
            level=Level.NOTICE,
        )


def _owner(uploaded: tuple[Certificate, ...], others: Instances) -> Setup | None:
    """The FCU instance whose upload this is."""
    sent = [certificate.raw for certificate in uploaded]
    for other in others:
        slicing = other.ca.slicing
        if slicing is not None and [certificate.raw for certificate in slicing.on_portal] == sent:
            return other
    return None


def _namesakes(foreign: list[Certificate], slicing: Slicing) -> str:
    """That certificates of fcu.crt have the names of those that are not in it, which a reader would not see."""
    if any(one.subject.matches(other.subject) for one in foreign for other in slicing.certificates):
        return " (certificates of the same name are, but these are others: the upload is another FCU's, or older)"
    return ""


def _mends_chain(foreign: list[Certificate], setup: Setup) -> bool:
    """With one of these in its place a signature of fcu.crt would verify that does not: then the upload is right."""
    for link, issuer in pairwise(setup.ca.chain.path):
        if link.certificate.signed_by(issuer.certificate.public_key) is False:
            return any(link.certificate.signed_by(other.public_key) for other in foreign)
    return False


@rule(
    "UPL003",
    Level.ERROR,
    requirement="the upload starts where the device's chain ends",
    title="the upload overlaps the device's chain, or leaves a gap after it",
    why="The vendor's documentation asks for the rest of the chain: certificates that the device presents are not"
    " uploaded, and the portal must be able to continue from the device's last one.",
    fix="write the upload again: fcu-conform upload --keystore DIR --out upload.pem",
    passes="depth 2, and certificates 2 and 3 of fcu.crt",
    fails="the whole fcu.crt at depth 2; the root alone at depth 2",
    source=(
        page(UPLOADING, "K-08", "P-01"),
        inferred("the overview of the same page speaks of the whole chain", "D-02"),
    ),
    needs=("CRT001",),
)
def upload_continues_device_chain(setup: Setup) -> Findings:
    comparison = _comparison(setup)
    upload = upload_of(setup)
    depth = comparison.slicing.depth
    if comparison.carried:
        is_whole = len(comparison.uploaded) >= len(comparison.slicing.certificates) and not comparison.missing
        subjects = " and ".join(short_name(certificate) for certificate in comparison.carried)
        what = "you uploaded the whole fcu.crt" if is_whole else f"you uploaded {subjects}"
        which = "the FCU certificate" if len(comparison.carried) == 1 else subjects
        yield Finding(
            f"{what}, but at depth {depth} the device already carries {which}: upload {comparison.numbers()}",
            Location(upload.name),
            expected=comparison.numbers(),
            found=" · ".join(short_name(certificate) for certificate in comparison.uploaded),
            fix=comparison.command(setup),
            picture=comparison.picture(),
        )
    if comparison.missing and not comparison.foreign and not comparison.is_cut_short:
        subjects = " and ".join(short_name(certificate) for certificate in comparison.missing)
        yield Finding(
            f"{subjects} is missing between the device's chain and the upload: upload {comparison.numbers()}",
            Location(upload.name),
            expected=comparison.numbers(),
            found=" · ".join(short_name(certificate) for certificate in comparison.uploaded),
            fix=comparison.command(setup),
            picture=comparison.picture(),
        )


@rule(
    "UPL004",
    Level.ERROR,
    requirement="the upload is complete up to the root",
    title="the upload does not reach the root",
    why="The portal asks for all certificates up to the root, or for a proof of ownership with a deprecated parameter.",
    fix="write the upload again: fcu-conform upload --keystore DIR --out upload.pem",
    passes="intermediate and root",
    fails="the intermediate alone",
    source=api("certificate", "P-06", "D-05"),
    needs=("CRT001",),
    partially_blocked_by=("CHN005", "CHN011"),
)
def upload_reaches_root(setup: Setup) -> Findings:
    comparison = _comparison(setup)
    if comparison.is_cut_short and not comparison.foreign:
        subjects = " and ".join(short_name(certificate) for certificate in comparison.missing)
        yield Finding(
            f"ends before the root: {subjects} is missing",
            Location(upload_of(setup).name),
            expected=comparison.numbers(),
            found=" · ".join(short_name(certificate) for certificate in comparison.uploaded),
            fix=comparison.command(setup),
            picture=comparison.picture(),
        )


@rule(
    "UPL009",
    Level.ERROR,
    requirement="the upload is not empty",
    title="the upload is empty",
    why="An empty upload leaves the portal without a CA to trust: it admits no device.",
    fix="write the upload again: fcu-conform upload --keystore DIR --out upload.pem",
    passes="one certificate or more",
    fails="a file of 0 bytes",
    source=page(UPLOADING, "CA-10"),
)
def upload_is_not_empty(setup: Setup) -> Findings:
    upload = upload_of(setup)
    file = upload.certificates.file
    if file.trouble is None and not file.data.strip():
        yield Finding("is empty", Location(upload.name), expected="one certificate or more", found="nothing")


def refusals(certificate: Certificate, setup: Setup) -> list[tuple[str, str | None, str, str]]:
    """Why the portal refuses a certificate: message, field, what is expected, what was found."""
    """Why the portal refuses a certificate: message, field, what was expected and what was found."""
    refusals: list[tuple[str, str | None, str, str]] = []
    if not certificate.is_valid_at(setup.at):
        found = f"{format_instant(certificate.not_before.instant)} to {format_instant(certificate.not_after.instant)}"
        refusals.append((f"is not valid at {format_instant(setup.at)}", "validity", "", found))
    if certificate.public_key.trouble:
        refusals.append((certificate.public_key.trouble, None, "a key on P-256", ""))
    if not is_ecdsa_sha256(certificate):
        found = signature_text(certificate)
        refusals.append((f"is signed with {found}", None, "ecdsa-with-SHA256", found))
    return refusals
