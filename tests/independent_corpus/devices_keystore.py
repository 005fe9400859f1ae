"""Faults of the keystore that a device shows too: they are found there, and are no second fault of the device unless
the catalogue says so.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .cases import Room, case
from .floor import GOOD, device, lamp, plant
from .keys import Key, edwards, key, rsa_key
from .maker import (
    DAY,
    DIGITAL_SIGNATURE,
    ECDSA_SHA224,
    ECDSA_SHA384,
    ECDSA_SHA512,
    ED25519,
    NOW,
    RSA_SHA256,
    basic_constraints,
    key_usage,
)


def _with(room: Room, size: int = 3, depth: int = 2, guilty: bool = False, **changes: object) -> None:
    """A conformant device of an FCU that is not."""
    chain = plant(room, size, depth, **changes)  # type: ignore[arg-type]
    device(room, GOOD, lamp(chain[0], GOOD), *chain[: depth - 1], guilty=guilty)


@case({"CRT007"})
def signer_is_no_ca(room: Room) -> None:
    """FCU's certificate has CA false, which the device does not mind."""
    _with(room, fcu={"constraints": basic_constraints(ca=False)})


@case({"CRT007", "CRT008"}, either=[{"CRT007"}])
def signer_without_ca_extensions(room: Room) -> None:
    """FCU's certificate has neither basicConstraints nor keyUsage."""
    _with(room, fcu={"constraints": None, "usage": None})


@case({"CRT008"})
def signer_that_may_not_sign(room: Room) -> None:
    """FCU's keyUsage is a device's."""
    _with(room, fcu={"usage": key_usage(DIGITAL_SIGNATURE)})


@case({"CHN008"})
def path_length_violated_higher_up(room: Room) -> None:
    """pathLen 0 on the root of three."""
    _with(room, root={"constraints": basic_constraints(path_length=0)})


@case({"CRT006"})
def signer_expired_at_home(room: Room) -> None:
    """FCU's certificate expired yesterday and is not on the device at depth 1: the device's rules have nothing to
    say.
    """
    _with(room, depth=1, fcu={"not_after": NOW - DAY})


@case({"CRT006", "DEV026"}, either=[{"CRT006"}])
def signer_expired_on_the_device(room: Room) -> None:
    """The same at depth 2: the device itself refuses it. CRT006 has said it of the very same bytes."""
    _with(room, fcu={"not_after": NOW - DAY})
    room.guilty.add(f"{GOOD}.pem")


@case({"CRT006", "DEV026"}, either=[{"CRT006"}])
def intermediate_expired_on_the_device(room: Room) -> None:
    """The intermediate expired, depth 3."""
    _with(room, depth=3, middle={"not_after": NOW - DAY})
    room.guilty.add(f"{GOOD}.pem")


@case({"CRT006", "DEV026"}, either=[{"CRT006"}])
def intermediate_not_yet_valid_on_the_device(room: Room) -> None:
    """The intermediate begins tomorrow, depth 3: the device warns only, DEV026 does not accept it."""
    _with(room, depth=3, middle={"not_before": NOW + DAY, "not_after": NOW + 12700 * DAY})
    room.guilty.add(f"{GOOD}.pem")


@case(warnings={"CRT010"})
def signer_of_nine_years_on_the_device(room: Room) -> None:
    """FCU's certificate has nine years left: a warning."""
    _with(room, fcu={"not_after": NOW + 3285 * DAY})


@case({"CRT005"})
def root_with_sha384_on_the_device(room: Room) -> None:
    """[device, FCU, root], the root signs itself with SHA-384: the device cannot read it, CRT005 says it."""
    _with(room, 2, 3, root={"inner": ECDSA_SHA384, "digest": hashes.SHA384()})


@case({"CRT005"})
def root_with_sha512_on_the_device(room: Room) -> None:
    """The same with SHA-512."""
    _with(room, 2, 3, root={"inner": ECDSA_SHA512, "digest": hashes.SHA512()})


@case({"CRT005"})
def root_with_sha224_on_the_device(room: Room) -> None:
    """The same with SHA-224, which the device takes in the last place."""
    _with(room, 2, 3, root={"inner": ECDSA_SHA224, "digest": hashes.SHA224()})


@case({"CRT005"})
def root_with_sha384_at_home(room: Room) -> None:
    """The same root at depth 2: it is not on the device."""
    _with(room, 2, 2, root={"inner": ECDSA_SHA384, "digest": hashes.SHA384()})


@case({"CRT004"})
def root_on_p384_below_the_slice(room: Room) -> None:
    """The last certificate on the device is signed by a P-384 root with SHA-256, which the device takes."""
    _with(room, 2, 2, root={"key": key("big", ec.SECP384R1)})


@case({"CRT004", "CRT005"})
def root_on_p384_signing_with_sha384(room: Room) -> None:
    """The same, and it signs FCU and itself with SHA-384."""
    strong = {"inner": ECDSA_SHA384, "digest": hashes.SHA384()}
    _with(room, 2, 2, root={"key": key("big", ec.SECP384R1), **strong}, fcu=strong)


@case({"CRT004", "KEY003"})
def signer_on_p384(room: Room) -> None:
    """FCU's own key is on P-384, and signs devices with SHA-256."""
    _signer(room, key("big", ec.SECP384R1))


@case({"CRT004", "KEY003"})
def signer_on_p521(room: Room) -> None:
    """On P-521."""
    _signer(room, key("huge", ec.SECP521R1))


@case({"CRT004", "KEY003"})
def signer_on_the_bitcoin_curve(room: Room) -> None:
    """On secp256k1."""
    _signer(room, key("coin", ec.SECP256K1))


@case({"CRT004", "KEY003"})
def signer_on_brainpool(room: Room) -> None:
    """On brainpoolP256r1."""
    _signer(room, key("pool", ec.BrainpoolP256R1))


@case({"CRT004", "KEY003", "DEV009"}, either=[{"CRT004", "KEY003"}])
def signer_of_rsa(room: Room) -> None:
    """FCU's key is RSA, so its devices' signatures are too: of the device DEV009 is true, and it follows."""
    chain = plant(room, fcu={"key": rsa_key("old habits")})
    device(room, GOOD, lamp(chain[0], GOOD, inner=RSA_SHA256), chain[0], guilty=True)


@case({"CRT004", "CRT005"})
def root_of_rsa(room: Room) -> None:
    """An RSA root that signs FCU with RSA; [device, FCU] at depth 2 cannot be read by the device."""
    by_rsa = {"inner": RSA_SHA256}
    _with(room, 2, 2, root={"key": rsa_key("old habits"), **by_rsa}, fcu=by_rsa)


@case({"CRT004", "CRT005"})
def root_of_edwards(room: Room) -> None:
    """An Ed25519 root that signs FCU and itself with Ed25519."""
    by_edwards = {"inner": ED25519}
    _with(room, 2, 3, root={"key": edwards("root"), **by_edwards}, fcu=by_edwards)


def _signer(room: Room, holder: Key) -> None:
    chain = plant(room, fcu={"key": holder})
    device(room, GOOD, lamp(chain[0], GOOD), chain[0])
