"""Defects of how a bundle is encoded, and of its top level."""

from __future__ import annotations

from reference_ca.defects.bundle_edits import (
    NEEDS,
    PARAMETERS,
    SHAPE,
    at,
    edit,
    edit_bytes,
    parameter,
    set_parameter,
)
from reference_ca.defects.model import defect, oddity
from reference_ca.defects.plan import SetUp


@defect(at("BDL001"), needs=NEEDS, shape=SHAPE)
def bundle_empty(s: SetUp) -> None:
    """The bundle has no bytes."""
    edit_bytes(s, lambda _: b"")


@defect(at("BDL001"), needs=NEEDS, shape=SHAPE)
def bundle_cut_short(s: SetUp) -> None:
    """The bundle ends in the middle."""
    edit_bytes(s, lambda data: data[: len(data) // 2])


@defect(at("BDL001"), needs=NEEDS, shape=SHAPE)
def bundle_with_text_that_is_no_utf8(s: SetUp) -> None:
    """A text string of the bundle is not UTF-8."""
    edit_bytes(s, lambda data: data.replace(b"mbed.SerialNumber", b"mbed.Serial\xff\xfeumber"[:17]))


@defect(at("BDL002"), needs=NEEDS, shape=SHAPE)
def line_feed_after_bundle(s: SetUp) -> None:
    """A line feed follows the bundle."""
    edit_bytes(s, lambda data: data + b"\n")


@defect(at("BDL002"), needs=NEEDS, shape=SHAPE)
def two_bundles_in_one_file(s: SetUp) -> None:
    """Two bundles stand in one file."""
    edit_bytes(s, lambda data: data + b"\xa0")


@defect(at("BDL003", "the bundle"), needs=NEEDS, shape=SHAPE)
def map_of_indefinite_length(s: SetUp) -> None:
    """The bundle's map has an indefinite length."""
    edit_bytes(s, lambda data: b"\xbf" + data[1:] + b"\xff")


@defect(at("BDL003", "Keys"), needs=NEEDS, shape=SHAPE)
def array_of_indefinite_length(s: SetUp) -> None:
    """The array of keys has an indefinite length."""
    edit_bytes(s, _indefinite_keys)


def _indefinite_keys(data: bytes) -> bytes:
    start = data.index(b"\x64Keys\x81") + 5
    end = data.index(b"\x6cCertificates", start)
    return data[:start] + b"\x9f" + data[start + 1 : end] + b"\xff" + data[end:]


@defect(at("BDL004"), needs=NEEDS, shape=SHAPE)
def bundle_in_an_array(s: SetUp) -> None:
    """The bundle's map stands in an array."""
    edit_bytes(s, lambda data: b"\x81" + data)


@defect(at("BDL004"), needs=NEEDS, shape=SHAPE)
def bundle_in_a_byte_string(s: SetUp) -> None:
    """The bundle was encoded twice, the second time as a byte string."""
    edit_bytes(s, lambda data: b"\x59" + len(data).to_bytes(2, "big") + data)


@defect(at("BDL005", "the bundle"), needs=NEEDS, shape=SHAPE)
def group_name_as_bytes(s: SetUp) -> None:
    """The name of a group is a byte string."""
    edit(s, lambda message: message.update({b"SID": "7f3a"}))


@defect(at("BDL005", "the bundle"), needs=NEEDS, shape=SHAPE)
def group_name_is_a_number(s: SetUp) -> None:
    """The name of a group is a number."""
    edit(s, lambda message: message.update({1: "7f3a"}))


@defect(at("BDL006", "Verify"), needs=NEEDS, shape=SHAPE)
def group_twice(s: SetUp) -> None:
    """The bundle has a group twice."""
    edit_bytes(s, lambda data: bytes([data[0] + 1]) + data[1:] + b"\x66Verify\x01")


@defect(at("BDL007", "ConfigParams[0].Data"), needs=NEEDS, shape=SHAPE, twin="identifier-as-big-number")
def time_with_a_tag(s: SetUp) -> None:
    """mbed.CurrentTime is tagged as a time, and the device knows no such tag."""
    import cbor2

    edit(s, lambda m: parameter(m, "mbed.CurrentTime").update(Data=cbor2.CBORTag(1, int(s.made.timestamp()))))


@defect(at("BDL007", "Verify"), needs=NEEDS, shape=SHAPE, twin="identifier-as-big-number")
def verify_as_big_number(s: SetUp) -> None:
    """Verify is 1 as an unsigned big number, which the device takes as Data of a parameter alone."""
    edit_bytes(s, lambda data: data.replace(b"\x66Verify\x01", b"\x66Verify\xc2\x41\x01", 1))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL007")
def identifier_as_big_number(s: SetUp) -> None:
    """mbed.ClassId is tagged as an unsigned big number, and the device takes the byte string under the tag."""
    set_parameter(s, "mbed.ClassId", int.from_bytes(b"\xfa" * 16, "big"))


@defect(at("BDL030", "ConfigParams[0].Data"), needs=NEEDS, shape=SHAPE)
def time_as_big_number(s: SetUp) -> None:
    """mbed.CurrentTime is an unsigned big number, and the device takes the byte string under the tag for its time."""
    seconds = int(s.made.timestamp()).to_bytes(4, "big")
    plain, big = b"\x1a" + seconds, b"\xc2\x44" + seconds
    edit_bytes(s, lambda data: data.replace(plain, big, 1))


@defect(at("BDL008"), needs=NEEDS, shape=SHAPE)
def thirteen_groups(s: SetUp) -> None:
    """The bundle has thirteen groups, one more than the device counts."""
    edit(s, lambda message: message.update({f"Group{n}": n for n in range(13 - len(message))}))


@defect(at("BDL009", "certificates"), needs=NEEDS, shape=SHAPE)
def group_in_lower_case(s: SetUp) -> None:
    """A group is called certificates, in lower case."""
    edit(s, lambda message: message.update(certificates=[]))


@defect(at("BDL009", "IsNotLastMessage"), needs=NEEDS, shape=SHAPE)
def group_of_a_comment(s: SetUp) -> None:
    """A group has a name that only a comment in the device's source knows."""
    edit(s, lambda message: message.update(IsNotLastMessage=0))


@defect(at("BDL009", "Verif"), needs=NEEDS, shape=SHAPE)
def group_name_cut_short(s: SetUp) -> None:
    """A group's name is the beginning of a known one, which the device would take."""
    edit(s, lambda message: message.update(Verif=message.pop("Verify")))


@defect(at("BDL010", "SchemeVersion"), needs=NEEDS, shape=SHAPE, twin="scheme-version-as-bytes")
def another_scheme_version(s: SetUp) -> None:
    """SchemeVersion is 0.0.2."""
    edit(s, lambda message: message.update(SchemeVersion="0.0.2"))


@defect(at("BDL010", "SchemeVersion"), needs=NEEDS, shape=SHAPE)
def no_scheme_version(s: SetUp) -> None:
    """The bundle has no SchemeVersion."""
    edit(s, lambda message: message.pop("SchemeVersion"))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL010")
def scheme_version_as_bytes(s: SetUp) -> None:
    """SchemeVersion is a byte string, which the device takes too."""
    edit(s, lambda message: message.update(SchemeVersion=b"0.0.1"))


@defect(at("BDL011", "Keys"), needs=NEEDS, shape=SHAPE)
def keys_are_a_map(s: SetUp) -> None:
    """Keys is the one key, without an array around it."""
    edit(s, lambda message: message.update(Keys=message["Keys"][0]))


@defect(at("BDL011", "ConfigParams[0]"), needs=NEEDS, shape=SHAPE)
def parameter_is_text(s: SetUp) -> None:
    """An element of ConfigParams is text instead of a map."""
    edit(s, lambda message: message[PARAMETERS].insert(0, "mbed.Timezone=UTC"))


@defect(at("BDL012", "Verify"), needs=NEEDS, shape=SHAPE)
def verify_is_true(s: SetUp) -> None:
    """Verify is CBOR's true instead of the integer 1."""
    edit(s, lambda message: message.update(Verify=True))


@defect(at("BDL012", "Disable"), needs=NEEDS, shape=SHAPE)
def disable_is_two(s: SetUp) -> None:
    """Disable is 2."""
    edit(s, lambda message: message.update(Disable=2))


@defect(at("BDL013", "SID"), needs=NEEDS, shape=SHAPE)
def session_id_as_bytes(s: SetUp) -> None:
    """SID is a byte string."""
    edit(s, lambda message: message.update(SID=b"7f3a"))


@defect(at("BDL014", "Entropy"), needs=NEEDS, shape=SHAPE, twin="entropy-and-root-of-trust")
def entropy_of_47_bytes(s: SetUp) -> None:
    """Entropy has 47 bytes."""
    edit(s, lambda message: message.update(Entropy=s.source.octets("entropy", 47)))


@defect(at("BDL014", "Entropy"), needs=NEEDS, shape=SHAPE)
def entropy_is_text(s: SetUp) -> None:
    """Entropy is text of 48 characters."""
    edit(s, lambda message: message.update(Entropy="0" * 48))


@defect(at("BDL015", "ROT"), needs=NEEDS, shape=SHAPE, twin="entropy-and-root-of-trust")
def root_of_trust_of_15_bytes(s: SetUp) -> None:
    """ROT has 15 bytes."""
    edit(s, lambda message: message.update(ROT=s.source.octets("rot", 15)))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL014")
def entropy_and_root_of_trust(s: SetUp) -> None:
    """Entropy has 48 bytes and ROT 16."""
    octets = s.source.octets
    edit(s, lambda message: message.update(Entropy=octets("entropy", 48), ROT=octets("rot", 16)))
