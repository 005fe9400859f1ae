"""Keystores that the `openssl` command line made, judged at the instant of their making."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .cases import CRT, CSR, KEY, Room, case, settings

PAGE_CONFIG = """[req]
distinguished_name=dn
[dn]
[ext]
basicConstraints = CA:TRUE
keyUsage = digitalSignature, keyCertSign, cRLSign
"""


class Bench:
    """A folder outside the keystore in which the commands of the page are typed."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.folder = room.base / "bench"
        self.folder.mkdir()
        (self.folder / "ca_config.cnf").write_text(PAGE_CONFIG)

    def openssl(self, command: str, *more: str) -> None:
        """Runs one command; its words are split at spaces."""
        environment = {**os.environ, "OPENSSL_CONF": os.devnull if "-config" in command else self._plain()}
        words = ["openssl", *command.split(), *more]
        subprocess.run(words, cwd=self.folder, env=environment, check=True, capture_output=True, timeout=600)

    def key(self, name: str) -> None:
        """The page's command for a key."""
        self.openssl(f"ecparam -out {name}_key.pem -name prime256v1 -genkey")

    def root(self, subject: str, more: str = "") -> None:
        """The page's command for the root."""
        self.key("root")
        self.openssl(
            f"req -key root_key.pem -new -x509 -days 7300 -sha256 -out root_cert.pem -config ca_config.cnf "
            f"-extensions ext {more}",
            "-subj",
            subject,
        )

    def signed(
        self, name: str, subject: str, issuer: str, more: str = "-extfile ca_config.cnf -extensions ext"
    ) -> None:
        """The page's commands for a request and the certificate that answers it."""
        self.key(name)
        self.openssl(f"req -new -sha256 -key {name}_key.pem -out {name}_csr.pem", "-subj", subject)
        self.openssl(
            f"x509 -sha256 -req -in {name}_csr.pem -out {name}_cert.pem -CA {issuer}_cert.pem "
            f"-CAkey {issuer}_key.pem -days 7300 -CAcreateserial {more}"
        )

    def text(self, *names: str) -> str:
        """`cat` of files on the bench."""
        return "".join((self.folder / name).read_text() for name in names)

    def deliver(self, *certs: str, request: bool = True) -> None:
        """Puts fcu's key, chain and request into the keystore, and the present instant into the case."""
        self.room.put(KEY, self.text("fcu_key.pem"), 0o600)
        self.room.put(CRT, self.text(*(f"{name}_cert.pem" for name in certs)))
        if request:
            self.room.put(CSR, self.text("fcu_csr.pem"))
        self.room.at = datetime.now(timezone.utc) + timedelta(seconds=2)

    def _plain(self) -> str:
        path: Path = self.folder / "plain.cnf"
        path.write_text("[req]\ndistinguished_name=dn\n[dn]\n")
        return str(path)


def available() -> bool:
    """Whether the command is there."""
    return shutil.which("openssl") is not None


@case(warnings={"CRT009"})
def the_page_with_right_subjects(room: Room) -> None:
    """The page's commands with `/CN=` for `//CN=`: the chain that the page means."""
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("intermediate", "/CN=INT_CA", "root")
    bench.signed("fcu", "/CN=FCU line 1/O=Aurora", "intermediate")
    bench.deliver("fcu", "intermediate", "root")
    room.config(settings(intermediate="true", depth=2))


@case({"CRT012"})
def the_page_to_the_letter(room: Room) -> None:
    """The page's `-subj "//CN=ROOT_CA"` on Linux: exit status 0, and root and intermediate with empty subjects. One
    fault, CRT012.
    """
    bench = Bench(room)
    bench.root("//CN=ROOT_CA")
    bench.signed("intermediate", "//CN=INT_CA", "root")
    bench.signed("fcu", "/CN=FCU line 1/O=Aurora", "intermediate")
    bench.deliver("fcu", "intermediate", "root")
    room.config(settings(intermediate="true", depth=2))


@case({"CRT003"}, either=[{"CRT007", "CRT008"}])
def extension_file_forgotten(room: Room) -> None:
    """The last command without -extfile: OpenSSL 3.0 makes an X.509 v1 certificate for FCU (later releases a v3 one
    without CA rights).
    """
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("fcu", "/CN=FCU line 1", "root", more="")
    bench.deliver("fcu", "root")


@case({"CHN003"})
def concatenated_backwards(room: Room) -> None:
    """`cat root_cert.pem intermediate_cert.pem fcu_cert.pem > fcu.crt`."""
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("intermediate", "/CN=INT_CA", "root")
    bench.signed("fcu", "/CN=FCU line 1", "intermediate")
    bench.deliver("root", "intermediate", "fcu")


@case({"CRT008"})
def own_ca_example(room: Room) -> None:
    """The vendor's example for an own CA: -addext basicConstraints alone, 12775 days."""
    bench = Bench(room)
    bench.key("fcu")
    bench.openssl(
        "req -new -x509 -key fcu_key.pem -sha256 -days 12775 -out fcu_cert.pem",
        "-addext",
        "basicConstraints=CA:TRUE",
        "-subj",
        "/CN=FCU/O=Aurora/C=FI",
    )
    bench.deliver("fcu", request=False)


@case()
def own_ca_example_put_right(room: Room) -> None:
    """The same with the key usages that the vendor's table demands."""
    bench = Bench(room)
    bench.key("fcu")
    bench.openssl(
        "req -new -x509 -key fcu_key.pem -sha256 -days 12775 -out fcu_cert.pem",
        "-addext",
        "basicConstraints=CA:TRUE",
        "-addext",
        "keyUsage=digitalSignature,keyCertSign,cRLSign",
        "-subj",
        "/CN=FCU/O=Aurora/C=FI",
    )
    bench.deliver("fcu", request=False)


@case(warnings={"CHN002"})
def with_the_text_form(room: Room) -> None:
    """`openssl x509 -text` writes the human-readable form above each block: CHN002, a warning."""
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("fcu", "/CN=FCU line 1", "root")
    for name in ("fcu", "root"):
        bench.openssl(f"x509 -text -in {name}_cert.pem -out {name}_cert.pem.txt")
        (bench.folder / f"{name}_cert.pem.txt").replace(bench.folder / f"{name}_cert.pem")
    bench.deliver("fcu", "root")


@case({"CHN001"})
def as_trusted_certificate(room: Room) -> None:
    """`openssl x509 -trustout` on the root: BEGIN TRUSTED CERTIFICATE."""
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("fcu", "/CN=FCU line 1", "root")
    bench.openssl("x509 -trustout -addtrust clientAuth -in root_cert.pem -out trusted.pem")
    (bench.folder / "trusted.pem").replace(bench.folder / "root_cert.pem")
    bench.deliver("fcu", "root")


@case({"KEY008"})
def exported_as_pkcs12(room: Room) -> None:
    """`openssl pkcs12 -export` into the keystore, for a colleague."""
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("fcu", "/CN=FCU line 1", "root")
    bench.deliver("fcu", "root")
    bench.openssl("pkcs12 -export -in fcu_cert.pem -inkey fcu_key.pem -out fcu.pfx -passout pass:changeit")
    room.put("fcu.pfx", (bench.folder / "fcu.pfx").read_bytes(), 0o600)


@case({"CRT005"})
def default_digest_of_another_policy(room: Room) -> None:
    """The root signs FCU with -sha512, a company's policy."""
    bench = Bench(room)
    bench.root("/CN=ROOT_CA")
    bench.signed("fcu", "/CN=FCU line 1", "root", more="-sha512 -extfile ca_config.cnf -extensions ext")
    bench.deliver("fcu", "root")
