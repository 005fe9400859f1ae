"""CHN: what can be wrong with fcu.crt as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from . import der
from .cases import Room, case, intermediate, settings, stranger
from .maker import NOW, Cert, Request, basic_constraints, directory, flipped, line, name, name_constraints, pem_block


def _files(room: Room, chain: list[Cert], *certs: Cert | str) -> None:
    """The key of the chain's FCU certificate, and these certificates in this order."""
    room.key(chain[0].key)
    room.chain(*certs)


@case({"CHN001"})
def request_inside(room: Room) -> None:
    """The request in front of a good chain."""
    chain = line()
    _files(room, chain, Request(chain[0].key).pem, *chain)


@case({"CHN001"}, either=[{"CHN001", "CRT002"}, {"CRT002"}])
def request_instead(room: Room) -> None:
    """Only the request in fcu.crt: no certificate that could fail to parse, so CHN001 names the fault."""
    chain = line()
    _files(room, chain, Request(chain[0].key).pem)


@case({"CHN001"})
def trusted_certificate(room: Room) -> None:
    """The root as OpenSSL's TRUSTED CERTIFICATE. That no plain root is left for the chain (CHN005) follows from it."""
    chain = line()
    trust = der.seq(der.seq(der.oid("1.3.6.1.5.5.7.3.2")))
    _files(room, chain, chain[0], chain[1], pem_block(chain[2].der + trust, "TRUSTED CERTIFICATE"))


@case({"CHN001"})
def label_of_old(room: Room) -> None:
    """A lone certificate under X509 CERTIFICATE, a label that OpenSSL reads and FCU is not said to."""
    chain = line(1)
    _files(room, chain, pem_block(chain[0].der, "X509 CERTIFICATE"))


@case({"CHN001"})
def revocation_list_inside(room: Room) -> None:
    """An X509 CRL block behind a good chain."""
    chain = line()
    _files(room, chain, *chain, pem_block(der.seq(der.NULL), "X509 CRL"))


@case({"CHN001"})
def public_key_inside(room: Room) -> None:
    """A PUBLIC KEY block behind a good chain: no secret, so CHN001 alone."""
    chain = line()
    _files(room, chain, *chain, chain[0].key.public_pem())


@case({"CHN003"})
def reversed_order(room: Room) -> None:
    """Root ← … ← FCU written from the root down: all is there. That the key does not match the first certificate
    follows from the order.
    """
    chain = line()
    _files(room, chain, *reversed(chain))


@case({"CHN003"})
def reversed_with_everything_else(room: Room) -> None:
    """The same with request, certificate-authority values and depth: none of what speaks of "the FCU certificate" is
    a second fault.
    """
    chain = intermediate(room, size=4, depth=2)
    room.chain(*reversed(chain))


@case({"CHN003"})
def reversed_pair(room: Room) -> None:
    """Root before FCU, the shortest chain."""
    chain = line(2)
    _files(room, chain, *reversed(chain))


@case({"CHN003"})
def root_before_the_intermediate(room: Room) -> None:
    """FCU, root, intermediate."""
    chain = line()
    _files(room, chain, chain[0], chain[2], chain[1])


@case({"CHN003"})
def intermediate_first(room: Room) -> None:
    """Intermediate, FCU, root: a permutation, so again the key is not to blame."""
    chain = line()
    _files(room, chain, chain[1], chain[0], chain[2])


@case({"CHN003"}, either=[{"CHN005"}])
def issuer_of_another_name(room: Room) -> None:
    """FCU names an issuer that is nowhere; its signature is the intermediate's all the same. The next certificate is
    not the issuer it names.
    """
    chain = line(fcu={"issuer_name": name(CN="Somebody")})
    room.keystore_of(chain)


@case({"CHN003"}, either=[{"CHN005"}])
def issuer_in_the_reverse_order(room: Room) -> None:
    """FCU writes the RDNs of its issuer backwards, as some tools print them: another name by RFC 5280 7.1."""
    room.keystore_of(line(fcu={"issuer_name": name(CN="Aurora Issuing CA 1", O="Aurora Devices Oy")}))


@case({"CHN004"})
def fcu_signature_flipped(room: Room) -> None:
    """The last bit of the FCU certificate's signature is turned."""
    room.keystore_of(line(fcu={"after_signing": flipped}))


