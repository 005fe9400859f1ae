"""Defects of how a bundle is encoded, and of its top level."""

from __future__ import annotations

import cbor2

from reference_ca.defects.bundle_edits import (
    NEEDS,
    PARAMETERS,
    SETUP_PARAMETERS,
    edit,
    edit_bytes,
    expected_at,
    parameter,
    set_parameter,
)
from reference_ca.defects.model import defect, near_miss
from reference_ca.defects.plan import FactorySetup


@defect(expected_at("BDL001"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def bundle_empty(s: FactorySetup) -> None:
    """The bundle has no bytes."""
    edit_bytes(s, lambda _: b"")


@defect(expected_at("BDL001"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def bundle_cut_short(s: FactorySetup) -> None:
    """The bundle ends in the middle."""
    edit_bytes(s, lambda data: data[: len(data) // 2])


@defect(expected_at("BDL001"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def bundle_with_text_that_is_no_utf8(s: FactorySetup) -> None:
    """A text string of the bundle is not UTF-8."""
    edit_bytes(s, lambda data: data.replace(b"mbed.SerialNumber", b"mbed.Serial\xff\xfeumber"[:17]))


@defect(expected_at("BDL002"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def line_feed_after_bundle(s: FactorySetup) -> None:
    """A line feed follows the bundle."""
    edit_bytes(s, lambda data: data + b"\n")


@defect(expected_at("BDL002"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def two_bundles_in_one_file(s: FactorySetup) -> None:
    """Two bundles stand in one file."""
    edit_bytes(s, lambda data: data + b"\xa0")


@defect(expected_at("BDL003", "the bundle"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def map_of_indefinite_length(s: FactorySetup) -> None:
    """The bundle's map has an indefinite length."""
    edit_bytes(s, lambda data: b"\xbf" + data[1:] + b"\xff")


@defect(expected_at("BDL003", "Keys"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def array_of_indefinite_length(s: FactorySetup) -> None:
    """The array of keys has an indefinite length."""
    edit_bytes(s, _indefinite_keys)


def _indefinite_keys(data: bytes) -> bytes:
    start = data.index(b"\x64Keys\x81") + 5
    end = data.index(b"\x6cCertificates", start)
    return data[:start] + b"\x9f" + data[start + 1 : end] + b"\xff" + data[end:]


@defect(expected_at("BDL004"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def bundle_in_an_array(s: FactorySetup) -> None:
    """The bundle's map stands in an array."""
    edit_bytes(s, lambda data: b"\x81" + data)


@defect(expected_at("BDL004"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def bundle_in_a_byte_string(s: FactorySetup) -> None:
    """The bundle was encoded twice, the second time as a byte string."""
    edit_bytes(s, lambda data: b"\x59" + len(data).to_bytes(2, "big") + data)


@defect(expected_at("BDL005", "the bundle"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def group_name_as_bytes(s: FactorySetup) -> None:
    """The name of a group is a byte string."""
    edit(s, lambda message: message.update({b"SID": "7f3a"}))


@defect(expected_at("BDL005", "the bundle"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def group_name_is_a_number(s: FactorySetup) -> None:
    """The name of a group is a number."""
    edit(s, lambda message: message.update({1: "7f3a"}))


@defect(expected_at("BDL006", "Verify"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def group_twice(s: FactorySetup) -> None:
    """The bundle has a group twice."""
    edit_bytes(s, lambda data: bytes([data[0] + 1]) + data[1:] + b"\x66Verify\x01")


@defect(
    expected_at("BDL007", "ConfigParams[0].Data"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="identifier-as-big-number",
)
def time_with_a_tag(s: FactorySetup) -> None:
    """mbed.CurrentTime is tagged as a time, and the device knows no such tag."""
    edit(s, lambda m: parameter(m, "mbed.CurrentTime").update(Data=cbor2.CBORTag(1, int(s.made.timestamp()))))


@defect(expected_at("BDL007", "Verify"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="identifier-as-big-number")
def verify_as_big_number(s: FactorySetup) -> None:
    """Verify is 1 as an unsigned big number, which the device takes as Data of a parameter alone."""
    edit_bytes(s, lambda data: data.replace(b"\x66Verify\x01", b"\x66Verify\xc2\x41\x01", 1))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL007")
def identifier_as_big_number(s: FactorySetup) -> None:
    """mbed.ClassId is tagged as an unsigned big number, and the device takes the byte string under the tag."""
    set_parameter(s, "mbed.ClassId", int.from_bytes(b"\xfa" * 16, "big"))


@defect(expected_at("BDL030", "ConfigParams[0].Data"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def time_as_big_number(s: FactorySetup) -> None:
    """mbed.CurrentTime is an unsigned big number, and the device takes the byte string under the tag for its time."""
    seconds = int(s.made.timestamp()).to_bytes(4, "big")
    plain, big = b"\x1a" + seconds, b"\xc2\x44" + seconds
    edit_bytes(s, lambda data: data.replace(plain, big, 1))


@defect(expected_at("BDL008"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def thirteen_groups(s: FactorySetup) -> None:
    """The bundle has thirteen groups, one more than the device counts."""
    edit(s, lambda message: message.update({f"Group{n}": n for n in range(13 - len(message))}))


@defect(expected_at("BDL009", "certificates"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def group_in_lower_case(s: FactorySetup) -> None:
    """A group is called certificates, in lower case."""
    edit(s, lambda message: message.update(certificates=[]))


@defect(expected_at("BDL009", "IsNotLastMessage"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def group_of_a_comment(s: FactorySetup) -> None:
    """A group has a name that only a comment in the device's source knows."""
    edit(s, lambda message: message.update(IsNotLastMessage=0))


@defect(expected_at("BDL009", "Verif"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def group_name_cut_short(s: FactorySetup) -> None:
    """A group's name is the beginning of a known one, which the device would take."""
    edit(s, lambda message: message.update(Verif=message.pop("Verify")))


@defect(
    expected_at("BDL010", "SchemeVersion"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="scheme-version-as-bytes"
)
def another_scheme_version(s: FactorySetup) -> None:
    """SchemeVersion is 0.0.2."""
    edit(s, lambda message: message.update(SchemeVersion="0.0.2"))


@defect(expected_at("BDL010", "SchemeVersion"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def no_scheme_version(s: FactorySetup) -> None:
    """The bundle has no SchemeVersion."""
    edit(s, lambda message: message.pop("SchemeVersion"))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL010")
def scheme_version_as_bytes(s: FactorySetup) -> None:
    """SchemeVersion is a byte string, which the device takes too."""
    edit(s, lambda message: message.update(SchemeVersion=b"0.0.1"))


@defect(expected_at("BDL011", "Keys"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def keys_are_a_map(s: FactorySetup) -> None:
    """Keys is the one key, without an array around it."""
    edit(s, lambda message: message.update(Keys=message["Keys"][0]))


@defect(expected_at("BDL011", "ConfigParams[0]"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def parameter_is_text(s: FactorySetup) -> None:
    """An element of ConfigParams is text instead of a map."""
    edit(s, lambda message: message[PARAMETERS].insert(0, "mbed.Timezone=UTC"))


@defect(expected_at("BDL012", "Verify"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def verify_is_true(s: FactorySetup) -> None:
    """Verify is CBOR's true instead of the integer 1."""
    edit(s, lambda message: message.update(Verify=True))


@defect(expected_at("BDL012", "Disable"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def disable_is_two(s: FactorySetup) -> None:
    """Disable is 2."""
    edit(s, lambda message: message.update(Disable=2))


@defect(expected_at("BDL013", "SID"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def session_id_as_bytes(s: FactorySetup) -> None:
    """SID is a byte string."""
    edit(s, lambda message: message.update(SID=b"7f3a"))


@defect(
    expected_at("BDL014", "Entropy"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="entropy-and-root-of-trust"
)
def entropy_of_47_bytes(s: FactorySetup) -> None:
    """Entropy has 47 bytes."""
    edit(s, lambda message: message.update(Entropy=s.source.octets("entropy", 47)))


@defect(expected_at("BDL014", "Entropy"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def entropy_is_text(s: FactorySetup) -> None:
    """Entropy is text of 48 characters."""
    edit(s, lambda message: message.update(Entropy="0" * 48))


@defect(expected_at("BDL015", "ROT"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="entropy-and-root-of-trust")
def root_of_trust_of_15_bytes(s: FactorySetup) -> None:
    """ROT has 15 bytes."""
    edit(s, lambda message: message.update(ROT=s.source.octets("rot", 15)))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL014")
def entropy_and_root_of_trust(s: FactorySetup) -> None:
    """Entropy has 48 bytes and ROT 16."""
    octets = s.source.octets
    edit(s, lambda message: message.update(Entropy=octets("entropy", 48), ROT=octets("rot", 16)))
