"""Root, intermediate, FCU and device as the tools of other people make them, with the defaults that these have."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

#: What a device is called: its endpoint name.
DEVICE = "lamp-0001"
DAYS = 7300
EASY_RSA = "/usr/share/easy-rsa/easyrsa"
PASSWORD = "changeit"
#: The documentation requires digitalSignature, keyCertSign and cRLSign of a CA; many tools leave the first out.
NO_DIGITAL_SIGNATURE = frozenset({"CRT008"})

OPENSSL_CA = """
[ca]
default_ca = here
[here]
dir = {folder}
new_certs_dir = $dir
database = $dir/index.txt
serial = $dir/serial
default_md = sha256
default_days = 7300
policy = anything
unique_subject = no
[anything]
countryName = optional
stateOrProvinceName = optional
organizationName = optional
commonName = supplied
[authority]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer
basicConstraints = critical, CA:true
keyUsage = critical, digitalSignature, cRLSign, keyCertSign
[device]
basicConstraints = CA:FALSE
nsComment = "OpenSSL Generated Certificate"
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid,issuer
[req]
distinguished_name = dn
[dn]
"""


@dataclass
class Bench:
    """A folder in which a tool makes root.crt, intermediate.crt, fcu.crt, fcu.key and device.crt, all of them PEM."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, *more: str, given: str = "", to: str = "") -> str:
        """What a command writes, into the file `to` where there is one; its words are split at blanks."""
        environment = {**os.environ, "OPENSSL_CONF": os.devnull, **self.environment}
        done = subprocess.run(
            [*command.split(), *more],
            cwd=self.folder,
            env=environment,
            input=given.encode(),
            capture_output=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
        if to:
            (self.folder / to).write_bytes(done.stdout)
        return done.stdout.decode(errors="replace")

    def write(self, name: str, content: str | bytes) -> None:
        """Writes a file of the folder."""
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, name: str) -> str:
        """The text of a file of the folder."""
        return (self.folder / name).read_text()

    def copy(self, source: str, target: str) -> None:
        """Copies a file within the folder."""
        self.write(target, self.read(source))


