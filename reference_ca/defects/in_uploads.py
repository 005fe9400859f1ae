"""Defects of the upload to the portal, and of the details that are entered with it."""

from __future__ import annotations

from dataclasses import replace

from reference_ca.defects.certificates import other_key
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.in_config_names import name_fcu
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import (
    CONFIG_FILE,
    DEPTH,
    UPLOAD_FILE,
    FactorySetup,
    Piece,
    SetupParameters,
    private_key_pem,
)

PEM, DETAILS = UPLOAD_FILE, "upload.json"
UPLOAD = Needs(upload=True)
CUT = Needs(upload=True, length=3, depth=2, deepest=2)
SETUP_PARAMETERS = SetupParameters(upload=True)


def _rest(s: FactorySetup) -> list[Piece]:
    """What belongs on the portal."""
    return list(s.chain[s.depth - 1 :])


@defect(ExpectedFinding("UPL001", PEM), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def private_key_in_upload(s: FactorySetup) -> None:
    """FCU's private key stands in the upload."""
    s.upload = [*_rest(s), private_key_pem(s.key)]


@defect(ExpectedFinding("UPL001", PEM), needs=Needs(upload=True, length=2, external=False), parameters=SETUP_PARAMETERS)
def request_in_upload(s: FactorySetup) -> None:
    """The certificate request stands in the upload."""
    assert s.request is not None
    s.upload = [*_rest(s), pem_block("CERTIFICATE REQUEST", s.request.der)]


@defect(ExpectedFinding("UPL001", PEM), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def upload_is_der(s: FactorySetup) -> None:
    """The upload is one certificate in DER."""
    s.upload = [s.chain[-1].der]


@defect(ExpectedFinding("UPL001", PEM, 1), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def uploaded_certificate_cut_short(s: FactorySetup) -> None:
    """The first certificate of the upload ends within its signature."""
    first = s.chain[s.depth - 1]
    s.upload = [pem_block("CERTIFICATE", first.der[:-30]), *_rest(s)[1:]]


@defect(ExpectedFinding("UPL001", PEM, 1), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def uploaded_certificate_with_bytes_left_over(s: FactorySetup) -> None:
    """Bytes follow the first certificate of the upload inside its PEM block."""
    first = s.chain[s.depth - 1]
    s.upload = [pem_block("CERTIFICATE", first.der + bytes(2)), *_rest(s)[1:]]


@defect(ExpectedFinding("UPL001", PEM), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def upload_is_text(s: FactorySetup) -> None:
    """The upload is a text without any PEM block."""
    s.upload = [b"see attachment\n"]


@defect(ExpectedFinding("UPL002", PEM), needs=Needs(upload=True, length=2), parameters=SETUP_PARAMETERS)
def chain_of_another_instance_uploaded(s: FactorySetup) -> None:
    """What was uploaded is the chain of another FCU instance."""
    root = another_ca(s, "OTHER ROOT")
    s.upload = [another_ca(s, "OTHER INT", root), root]


@defect(ExpectedFinding("UPL002", PEM), needs=CUT, parameters=SETUP_PARAMETERS)
def upload_in_reverse(s: FactorySetup) -> None:
    """The upload has the root first."""
    s.upload = _rest(s)[::-1]


@defect(ExpectedFinding("UPL002", PEM), needs=CUT, parameters=SETUP_PARAMETERS)
def upload_with_renewed_root(s: FactorySetup) -> None:
    """The upload has another certificate of the same root than fcu.crt."""
    renewed = replace(s.chain[-1], serial=s.source.serial("renewed"))
    s.upload = [*_rest(s)[:-1], renewed]


@defect(ExpectedFinding("UPL003", PEM), needs=CUT, parameters=SETUP_PARAMETERS)
def whole_fcu_crt_uploaded(s: FactorySetup) -> None:
    """The whole fcu.crt was uploaded, and the device carries a part of it."""
    s.upload = list(s.chain)


@defect(ExpectedFinding("UPL003", PEM), needs=CUT, parameters=SETUP_PARAMETERS)
def root_alone_uploaded(s: FactorySetup) -> None:
    """The root alone was uploaded, and the intermediate between the device and it is missing."""
    s.upload = [s.chain[-1]]


@defect(
    ExpectedFinding("UPL003", PEM),
    needs=Needs(upload=True, length=4, depth=2, deepest=2),
    parameters=SetupParameters(length=4, upload=True),
)
def upload_lacks_one_in_the_middle(s: FactorySetup) -> None:
    """A certificate between the first and the last of the upload is missing."""
    rest = _rest(s)
    s.upload = [rest[0], *rest[2:]]


@defect(ExpectedFinding("UPL003", PEM), needs=CUT, parameters=SETUP_PARAMETERS)
def upload_for_a_lower_depth(s: FactorySetup) -> None:
    """The upload was cut for depth 2, and fcu.yml was raised to 3 afterwards: the device now carries a part of it."""
    s.upload = _rest(s)
    s.settings[DEPTH] = 3


@defect(ExpectedFinding("UPL004", PEM), needs=CUT, parameters=SETUP_PARAMETERS)
def upload_without_root(s: FactorySetup) -> None:
    """The upload ends before the root."""
    s.upload = _rest(s)[:-1]


@defect(ExpectedFinding("UPL005", PEM, 2, "validity"), needs=CUT, parameters=SETUP_PARAMETERS)
def expired_root_uploaded(s: FactorySetup) -> None:
    """The upload has the old root, which has expired, where fcu.crt has its successor."""
    old = replace(s.chain[-1], not_before=s.now - 400 * DAY, not_after=s.now - DAY)
    s.upload = [*_rest(s)[:-1], old]


@defect(ExpectedFinding("UPL005", PEM, 2), needs=CUT, parameters=SETUP_PARAMETERS)
def p384_root_uploaded(s: FactorySetup) -> None:
    """The upload has a root on P-384, where fcu.crt has one on P-256."""
    old = replace(s.chain[-1], key=other_key(s.source, "old root", "p384"))
    s.upload = [*_rest(s)[:-1], old]


@defect(ExpectedFinding("UPL005", PEM, 2), needs=CUT, parameters=SETUP_PARAMETERS)
def root_with_sha384_uploaded(s: FactorySetup) -> None:
    """The upload has the root as it was signed with SHA-384."""
    s.upload = [*_rest(s)[:-1], replace(s.chain[-1], digest="sha384")]


@defect(ExpectedFinding("UPL006", PEM, 3, "subject"), needs=CUT, parameters=SETUP_PARAMETERS)
def root_uploaded_twice(s: FactorySetup) -> None:
    """The root stands in the upload twice, and the portal takes a subject once."""
    s.upload = [*_rest(s), s.chain[-1]]


@defect(
    ExpectedFinding("UPL006", PEM, instance="line-1"),
    ExpectedFinding("UPL006", PEM, instance="line-2"),
    ExpectedFinding("LOT006", "fcu.crt", 1, "subject", instance="line-1"),
    ExpectedFinding("LOT006", "fcu.crt", 1, "subject", instance="line-2"),
    parameters=SetupParameters(length=1, depth=1, upload=True),
    needs=Needs(most_devices=0, upload=True, longest=1),
    baseline="two-instances-uploaded",
)
def one_subject_uploaded_by_two_instances(s: FactorySetup) -> None:
    """Two FCU instances with one subject and two keys are uploaded, and the portal refuses the second."""
    other = second_instance(s, "FCU line 2")
    for each in (s, other):
        name_fcu(each, ("CN", "FCU"), ("O", "Example Devices"))


@near_miss(
    parameters=SetupParameters(length=1, depth=1, upload=True),
    needs=Needs(most_devices=0, upload=True, longest=1),
    about="UPL006",
)
def two_instances_uploaded(s: FactorySetup) -> None:
    """Two FCU instances are uploaded, each with a unique subject."""
    second_instance(s, "FCU line 2")


ELEVEN, TWELVE = SetupParameters(length=11, upload=True), SetupParameters(length=12, upload=True)


@defect(
    ExpectedFinding("UPL007", PEM, level="warning"),
    needs=Needs(upload=True, length=12, depth=2, deepest=2),
    parameters=TWELVE,
    baseline="ten-certificates-uploaded",
)
def eleven_certificates_uploaded(s: FactorySetup) -> None:
    """The upload has eleven certificates or more, and a developer account takes ten."""
    s.upload = None


@near_miss(needs=Needs(upload=True), parameters=ELEVEN, about="UPL007")
def ten_certificates_uploaded(s: FactorySetup) -> None:
    """The upload has ten certificates, as many as a developer account takes."""
    s.upload = None


def _details(s: FactorySetup, **changes: object) -> None:
    s.details = {"name": "FCU line 1", "description": "Line 1 in Espoo", "service": s.parameters.mode, **changes}


@defect(
    ExpectedFinding("UPL008", DETAILS, field="name"),
    needs=UPLOAD,
    parameters=SETUP_PARAMETERS,
    baseline="details-that-just-fit",
)
def name_of_101_characters(s: FactorySetup) -> None:
    """The name given to the upload has 101 characters."""
    _details(s, name="n" * 101)


@defect(ExpectedFinding("UPL008", DETAILS, field="name"), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def upload_without_name(s: FactorySetup) -> None:
    """The name given to the upload is empty."""
    _details(s, name="")


@defect(
    ExpectedFinding("UPL008", DETAILS, field="description"),
    needs=UPLOAD,
    parameters=SETUP_PARAMETERS,
    baseline="details-that-just-fit",
)
def description_of_501_characters(s: FactorySetup) -> None:
    """The description given to the upload has 501 characters."""
    _details(s, description="d" * 501)


@defect(
    ExpectedFinding("UPL008", DETAILS, field="service"),
    needs=Needs(upload=True, mode="bootstrap"),
    parameters=SETUP_PARAMETERS,
)
def uploaded_for_the_other_service(s: FactorySetup) -> None:
    """The CA was uploaded for LwM2M, and devices use bootstrap."""
    _details(s, service="lwm2m")


@defect(ExpectedFinding("UPL008", DETAILS, field="service"), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def uploaded_for_an_unknown_service(s: FactorySetup) -> None:
    """The service of the upload is a word that the portal does not know."""
    _details(s, service="developer")


@defect(ExpectedFinding("UPL008", DETAILS), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def details_are_no_json(s: FactorySetup) -> None:
    """The details beside the upload cannot be read."""
    _details(s)
    s.edit_file(DETAILS, lambda data: data[:-3])


@near_miss(needs=UPLOAD, parameters=SETUP_PARAMETERS, about="UPL008")
def details_that_just_fit(s: FactorySetup) -> None:
    """The name given to the upload has 100 characters, its description 500."""
    _details(s, name="n" * 100, description="d" * 500)


@defect(ExpectedFinding("UPL009", PEM), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def upload_empty(s: FactorySetup) -> None:
    """The upload has no bytes."""
    s.upload = []


@defect(ExpectedFinding("UPL009", PEM), needs=UPLOAD, parameters=SETUP_PARAMETERS)
def upload_blank(s: FactorySetup) -> None:
    """The upload is a line feed."""
    s.upload = [b"\n"]


@near_miss(
    ExpectedFinding("UPL002", PEM, level="notice"),
    ExpectedFinding("CFG006", "fcu.yml", field=DEPTH, level="warning"),
    needs=Needs(upload=True, length=2, longest=4),
    parameters=SETUP_PARAMETERS,
    about="UPL002",
)
def root_uploaded_beside_whole_chain_on_device(s: FactorySetup) -> None:
    """The devices carry the whole chain, and the root, in which it ends, was uploaded: the page leaves this open."""
    s.settings[DEPTH] = s.parameters.length + 1
    s.upload = [s.chain[-1]]


@near_miss(needs=Needs(upload=True, length=2), parameters=SETUP_PARAMETERS, about="UPL003")
def depth_told_by_upload(s: FactorySetup) -> None:
    """Nobody said the depth; the upload is the rest of fcu.crt at one depth or another."""
    s.upload = _rest(s)
    s.remove_file(CONFIG_FILE)
