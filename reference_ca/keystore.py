"""FCU's keystore: set up as FCU does it, filled with a signed chain, or written with external credentials."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.authority import Authority
from reference_ca.chain import Certificates, read_chain, to_pem
from reference_ca.config import Config
from reference_ca.credentials import check_match, key_pem, read_key
from reference_ca.errors import CertificateFileError, FcuCode, FcuError, KeyFileError, ReferenceCaError
from reference_ca.files import Blob, must_not_exist, private_folder, read_regular
from reference_ca.key_source import KeySource
from reference_ca.profiles import CaProfile
from reference_ca.requests import make_request
from reference_ca.signing import self_sign


class Keystore:
    """The folder `<FCU DIR>/keystore` and its three files (fact K-01). Nothing is read or made until asked
    for.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Take the folder's path; it need not be there."""
        self.folder = Path(folder)

    def __repr__(self) -> str:
        """Name the folder."""
        return f"<Keystore {self.folder}>"

    @property
    def private_key_file(self) -> Path:
        """fcu_private_key.pem, the key of the first certificate in fcu.crt (fact K-04)."""
        return self.folder / "fcu_private_key.pem"

    @property
    def certificate_file(self) -> Path:
        """fcu.crt, one self-signed certificate or a chain with the root last (fact K-03)."""
        return self.folder / "fcu.crt"

    @property
    def csr_file(self) -> Path:
        """fcu_csr.pem, only where FCU is an intermediate CA and made its key itself (fact K-02)."""
        return self.folder / "fcu_csr.pem"

    def setup(self, config: Config, source: KeySource | None = None, *, replace: bool = False) -> None:
        """Make the files as FCU's setup does (fact K-02): the key, and a self-signed fcu.crt or the request
        fcu_csr.pem.

        `ExistsError` where one of them is there. With ``replace`` certificate and request are written anew
        from the key that is there; a private key is never replaced. `ConfigError` 201 where
        `certificate-authority` is empty.
        """
        source = source or KeySource()
        subject = config.certificate_authority.as_x509()
        if not list(subject):
            raise config.error("certificate-authority has no value", "fill in common-name at least")
        keep = replace and os.path.lexists(self.private_key_file)
        if not replace:
            must_not_exist(self.private_key_file, self.certificate_file, self.csr_file)
        private_folder(self.folder)
        key = (
            _read_private_key(self.private_key_file)
            if keep
            else source.private_key(f"fcu/{subject.public_bytes().hex()}")
        )
        if not keep:
            key_pem(key).write_to_path(self.private_key_file)
        if config.setup_ca_as_intermediate:
            make_request(key, subject).write_to_path(self.csr_file, replace=replace)
        else:
            profile = CaProfile()
            certificate = self_sign(key, subject, profile.years, profile.extensions(), source)
            to_pem([certificate]).write_to_path(self.certificate_file, replace=replace)

    def request(self) -> Blob:
        """The bytes of fcu_csr.pem; `ReferenceCaError` where setup has made none."""
        try:
            return Blob(read_regular(self.csr_file))
        except OSError:
            raise ReferenceCaError(
                "there is no readable request", self.csr_file, "run setup with setup-ca-as-intermediate: true"
            ) from None

    def install_chain(self, chain: Certificates, *, replace: bool = False) -> None:
        """Write fcu.crt from a signed chain, the FCU certificate first and the root last (fact K-03).

        `KeyFileError` 100 where the first certificate is not that of fcu_private_key.pem (K-04),
        `CertificateFileError` 211 where a certificate is not signed by the next one or the last is not a root.
        """
        check_match(_read_private_key(self.private_key_file), chain, self.folder)
        _check_order(chain, self.certificate_file)
        to_pem(chain).write_to_path(self.certificate_file, replace=replace)

    def provide(self, authority: Authority) -> None:
        """Write external credentials: the key and chain of ``authority``, as the page's own section on them
        has it (fact K-10).
        """
        must_not_exist(self.private_key_file, self.certificate_file)
        private_folder(self.folder)
        authority.private_key_pem.write_to_path(self.private_key_file)
        authority.chain_pem.write_to_path(self.certificate_file)

    def chain(self) -> Certificates:
        """The certificates of fcu.crt. `CertificateFileError` 210 missing, 212 still to be signed, 197
        closed, 211 not loadable.
        """
        try:
            return read_chain(read_regular(self.certificate_file), self.certificate_file)
        except FileNotFoundError:
            pass
        except PermissionError:
            raise CertificateFileError(*_no_permission(self.certificate_file)) from None
        except OSError:
            return read_chain(b"", self.certificate_file)  # a folder, say: there, and not loadable
        if self.csr_file.exists():
            raise CertificateFileError(
                FcuCode.REQUEST_NOT_SIGNED,
                "the CA certificate file is not found, and the request waits to be signed",
                self.certificate_file,
                f"sign {self.csr_file.name}, save the chain as {self.certificate_file.name}, upload it",
            )
        raise CertificateFileError(
            FcuCode.CERTIFICATE_NOT_FOUND,
            "the CA certificate file is not found",
            self.certificate_file,
            "run setup",
        )

    def authority(self, source: KeySource | None = None) -> Authority:
        """The CA that this keystore holds. `KeyFileError` and `CertificateFileError` say what is wrong with
        it.
        """
        chain, key = self.chain(), _read_private_key(self.private_key_file)
        check_match(key, chain, self.folder)
        return Authority(key, chain, source)

    def check(self) -> list[FcuError]:
        """Everything that is wrong with key and certificate, each as the error that reading it would
        raise.
        """
        found: list[FcuError] = []
        try:
            chain = self.chain()
        except FcuError as error:
            found.append(error)
        try:
            key = _read_private_key(self.private_key_file)
        except FcuError as error:
            found.append(error)
        if not found:
            try:
                check_match(key, chain, self.folder)
            except FcuError as error:
                found.append(error)
        return found


def _read_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """FCU's private key. `KeyFileError` 220 missing, 197 closed, 221 not loadable."""
    try:
        data = read_regular(path)
    except FileNotFoundError:
        raise KeyFileError(FcuCode.KEY_NOT_FOUND, "the CA key file is not found", path, "run setup") from None
    except PermissionError:
        raise KeyFileError(*_no_permission(path)) from None
    except OSError:
        data = b""
    return read_key(data, path)


def _check_order(chain: Certificates, path: Path) -> None:
    """Refuse a chain of which a certificate is not signed by the next one, or the last is not a root."""
    for position, (certificate, issuer) in enumerate(zip(chain, (*chain[1:], chain[-1]), strict=True), 1):
        try:
            certificate.verify_directly_issued_by(issuer)
        except Exception:
            what = "the last certificate is not a root" if issuer is certificate else "the next one is not its issuer"
            raise CertificateFileError(
                FcuCode.CERTIFICATE_NOT_LOADED,
                f"certificate {position} of {len(chain)}: {what}",
                path,
                "order the chain from the FCU certificate to the root, and leave none out",
            ) from None


def _no_permission(path: Path) -> tuple[FcuCode, str, Path, str]:
    return FcuCode.NO_PERMISSION, "no permission to open the file", path, "let FCU's user read it"
