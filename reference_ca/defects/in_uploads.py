"""Defects of what is uploaded to the portal, and of what is typed in beside it."""

from __future__ import annotations

from dataclasses import replace

from reference_ca.defects.certificates import other_key
from reference_ca.defects.files import armour
from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.in_configs import name_fcu
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import CONFIG_FILE, DEPTH, UPLOAD_FILE, Piece, SetUp, Shape, private_key_pem

PEM, DETAILS = UPLOAD_FILE, "upload.json"
UPLOAD = Needs(upload=True)
CUT = Needs(upload=True, length=3, depth=2, deepest=2)
SHAPE = Shape(upload=True)


def _rest(s: SetUp) -> list[Piece]:
    """What belongs on the portal."""
    return list(s.chain[s.depth - 1 :])


@defect(Place("UPL001", PEM), needs=UPLOAD, shape=SHAPE)
def private_key_in_upload(s: SetUp) -> None:
    """FCU's private key stands in the upload."""
    s.upload = [*_rest(s), private_key_pem(s.key)]


@defect(Place("UPL001", PEM), needs=Needs(upload=True, length=2, external=False), shape=SHAPE)
def request_in_upload(s: SetUp) -> None:
    """The certificate request stands in the upload."""
    assert s.request is not None
    s.upload = [*_rest(s), armour("CERTIFICATE REQUEST", s.request.der)]


@defect(Place("UPL001", PEM), needs=UPLOAD, shape=SHAPE)
def upload_is_der(s: SetUp) -> None:
    """The upload is one certificate in DER."""
    s.upload = [s.chain[-1].der]


@defect(Place("UPL001", PEM, 1), needs=UPLOAD, shape=SHAPE)
def uploaded_certificate_cut_short(s: SetUp) -> None:
    """The first certificate of the upload ends within its signature."""
    first = s.chain[s.depth - 1]
    s.upload = [armour("CERTIFICATE", first.der[:-30]), *_rest(s)[1:]]


@defect(Place("UPL001", PEM, 1), needs=UPLOAD, shape=SHAPE)
def uploaded_certificate_with_bytes_left_over(s: SetUp) -> None:
    """Bytes follow the first certificate of the upload inside its PEM block."""
    first = s.chain[s.depth - 1]
    s.upload = [armour("CERTIFICATE", first.der + bytes(2)), *_rest(s)[1:]]


@defect(Place("UPL001", PEM), needs=UPLOAD, shape=SHAPE)
def upload_is_text(s: SetUp) -> None:
    """The upload is a text without any PEM block."""
    s.upload = [b"see attachment\n"]


@defect(Place("UPL002", PEM), needs=Needs(upload=True, length=2), shape=SHAPE)
def chain_of_another_instance_uploaded(s: SetUp) -> None:
    """What was uploaded is the chain of another FCU instance."""
    root = another_ca(s, "OTHER ROOT")
    s.upload = [another_ca(s, "OTHER INT", root), root]


@defect(Place("UPL002", PEM), needs=CUT, shape=SHAPE)
def upload_in_reverse(s: SetUp) -> None:
    """The upload has the root first."""
    s.upload = _rest(s)[::-1]


@defect(Place("UPL002", PEM), needs=CUT, shape=SHAPE)
def upload_with_renewed_root(s: SetUp) -> None:
    """The upload has another certificate of the same root than fcu.crt."""
    renewed = replace(s.chain[-1], serial=s.source.serial("renewed"))
    s.upload = [*_rest(s)[:-1], renewed]


@defect(Place("UPL003", PEM), needs=CUT, shape=SHAPE)
def whole_fcu_crt_uploaded(s: SetUp) -> None:
    """The whole fcu.crt was uploaded, and the device carries a part of it."""
    s.upload = list(s.chain)


@defect(Place("UPL003", PEM), needs=CUT, shape=SHAPE)
def root_alone_uploaded(s: SetUp) -> None:
    """The root alone was uploaded, and the intermediate between the device and it is missing."""
    s.upload = [s.chain[-1]]


@defect(
    Place("UPL003", PEM), needs=Needs(upload=True, length=4, depth=2, deepest=2), shape=Shape(length=4, upload=True)
)
def upload_lacks_one_in_the_middle(s: SetUp) -> None:
    """A certificate between the first and the last of the upload is missing."""
    rest = _rest(s)
    s.upload = [rest[0], *rest[2:]]


@defect(Place("UPL003", PEM), needs=CUT, shape=SHAPE)
def upload_for_a_lower_depth(s: SetUp) -> None:
    """The upload was cut for depth 2, and fcu.yml was raised to 3 afterwards: the device now carries a part of it."""
    s.upload = _rest(s)
    s.settings[DEPTH] = 3


@defect(Place("UPL004", PEM), needs=CUT, shape=SHAPE)
def upload_without_root(s: SetUp) -> None:
    """The upload ends before the root."""
    s.upload = _rest(s)[:-1]


@defect(Place("UPL005", PEM, 2, "validity"), needs=CUT, shape=SHAPE)
def expired_root_uploaded(s: SetUp) -> None:
    """The upload has the old root, which has expired, where fcu.crt has its successor."""
    old = replace(s.chain[-1], not_before=s.now - 400 * DAY, not_after=s.now - DAY)
    s.upload = [*_rest(s)[:-1], old]


@defect(Place("UPL005", PEM, 2), needs=CUT, shape=SHAPE)
def p384_root_uploaded(s: SetUp) -> None:
    """The upload has a root on P-384, where fcu.crt has one on P-256."""
    old = replace(s.chain[-1], key=other_key(s.source, "old root", "p384"))
    s.upload = [*_rest(s)[:-1], old]