@dataclass(frozen=True)
class Tool:
    """A tool: what makes its chain, the commands and files that this needs, and errors that the documentation backs."""

    make: Callable[[Bench], None]
    needs: Collection[str]
    package: str
    documented: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the function that makes the chain."""
        return self.make.__name__


#: Who signs whom: name, common name, issuer.
LINE = (
    ("root", "Aurora Root CA", "root"),
    ("intermediate", "Aurora Intermediate CA", "root"),
    ("fcu", "Aurora FCU line 1", "intermediate"),
)
WITH_DEVICE = (*LINE, ("device", DEVICE, "fcu"))


def openssl_x509(bench: Bench) -> None:
    """`openssl req -x509` and `openssl x509 -req` with the extensions that a CA needs."""
    bench.write("plain.cnf", "[req]\ndistinguished_name=dn\n[dn]\n")
    bench.write(
        "ca.ext",
        "basicConstraints=CA:TRUE\nkeyUsage=digitalSignature,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    )
    bench.write("device.ext", "keyUsage=digitalSignature\n")  # without extensions OpenSSL 3.0 makes version 1
    for name, common_name, issuer in WITH_DEVICE:
        bench.run(f"openssl ecparam -name prime256v1 -genkey -noout -out {name}.key")
        request = f"openssl req -new -key {name}.key -config plain.cnf -out {name}.csr"
        bench.run(request, "-subj", f"/C=FI/O=Aurora Oy/CN={common_name}")
        signer = f"-CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial" if name != "root" else "-signkey root.key"
        extensions = "device.ext" if name == "device" else "ca.ext"
        bench.run(f"openssl x509 -req -in {name}.csr -out {name}.crt -days {DAYS} {signer} -extfile {extensions}")


def openssl_ca(bench: Bench) -> None:
    """`openssl ca` with the usual openssl.cnf: serial numbers count from 01."""
    bench.write("ca.cnf", OPENSSL_CA.format(folder=bench.folder))
    bench.write("index.txt", "")
    bench.write("serial", "01\n")
    for name, common_name, issuer in WITH_DEVICE:
        bench.run(f"openssl ecparam -name prime256v1 -genkey -out {name}.key")
        bench.run(
            f"openssl req -new -key {name}.key -config ca.cnf -out {name}.csr",
            "-subj",
            f"/C=FI/O=Aurora/CN={common_name}",
        )
        signer = f"-cert {issuer}.crt -keyfile {issuer}.key" if name != "root" else "-selfsign -keyfile root.key"
        kind = "device" if name == "device" else "authority"
        bench.run(
            f"openssl ca -batch -config ca.cnf -in {name}.csr -out {name}.crt -extensions {kind} {signer} -notext"
        )


def easy_rsa(bench: Bench) -> None:
    """`easyrsa build-ca`, `build-ca subca`, `sign-req ca` and `build-client-full`, one PKI for each CA."""
    settings = {"EASYRSA_BATCH": "1", "EASYRSA_ALGO": "ec", "EASYRSA_CURVE": "prime256v1"}
    for name, common_name, issuer in LINE:
        bench.environment = {**settings, "EASYRSA_PKI": str(bench.folder / name), "EASYRSA_REQ_CN": common_name}
        bench.run(f"{EASY_RSA} init-pki")
        bench.run(f"{EASY_RSA} build-ca nopass" + ("" if name == "root" else " subca"))
        if name != "root":
            bench.environment["EASYRSA_PKI"] = str(bench.folder / issuer)
            bench.run(f"{EASY_RSA} import-req {bench.folder / name}/reqs/ca.req {name}")
            bench.run(f"{EASY_RSA} sign-req ca {name}")
            bench.copy(f"{issuer}/issued/{name}.crt", f"{name}/ca.crt")
        bench.copy(f"{name}/ca.crt", f"{name}.crt")
    bench.environment = {**settings, "EASYRSA_PKI": str(bench.folder / "fcu")}
    bench.run(f"{EASY_RSA} build-client-full {DEVICE} nopass")
    bench.copy(f"fcu/issued/{DEVICE}.crt", "device.crt")
    bench.copy("fcu/private/ca.key", "fcu.key")


def cfssl(bench: Bench) -> None:
    """`cfssl gencert` with its JSON requests and profiles."""
    lasting = {"expiry": f"{DAYS * 24}h"}
    usages = ["digital signature", "cert sign", "crl sign"]
    authority = {**lasting, "usages": usages, "ca_constraint": {"is_ca": True}}
    profiles = {"ca": authority, "device": {**lasting, "usages": ["signing", "client auth"]}}
    bench.write("config.json", json.dumps({"signing": {"default": lasting, "profiles": profiles}}))
    for name, common_name, issuer in WITH_DEVICE:
        request = {"CN": common_name, "key": {"algo": "ecdsa", "size": 256}, "names": [{"C": "FI", "O": "Aurora"}]}
        if name == "root":
            request["ca"] = lasting
        bench.write(f"{name}.json", json.dumps(request))
        profile = "device" if name == "device" else "ca"
        signer = f"-ca {issuer}.crt -ca-key {issuer}.key -config config.json -profile {profile}"
        made = json.loads(bench.run(f"cfssl gencert {'-initca' if name == 'root' else signer} {name}.json"))
        bench.write(f"{name}.crt", made["cert"])
        bench.write(f"{name}.key", made["key"])


def certtool(bench: Bench) -> None:
    """GnuTLS' `certtool` with templates. It writes half of its keys in 33 octets, so FCU's goes through OpenSSL."""
    for name, common_name, issuer in WITH_DEVICE:
        bench.run(f"certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile {name}.key")
        use = "tls_www_client" if name == "device" else "ca\ncert_signing_key\ncrl_signing_key"
        subject = f'organization = "Aurora"\ncountry = FI\ncn = "{common_name}"\n'
        bench.write(f"{name}.tmpl", f"{subject}expiration_days = {DAYS}\nsigning_key\n{use}\n")
        signer = f"--load-ca-certificate {issuer}.crt --load-ca-privkey {issuer}.key"
        how = "--generate-self-signed" if name == "root" else f"--generate-certificate {signer}"
        bench.run(f"certtool {how} --load-privkey {name}.key --template {name}.tmpl --outfile {name}.crt")
    bench.copy("fcu.key", "raw.key")
    bench.run("openssl pkey -in raw.key -out fcu.key")


def strongswan_pki(bench: Bench) -> None:
    """strongSwan's `pki --self` and `pki --issue`."""
    for name, common_name, issuer in WITH_DEVICE:
        bench.run("pki --gen --type ecdsa --size 256 --outform pem", to=f"{name}.key")
        flags = f"--flag clientAuth --lifetime {DAYS}" if name == "device" else f"--ca --lifetime {DAYS}"
        signer = f"--issue --type priv --cacert {issuer}.crt --cakey {issuer}.key"
        how = "--self --type ecdsa" if name == "root" else signer
        subject = f"C=FI, O=Aurora, CN={common_name}"
        bench.run(f"pki {how} --in {name}.key {flags} --outform pem --dn", subject, to=f"{name}.crt")


