"""Conformant: the same material in every form of file that a real keystore may have."""

from __future__ import annotations

from . import der
from .cases import CRT, KEY, Room, case, intermediate, settings, stranger
from .keys import EC_PARAMETERS
from .maker import Request, line, name, pem_block


@case()
def external_credentials_without_a_configuration(room: Room) -> None:
    """FCU ← Issuing ← Root and no fcu.yml at all: the page's "Providing external credentials"; nothing of CFG
    applies.
    """
    room.keystore_of(line())


@case()
def lone_external_certificate(room: Room) -> None:
    """One self-signed certificate of the customer's own, without fcu.yml."""
    room.keystore_of(line(1))


@case()
def depth_given_from_outside(room: Room) -> None:
    """External chain, no fcu.yml, the depth told to the judge."""
    room.depth = 3
    room.keystore_of(line())


@case()
def key_with_ec_parameters(room: Room) -> None:
    """`openssl ecparam -genkey` writes EC PARAMETERS before the SEC1 key: the documented command, so it must pass."""
    chain = line(1)
    room.key(chain[0].key, EC_PARAMETERS + chain[0].key.sec1())
    room.chain(*chain)


@case()
def key_in_pkcs8(room: Room) -> None:
    """The key as PKCS#8, as `openssl genpkey` writes it."""
    chain = line(1)
    room.key(chain[0].key, chain[0].key.pkcs8())
    room.chain(*chain)


@case()
def windows_line_ends(room: Room) -> None:
    """CRLF in key, chain and request: made on Windows, and CHN002 says that it is fine."""
    chain = line()
    room.key(chain[0].key, chain[0].key.sec1().replace("\n", "\r\n"))
    room.chain(*(cert.pem.replace("\n", "\r\n") for cert in chain))
    room.request(Request(chain[0].key, chain[0].subject).pem.replace("\n", "\r\n"))


@case()
def no_final_newline(room: Room) -> None:
    """Neither file ends in a newline."""
    chain = line()
    room.key(chain[0].key, chain[0].key.sec1().rstrip())
    room.chain("".join(cert.pem for cert in chain).rstrip())


@case()
def blank_lines(room: Room) -> None:
    """Blank lines before, between and after the certificates."""
    chain = line()
    room.key(chain[0].key, "\n" + chain[0].key.pkcs8() + "\n\n")
    room.chain("\n", *(cert.pem + "\n\n" for cert in chain))


@case(never={"CHN001"})
def trailing_spaces_as_on_the_page(room: Room) -> None:
    """The page's listing has three spaces behind some of its BEGIN and END lines; whoever copies it gets them too."""
    chain = line()
    room.key(chain[0].key)
    room.chain(
        *(
            cert.pem.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE-----   ").replace(
                "END CERTIFICATE-----", "END CERTIFICATE-----   "
            )
            for cert in chain[:2]
        ),
        chain[2].pem,
    )


@case()
def other_line_width(room: Room) -> None:
    """Base64 in lines of 76 (MIME) and of 48 characters instead of 64: every PEM reader takes them."""
    chain = line(2)
    room.key(chain[0].key)
    room.chain(pem_block(chain[0].der, width=76), pem_block(chain[1].der, width=48))


@case(warnings={"CHN002"})
def text_between_the_certificates(room: Room) -> None:
    """`openssl s_client -showcerts` leaves subject and issuer lines above each block: explanatory text is CHN002, a
    warning.
    """
    chain = line()
    room.key(chain[0].key)
    room.chain(*(f" {number} s:CN = whatever\n   i:CN = whoever\n{cert.pem}" for number, cert in enumerate(chain)))


@case(warnings={"CHN002"})
def byte_order_mark(room: Room) -> None:
    """fcu.crt saved by Notepad begins with a UTF-8 byte order mark: CHN002, a warning."""
    chain = line()
    room.key(chain[0].key)
    room.chain("\ufeff", *chain)


@case(never={"KEY008"})
def links_inside_the_keystore(room: Room) -> None:
    """fcu.crt and the key are links to dated files in the keystore: no link leads out, and the key lies there only
    once.
    """
    chain = line()
    room.put("line1-2026-11.key", chain[0].key.sec1(), 0o600)
    room.put("line1-2026-11.crt", "".join(cert.pem for cert in chain))
    room.link(KEY, "line1-2026-11.key")
    room.link(CRT, "line1-2026-11.crt")