@defect(Place("UPL005", PEM, 2), needs=CUT, shape=SHAPE)
def root_with_sha384_uploaded(s: SetUp) -> None:
    """The upload has the root as it was signed with SHA-384."""
    s.upload = [*_rest(s)[:-1], replace(s.chain[-1], digest="sha384")]


@defect(Place("UPL006", PEM, 3, "subject"), needs=CUT, shape=SHAPE)
def root_uploaded_twice(s: SetUp) -> None:
    """The root stands in the upload twice, and the portal takes a subject once."""
    s.upload = [*_rest(s), s.chain[-1]]


@defect(
    Place("UPL006", PEM, instance="line-1"),
    Place("UPL006", PEM, instance="line-2"),
    Place("LOT006", "fcu.crt", 1, "subject", instance="line-1"),
    Place("LOT006", "fcu.crt", 1, "subject", instance="line-2"),
    shape=Shape(length=1, depth=1, upload=True),
    needs=Needs(most_devices=0, upload=True, longest=1),
    twin="two-instances-uploaded",
)
def one_subject_uploaded_by_two_instances(s: SetUp) -> None:
    """Two FCU instances with one subject and two keys are uploaded, and the portal refuses the second."""
    other = second_instance(s, "FCU line 2")
    for each in (s, other):
        name_fcu(each, ("CN", "FCU"), ("O", "Example Devices"))


@oddity(
    shape=Shape(length=1, depth=1, upload=True), needs=Needs(most_devices=0, upload=True, longest=1), about="UPL006"
)
def two_instances_uploaded(s: SetUp) -> None:
    """Two FCU instances are uploaded, each with a subject of its own."""
    second_instance(s, "FCU line 2")


ELEVEN, TWELVE = Shape(length=11, upload=True), Shape(length=12, upload=True)


@defect(
    Place("UPL007", PEM, level="warning"),
    needs=Needs(upload=True, length=12, depth=2, deepest=2),
    shape=TWELVE,
    twin="ten-certificates-uploaded",
)
def eleven_certificates_uploaded(s: SetUp) -> None:
    """The upload has eleven certificates or more, and a developer account takes ten."""
    s.upload = None


@oddity(needs=Needs(upload=True), shape=ELEVEN, about="UPL007")
def ten_certificates_uploaded(s: SetUp) -> None:
    """The upload has ten certificates, as many as a developer account takes."""
    s.upload = None


def _details(s: SetUp, **changes: object) -> None:
    s.details = {"name": "FCU line 1", "description": "Line 1 in Espoo", "service": s.shape.mode, **changes}


@defect(Place("UPL008", DETAILS, field="name"), needs=UPLOAD, shape=SHAPE, twin="details-that-just-fit")
def name_of_101_characters(s: SetUp) -> None:
    """The name given to the upload has 101 characters."""
    _details(s, name="n" * 101)


@defect(Place("UPL008", DETAILS, field="name"), needs=UPLOAD, shape=SHAPE)
def upload_without_name(s: SetUp) -> None:
    """The name given to the upload is empty."""
    _details(s, name="")


@defect(Place("UPL008", DETAILS, field="description"), needs=UPLOAD, shape=SHAPE, twin="details-that-just-fit")
def description_of_501_characters(s: SetUp) -> None:
    """The description given to the upload has 501 characters."""
    _details(s, description="d" * 501)


@defect(Place("UPL008", DETAILS, field="service"), needs=Needs(upload=True, mode="bootstrap"), shape=SHAPE)
def uploaded_for_the_other_service(s: SetUp) -> None:
    """The CA was uploaded for LwM2M, and devices use bootstrap."""
    _details(s, service="lwm2m")


@defect(Place("UPL008", DETAILS, field="service"), needs=UPLOAD, shape=SHAPE)
def uploaded_for_an_unknown_service(s: SetUp) -> None:
    """The service of the upload is a word that the portal does not know."""
    _details(s, service="developer")


@defect(Place("UPL008", DETAILS), needs=UPLOAD, shape=SHAPE)
def details_are_no_json(s: SetUp) -> None:
    """The details beside the upload cannot be read."""
    _details(s)
    s.edit_file(DETAILS, lambda data: data[:-3])


@oddity(needs=UPLOAD, shape=SHAPE, about="UPL008")
def details_that_just_fit(s: SetUp) -> None:
    """The name given to the upload has 100 characters, its description 500."""
    _details(s, name="n" * 100, description="d" * 500)


@defect(Place("UPL009", PEM), needs=UPLOAD, shape=SHAPE)
def upload_empty(s: SetUp) -> None:
    """The upload has no bytes."""
    s.upload = []


@defect(Place("UPL009", PEM), needs=UPLOAD, shape=SHAPE)
def upload_blank(s: SetUp) -> None:
    """The upload is a line feed."""
    s.upload = [b"\n"]


@oddity(
    Place("UPL002", PEM, level="notice"),
    Place("CFG006", "fcu.yml", field=DEPTH, level="warning"),
    needs=Needs(upload=True, length=2, longest=4),
    shape=SHAPE,
    about="UPL002",
)
def root_uploaded_beside_whole_chain_on_device(s: SetUp) -> None:
    """The devices carry the whole chain, and the root, in which it ends, was uploaded: the page leaves this open."""
    s.settings[DEPTH] = s.shape.length + 1
    s.upload = [s.chain[-1]]


@oddity(needs=Needs(upload=True, length=2), shape=SHAPE, about="UPL003")
def depth_told_by_upload(s: SetUp) -> None:
    """Nobody said the depth; the upload is the rest of fcu.crt at one depth or another."""
    s.upload = _rest(s)
    s.remove_file(CONFIG_FILE)