def nss_certutil(bench: Bench) -> None:
    """NSS' `certutil -S`, and `pk12util` for the key."""
    bench.write("noise", os.urandom(64))
    bench.run("certutil -N -d sql:. --empty-password")
    for serial, (name, common_name, issuer) in enumerate(WITH_DEVICE, 1):
        signer = "-x" if name == "root" else f"-c {issuer}"
        use = (
            "--keyUsage digitalSignature"
            if name == "device"
            else "-2 --keyUsage digitalSignature,certSigning,crlSigning"
        )
        command = f"certutil -S -d sql:. -n {name} -t CT,C,C -k ec -q secp256r1 -Z SHA256 -v 240 -m {serial} -z noise"
        bench.run(f"{command} {signer} {use} -s", f"CN={common_name},O=Aurora,C=FI", given="y\n\nn\n")
        bench.run(f"certutil -L -d sql:. -a -n {name}", to=f"{name}.crt")
    bench.run(f"pk12util -d sql:. -n fcu -o fcu.p12 -W {PASSWORD}")
    bench.run(f"openssl pkcs12 -in fcu.p12 -nocerts -nodes -passin pass:{PASSWORD}", to="export.key")
    bench.run("openssl pkey -in export.key -out fcu.key")


def botan(bench: Bench) -> None:
    """Botan's `gen_self_signed`, `gen_pkcs10` and `sign_cert`."""
    for name, common_name, issuer in WITH_DEVICE:
        bench.run("botan keygen --algo=ECDSA --params=secp256r1", to=f"{name}.key")
        who = ["--country=FI", "--organization=Aurora", *([] if name == "device" else ["--ca", "--path-limit=4"])]
        if name == "root":
            bench.run(f"botan gen_self_signed --days={DAYS}", *who, "root.key", common_name, to="root.crt")
            continue
        bench.run("botan gen_pkcs10", *who, f"{name}.key", common_name, to=f"{name}.csr")
        bench.run(f"botan sign_cert --duration={DAYS} {issuer}.crt {issuer}.key {name}.csr", to=f"{name}.crt")