@case({"CHN004"})
def intermediate_changed_after_signing(room: Room) -> None:
    """The intermediate's pathLen was raised in a hex editor."""
    constraints = basic_constraints(path_length=5)
    changed = {"after_signing": lambda data: data.replace(constraints, basic_constraints(path_length=6))}
    room.keystore_of(line(middle={"constraints": constraints, **changed}))


@case({"CHN004"}, either=[{"CHN005"}])
def root_signature_flipped(room: Room) -> None:
    """The self-signature of the last certificate does not verify: nobody's issuer is missing, a signature is wrong.

    "Self-signed root" (CHN005) could be read to include a signature that verifies.
    """
    room.keystore_of(line(root={"after_signing": flipped}))


@case({"CHN004"})
def another_root_of_the_same_name(room: Room) -> None:
    """The root was made anew with a new key under the old name; no AKI says which one is meant."""
    chain = line(middle={"authority": None})
    _files(room, chain, *chain[:2], replace(chain[2], key=stranger()))


@case({"CHN004"}, either=[{"CHN004", "CRT014"}])
def another_root_of_the_same_name_with_identifiers(room: Room) -> None:
    """The same with an AKI in the intermediate. As this root did not sign it, its SKI is not "the issuer's": CRT014
    is blocked.
    """
    chain = line()
    _files(room, chain, *chain[:2], replace(chain[2], key=stranger()))


@case({"CHN004"})
def signed_by_a_stranger(room: Room) -> None:
    """FCU's issuer name and AKI are right, another key signed it: a forgery."""
    room.keystore_of(line(fcu={"signer": stranger()}))


@case({"CHN005"})
def root_missing(room: Room) -> None:
    """FCU ← Issuing, and that is all."""
    chain = line()
    _files(room, chain, *chain[:2])


@case({"CHN005"})
def root_missing_with_a_fitting_depth(room: Room) -> None:
    """The same of four, with request and configuration: a depth of 3 still fits the certificates that are there."""
    chain = intermediate(room, size=4, depth=3)
    room.chain(*chain[:3])


@case({"CHN005"}, either=[{"CHN003"}])
def intermediate_missing(room: Room) -> None:
    """FCU, root: the issuer of FCU is missing, no order of the two would be right. The last one is a root all the
    same.
    """
    chain = line()
    _files(room, chain, chain[0], chain[2])


@case({"CHN005"}, either=[{"CHN003"}])
def one_of_two_intermediates_missing(room: Room) -> None:
    """FCU ← Issuing 1, root: the issuer of the second is missing."""
    chain = line(4)
    _files(room, chain, chain[0], chain[1], chain[3])


@case({"CHN006"})
def intermediate_twice(room: Room) -> None:
    """FCU, intermediate, intermediate, root: a duplicate, not a wrong order."""
    chain = line()
    _files(room, chain, chain[0], chain[1], chain[1], chain[2])


@case({"CHN006"})
def root_twice(room: Room) -> None:
    """`cat fcu intermediate_chain root`: the chain file had the root already."""
    chain = line()
    _files(room, chain, *chain, chain[2])


@case({"CHN006"})
def lone_certificate_twice(room: Room) -> None:
    """The same self-signed certificate appended to itself: no chain, and no loop of different certificates."""
    chain = line(1)
    _files(room, chain, chain[0], chain[0])


@case({"CHN006"})
def fcu_certificate_again_at_the_end(room: Room) -> None:
    """FCU, intermediate, root, FCU."""
    chain = intermediate(room)
    room.chain(*chain, chain[0])


@case({"CHN007"})
def unrelated_root_at_the_end(room: Room) -> None:
    """Another factory's root behind a good chain."""
    chain = line()
    _files(room, chain, *chain, line(factory=" far away")[2])


@case({"CHN007"})
def unrelated_certificate_in_the_middle(room: Room) -> None:
    """A stranger between intermediate and root: take it out and all is right, so neither order nor completeness is
    the fault.
    """
    chain = line()
    _files(room, chain, chain[0], chain[1], line(1, factory=" far away")[0], chain[2])


@case({"CHN007"})
def the_neighbour_line(room: Room) -> None:
    """FCU line 2, below the same intermediate, stands behind line 1."""
    chain = line()
    neighbour = line(fcu={"key": stranger(), "subject": name(CN="FCU line 2")})[0]
    _files(room, chain, chain[0], neighbour, *chain[1:])