@case(never={"KEY008"})
def leftovers_of_the_page_example(room: Room) -> None:
    """What the page's commands leave behind, but for the keys: certificates, chain, serial file, configuration,
    request.
    """
    chain = line()
    room.keystore_of(chain)
    room.put("root_cert.pem", chain[2].pem)
    room.put("root_cert.srl", "3A9B64F0C0\n")
    room.put("intermediate_cert.pem", chain[1].pem)
    room.put("intermediate_csr.pem", Request(chain[1].key, chain[1].subject).pem)
    room.put("intermediate_chain.pem", chain[1].pem + chain[2].pem)
    room.put("fcu_cert.pem", chain[0].pem)
    room.put("ca_config.cnf", "[req]\ndistinguished_name=dn\n[dn]\n[ext]\nbasicConstraints = CA:TRUE\n")


@case(never={"KEY008"})
def unrelated_files(room: Room) -> None:
    """Notes, noise, a public key, an empty file and a folder beside the credentials: no private key is among them."""
    room.keystore_of(line(1))
    room.put("README.txt", "The private key of line 1. Do not copy it.\n")
    room.put("logo.bin", bytes(range(256)) * 5)
    room.put("fcu_public_key.pem", line(1)[0].key.public_pem())
    room.put(".gitkeep", "")
    room.put("Änderungen 'Linie 1' (2).txt", "11.3.2026\n")
    room.put("old/2019/fcu.crt", line(1, factory=" old")[0].pem)


@case(never={"KEY006"})
def key_that_its_owner_can_only_read(room: Room) -> None:
    """Mode 0400: stricter than 0600 is right."""
    chain = line(1)
    room.key(chain[0].key, mode=0o400)
    room.chain(*chain)


@case(never={"KEY007"})
def folder_that_others_can_only_pass(room: Room) -> None:
    """A keystore of mode 0711: others can neither list nor write it."""
    room.keystore_of(line(1))
    room.keystore.chmod(0o711)


@case(warnings={"KEY007"})
def folder_that_everybody_lists(room: Room) -> None:
    """A keystore of mode 0755 with a key of mode 0600: KEY007 is a warning."""
    room.keystore_of(line(1))
    room.keystore.chmod(0o755)


@case(warnings={"KEY005"})
def encrypted_key(room: Room) -> None:
    """The key is PKCS#8 under a passphrase: KEY005 is a warning, and the match is not judged."""
    chain = line(1)
    room.key(chain[0].key, chain[0].key.encrypted())
    room.chain(*chain)


@case(warnings={"KEY005"})
def encrypted_key_of_the_old_kind(room: Room) -> None:
    """The key is SEC1 with Proc-Type and DEK-Info headers: the same KEY005, and its headers are no stray text."""
    chain = line(1)
    room.key(chain[0].key, chain[0].key.encrypted(legacy=True))
    room.chain(*chain)


@case(warnings={"KEY011"})
def inside_a_work_tree(room: Room) -> None:
    """The installation is a git work tree that does not ignore the key: the next `git add .` tracks it, so KEY011
    warns.
    """
    room.keystore_of(line(1))
    _repository(room)


@case(never={"KEY011"})
def ignored_by_the_work_tree(room: Room) -> None:
    """The twin of inside_a_work_tree: .gitignore names the keystore, so nothing would track the key."""
    room.keystore_of(line(1))
    _repository(room)
    room.put("../.gitignore", "# secrets\n/keystore/\n")


@case()
def two_lines_of_one_factory(room: Room) -> None:
    """Two FCU instances below the same intermediate and root, with keys and subjects of their own."""
    chain = line()
    room.keystore_of(chain)
    second = line(fcu={"key": stranger(2), "subject": name(O="Aurora Devices Oy", CN="FCU line 2")})
    room.another("second").keystore_of([second[0], *chain[1:]])


@case()
def two_factories(room: Room) -> None:
    """Two FCU instances that share nothing, each with fcu.yml of its own and chains of unlike length."""
    room.keystore_of(line())
    room.config(settings(depth=2))
    second = room.another("second")
    second.keystore_of(line(2, factory=" south"))
    second.config(settings(depth=1))


@case()
def request_of_another_program(room: Room) -> None:
    """Intermediate mode where the request asks for extensions and a challenge, as other tools make it: only names,
    key and signature count.
    """
    chain = intermediate(room)
    attributes = der.seq(der.oid("1.2.840.113549.1.9.7"), der.set_of(der.utf8("open sesame")))
    room.request(Request(chain[0].key, attributes=attributes))


def _repository(room: Room) -> None:
    """An empty git repository at the installation's folder, as `git init` makes it."""
    room.put("../.git/HEAD", "ref: refs/heads/main\n")
    room.put("../.git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
    (room.base / "fcu/.git/objects").mkdir()
    (room.base / "fcu/.git/refs/heads").mkdir(parents=True)
