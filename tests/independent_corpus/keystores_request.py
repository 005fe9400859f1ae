"""CSR: what can be wrong with fcu_csr.pem, each time with an otherwise good setup as an intermediate."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .cases import CSR, KEY, Room, case, intermediate, settings, stranger
from .keys import key, rsa_key
from .maker import ECDSA_SHA1, ECDSA_SHA384, FCU_NAME, RSA_SHA256, Request, flipped, line, name, pem_block


@case({"CSR001"}, either=[set()])
def missing(room: Room) -> None:
    """setup-ca-as-intermediate, certificate-authority filled in as FCU's own setup needs it, a chain, and no request.

    That the section is filled in says that FCU made the credentials; a judge that takes every lost request for
    external credentials would
    have nothing left for CSR001.
    """
    intermediate(room)
    (room.keystore / CSR).unlink()


@case({"CSR001"}, either=[{"CRT001"}, {"CRT001", "CSR001"}])
def missing_and_nothing_signed(room: Room) -> None:
    """Key and intermediate settings, no request, no fcu.crt: setup has to be run again. There could be no fcu.crt
    before a request.
    """
    room.key(line()[0].key)
    room.config(settings(intermediate="true", depth=2, authority=FCU_NAME))


@case({"CSR002"})
def empty(room: Room) -> None:
    """A file of no octets: all else of the family is blocked."""
    intermediate(room)
    room.request("")


@case({"CSR002"})
def in_der(room: Room) -> None:
    """DER instead of PEM."""
    chain = intermediate(room)
    room.request(Request(chain[0].key).der)


@case({"CSR002"})
def two_requests(room: Room) -> None:
    """The request twice."""
    chain = intermediate(room)
    room.request(Request(chain[0].key).pem * 2)


@case({"CSR002"})
def a_certificate(room: Room) -> None:
    """The FCU certificate under the request's name."""
    chain = intermediate(room)
    room.request(chain[0].pem)


@case({"CSR002"})
def cut_short(room: Room) -> None:
    """The DER inside the block ends 20 octets early."""
    chain = intermediate(room)
    room.request(pem_block(Request(chain[0].key).der[:-20], "CERTIFICATE REQUEST"))


@case({"CSR002"})
def bytes_left_over(room: Room) -> None:
    """Two octets after the request inside its block."""
    chain = intermediate(room)
    room.request(pem_block(Request(chain[0].key).der + b"\0\0", "CERTIFICATE REQUEST"))


@case({"CSR003"})
def flipped_signature(room: Room) -> None:
    """The last bit of the self-signature is turned."""
    chain = intermediate(room)
    room.request(Request(chain[0].key, after_signing=flipped))


@case({"CSR003"})
def changed_after_signing(room: Room) -> None:
    """One letter of the subject was changed after signing; fcu.yml asks for no subject, so nothing but the signature
    tells.
    """
    chain = line()
    room.keystore_of(chain)
    request = Request(chain[0].key, after_signing=lambda data: data.replace(b"Line", b"line"), subject=name(CN="Line"))
    room.request(request)
    room.config(settings(intermediate="true", depth=2))


@case({"CSR004"}, either=[{"CSR004", "CSR007"}])
def of_another_key(room: Room) -> None:
    """Key and certificate match, the request is of another key: CSR004; that the certificate is not for it (CSR007)
    follows from that.
    """
    intermediate(room)
    room.request(Request(stranger()))


@case({"KEY004"}, either=[{"KEY004", "CSR004"}, {"CSR004"}])
def key_replaced_after_signing(room: Room) -> None:
    """Request and certificate agree, the key is another: the key file is the odd one, so the request's match adds
    nothing.
    """
    chain = intermediate(room)
    (room.keystore / KEY).unlink()
    room.key(stranger())
    assert chain[0].key != stranger()


@case({"KEY004", "CSR007"}, either=[{"CSR007"}, {"KEY004"}])
def certificate_for_another_request(room: Room) -> None:
    """Key and request match, the CA's answer is for another line's request of the same subject.

    Seen from the key it is KEY004, seen from the request CSR007: both can be judged, and each is the own code of this
    fault.
    """
    chain = intermediate(room)
    room.chain(*line(fcu={"key": stranger()}))
    assert chain[0].key != stranger()