@case({"CHN007"})
def root_behind_a_lone_certificate(room: Room) -> None:
    """FCU's self-signed certificate, and a root that has nothing to do with it."""
    chain = line(1)
    _files(room, chain, chain[0], line(factory=" far away")[2])


@case({"CHN008"})
def path_length_of_the_root(room: Room) -> None:
    """pathLen 0 on the root, two CAs below it."""
    room.keystore_of(line(root={"constraints": basic_constraints(path_length=0, critical=True)}))


@case({"CHN008"})
def path_length_that_forgets_the_devices(room: Room) -> None:
    """pathLen 1 on the root of three: enough for FCU as the last certificate, one short as FCU signs devices."""
    room.keystore_of(line(root={"constraints": basic_constraints(path_length=1)}))


@case({"CHN008"})
def path_length_of_the_intermediate(room: Room) -> None:
    """pathLen 0 on the intermediate: it may sign devices, not FCU."""
    room.keystore_of(line(middle={"constraints": basic_constraints(path_length=0)}))


@case({"CHN009"})
def excluded_names(room: Room) -> None:
    """The root excludes directory names that begin with the company's own O."""
    own = directory(name(O="Aurora Devices Oy"))
    fcu = {"subject": name(O="Aurora Devices Oy", CN="FCU")}
    room.keystore_of(line(root={"more": (name_constraints(excluded=own),)}, fcu=fcu))


@case({"CHN009"})
def names_of_another_company(room: Room) -> None:
    """The intermediate permits only a company that the FCU certificate does not belong to."""
    other = directory(name(O="Somebody Else Ltd"))
    room.keystore_of(line(middle={"more": (name_constraints(permitted=other),)}))


@case({"CHN011"})
def fcu_certificate_alone(room: Room) -> None:
    """The FCU certificate of a chain without its chain: CHN011 speaks of a lone certificate, so CHN005 does not
    apply.
    """
    chain = line()
    _files(room, chain, chain[0])


@case({"CHN011"})
def fcu_certificate_alone_in_intermediate_mode(room: Room) -> None:
    """The same with request and configuration: the CA's answer was copied without its chain. No CFG009, as it is not
    self-signed.
    """
    chain = intermediate(room)
    room.chain(chain[0])
    room.config(settings(intermediate="true", depth=1))


@case({"CHN011"})
def self_signature_flipped(room: Room) -> None:
    """A lone certificate with a bit of its signature turned."""
    room.keystore_of(line(1, fcu={"after_signing": flipped}))


@case({"CHN011"})
def self_issued_and_not_self_signed(room: Room) -> None:
    """Subject and issuer of the lone certificate are the same name, another key signed it."""
    room.keystore_of(line(1, fcu={"signer": stranger()}))


@case({"CHN012"})
def fcu_named_as_its_issuer(room: Room) -> None:
    """FCU and intermediate have one name and two keys: FCU's certificate looks self-signed and is not."""
    same = {"subject": name(O="Aurora Devices Oy", CN="Aurora CA")}
    room.keystore_of(line(middle=same, fcu=same))


@case({"CHN012"})
def intermediate_rolled_over(room: Room) -> None:
    """FCU ← new Issuing ← old Issuing ← root: the new key's certificate is self-issued, signed with the old key."""
    fcu, old, root = line()
    new = replace(old, issuer=old, key=stranger(), not_after=NOW + timedelta(days=12600))
    room.keystore_of([replace(fcu, issuer=new), new, old, root])


@case({"CHN012"}, either=[{"CHN007"}])
def cross_signed_loop(room: Room) -> None:
    """FCU ← Issuing (by Bridge) ← Bridge (by Issuing) ← Issuing (by root) ← root: every step is right, and the path
    goes in a circle.

    A judge that looks for the shortest path finds the first two CAs to be superfluous.
    """
    fcu, issuing, root = line()
    bridge = Cert(name(CN="Bridge"), stranger(), issuing, not_before=fcu.not_before)
    again = replace(issuing, issuer=bridge)
    room.keystore_of([replace(fcu, issuer=again), again, bridge, issuing, root])


@case({"CHN001", "CHN003"}, either=[{"CHN001"}])
def request_inside_a_wrong_order(room: Room) -> None:
    """The request, root, intermediate, FCU: two faults, of which the second can be seen in spite of the first."""
    chain = line()
    _files(room, chain, Request(chain[0].key).pem, *reversed(chain))