def keytool(bench: Bench) -> None:
    """Java's `keytool -genkeypair` and `-gencert`."""
    store = f"-keystore keys.p12 -storetype PKCS12 -storepass {PASSWORD}"
    for name, common_name, issuer in WITH_DEVICE:
        use = "" if name == "device" else "-ext bc:c -ext ku=digitalSignature,keyCertSign,cRLSign"
        pair = f"keytool -genkeypair -alias {name} -keyalg EC -groupname secp256r1 -sigalg SHA256withECDSA {store}"
        bench.run(f"{pair} -validity {DAYS} {use} -dname", f"CN={common_name}, O=Aurora, C=FI")
        if name == "root":
            bench.run(f"keytool -exportcert -rfc -alias root {store} -file root.crt")
            continue
        bench.run(f"keytool -certreq -alias {name} {store} -file {name}.csr")
        files = f"-infile {name}.csr -outfile {name}.crt"
        bench.run(f"keytool -gencert -rfc -alias {issuer} {store} -validity {DAYS} {use} {files}")
        bench.run(f"keytool -importcert -noprompt -alias {name} {store} -file {name}.crt")
    bench.run(f"openssl pkcs12 -in keys.p12 -nocerts -nodes -passin pass:{PASSWORD}", to="export.key")
    blocks = bench.read("export.key").split("Bag Attributes")
    (block,) = [block for block in blocks if "friendlyName: fcu\n" in block]
    bench.write("export.key", block[block.index("-----BEGIN") :])
    bench.run("openssl pkey -in export.key -out fcu.key")


def trustme(bench: Bench) -> None:
    """PyPI's `trustme`: dates from 2000 to 3000, a DNS name in the subjectAltName."""
    from trustme import CA, KeyType

    root = CA(key_type=KeyType.ECDSA, organization_name="Aurora", organization_unit_name="Aurora Root")
    intermediate = root.create_child_ca(key_type=KeyType.ECDSA)
    fcu = intermediate.create_child_ca(key_type=KeyType.ECDSA)
    for name, authority in (("root", root), ("intermediate", intermediate), ("fcu", fcu)):
        bench.write(f"{name}.crt", authority.cert_pem.bytes())
    bench.write("fcu.key", fcu.private_key_pem.bytes())
    device = fcu.issue_cert("lamp-0001.example.org", common_name=DEVICE, key_type=KeyType.ECDSA)
    bench.write("device.crt", device.cert_chain_pems[0].bytes())


def cryptography(bench: Bench) -> None:
    """PyPI's `cryptography` as its tutorial has it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    keys: dict[str, ec.EllipticCurvePrivateKey] = {}
    names: dict[str, x509.Name] = {}
    now = datetime.now(timezone.utc)
    for name, common_name, issuer in WITH_DEVICE:
        ca = name != "device"
        keys[name] = ec.generate_private_key(ec.SECP256R1())
        words = (
            (NameOID.COUNTRY_NAME, "FI"),
            (NameOID.ORGANIZATION_NAME, "Aurora"),
            (NameOID.COMMON_NAME, common_name),
        )
        names[name] = x509.Name([x509.NameAttribute(*word) for word in words])
        authority = keys[issuer].public_key()
        usage = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
        builder = (
            x509.CertificateBuilder(names[issuer], names[name], keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=DAYS))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[name].public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False)
        )
        bench.write(f"{name}.crt", builder.sign(keys[issuer], hashes.SHA256()).public_bytes(Encoding.PEM))
    plain = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    bench.write("fcu.key", keys["fcu"].private_bytes(*plain))


TOOLS = (
    Tool(openssl_x509, ["openssl"], "openssl"),
    Tool(openssl_ca, ["openssl"], "openssl"),
    Tool(easy_rsa, ["openssl", EASY_RSA], "easy-rsa", NO_DIGITAL_SIGNATURE),
    Tool(cfssl, ["cfssl"], "golang-cfssl", NO_DIGITAL_SIGNATURE),
    Tool(certtool, ["certtool", "openssl"], "gnutls-bin"),
    Tool(strongswan_pki, ["pki"], "strongswan-pki and libstrongswan-standard-plugins", NO_DIGITAL_SIGNATURE),
    Tool(nss_certutil, ["certutil", "pk12util", "openssl"], "libnss3-tools"),
    Tool(botan, ["botan"], "botan", NO_DIGITAL_SIGNATURE),
    Tool(keytool, ["keytool", "openssl"], "openjdk-17-jre-headless"),
    Tool(trustme, [], "trustme"),
    Tool(cryptography, [], "cryptography"),
)