@case({"CSR007"}, warnings={"KEY005"})
def certificate_for_another_request_and_a_locked_key(room: Room) -> None:
    """The same with an encrypted key, so that only request and certificate can be compared: CSR007 alone."""
    chain = intermediate(room)
    room.chain(*line(fcu={"key": stranger()}))
    room.key(chain[0].key, chain[0].key.encrypted())


@case({"CSR005"}, warnings={"CSR008"})
def made_before_the_settings_were(room: Room) -> None:
    """The request's subject is FCU's of yesterday; certificate and fcu.yml agree on today's."""
    chain = intermediate(room)
    room.request(Request(chain[0].key, subject=name(CN="FCU")))


@case({"CSR005", "CFG008"}, either=[{"CSR005"}, {"CFG008"}])
def settings_edited_after_it_all(room: Room) -> None:
    """fcu.yml was edited when request and certificate were long made: neither file carries what it says now."""
    intermediate(room)
    room.config(settings(intermediate="true", depth=2, authority={**FCU_NAME, "OU": "Line management"}))


@case({"CSR006"})
def signed_with_sha384(room: Room) -> None:
    """ecdsa-with-SHA384 over P-256; the signature verifies."""
    chain = intermediate(room)
    room.request(Request(chain[0].key, algorithm=ECDSA_SHA384, digest=hashes.SHA384()))


@case({"CSR006"})
def signed_with_sha1(room: Room) -> None:
    """ecdsa-with-SHA1 over P-256: whether or not a reader still verifies SHA-1, the algorithm is the fault."""
    chain = intermediate(room)
    room.request(Request(chain[0].key, algorithm=ECDSA_SHA1, digest=hashes.SHA1()))


@case({"CSR006"}, either=[{"CSR006", "CSR004"}, {"CSR006", "CSR004", "CSR007"}])
def on_another_curve(room: Room) -> None:
    """A P-384 request beside a P-256 key: that it cannot be the same key follows."""
    intermediate(room)
    room.request(Request(key("big", ec.SECP384R1)))


@case({"CSR006"}, either=[{"CSR006", "CSR004"}, {"CSR006", "CSR004", "CSR007"}])
def of_rsa(room: Room) -> None:
    """An RSA request beside a P-256 key."""
    intermediate(room)
    room.request(Request(rsa_key("old habits"), algorithm=RSA_SHA256))


@case(warnings={"CSR008"})
def subject_changed_by_the_authority(room: Room) -> None:
    """The customer's CA wrote another subject; fcu.yml asks for none. CSR008 is a warning."""
    chain = line()
    room.keystore_of(chain)
    room.request(Request(chain[0].key, subject=name(CN="FCU as requested")))
    room.config(settings(intermediate="true", depth=2))


@case({"CSR009"})
def not_signed_yet(room: Room) -> None:
    """Key and request as setup leaves them, fcu.crt still to come: FCU error 212, and not CRT001 as well."""
    holder = line()[0].key
    room.key(holder)
    room.request(Request(holder))
    room.config(settings(intermediate="true", depth=2, authority=FCU_NAME))


@case({"CSR009"})
def not_signed_yet_without_a_configuration(room: Room) -> None:
    """The same without fcu.yml: the request alone says in which mode setup ran."""
    holder = line()[0].key
    room.key(holder)
    room.request(Request(holder))


@case({"CSR009"})
def answer_put_beside_it(room: Room) -> None:
    """The CA's answer lies in the keystore as fcu_cert.pem and was never made into fcu.crt."""
    chain = line()
    room.key(chain[0].key)
    room.request(Request(chain[0].key))
    room.put("fcu_cert.pem", chain[0].pem)
    room.config(settings(intermediate="true", depth=2))


@case({"CSR009", "CSR003"})
def not_signed_and_not_worth_it(room: Room) -> None:
    """Unsigned as yet, and its own signature is wrong: no CA will sign it, a second fault."""
    holder = line()[0].key
    room.key(holder)
    room.request(Request(holder, after_signing=flipped))
    room.config(settings(intermediate="true", depth=2))
