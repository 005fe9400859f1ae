"""Lines that are wrong about their keystore, their settings or their upload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import reference_ca
from faulty_ca.line import CRITICAL, Line, Lines
from reference_ca import Authority, CaProfile, Config
from reference_ca.chain import Certificates


class LeavesKeyOpen(Line):
    """Gives everybody the private key to read."""

    caught_by = ("KEY006",)

    def after_work(self) -> None:
        self.keystore.private_key_file.chmod(0o644)


class OpensKeystore(Line):
    """Lets everybody list the keystore."""

    caught_by = ("KEY007",)
    only_warned = True

    def after_work(self) -> None:
        self.keystore.folder.chmod(0o755)


class KeepsCopyOfKey(Line):
    """Copies its key beside the key, before somebody updates FCU."""

    caught_by = ("KEY008",)

    def after_work(self) -> None:
        copy = self.keystore.folder / "fcu_private_key.pem.bak"
        copy.write_bytes(self.keystore.private_key_file.read_bytes())
        copy.chmod(0o600)


class PutsKeyIntoChain(Line):
    """Appends its private key to fcu.crt, as web servers want it."""

    caught_by = ("CHN001", "KEY008")

    def after_work(self) -> None:
        crt = self.keystore.certificate_file
        crt.write_bytes(crt.read_bytes() + self.keystore.private_key_file.read_bytes())


class MakesNewKeyAfterSigning(Line):
    """Makes a new key when the certificate of the old one is there already."""

    caught_by = ("KEY004",)

    def after_work(self) -> None:
        path = self.keystore.private_key_file
        path.unlink()
        reference_ca.RootAuthority(source=self.source).private_key_pem.write_to_path(path)


class KeystoreAlone(Line):
    """Makes no devices: from such a keystore an honest tool would make none."""

    def work(self) -> None:
        self.set_up()
        self.after_work()

    @property
    def devices(self) -> list[Path]:
        return []

    @property
    def uploads(self) -> list[Path]:
        return []


class PutsRootFirst(KeystoreAlone):
    """Writes fcu.crt from the root downward, as some tools print it."""

    caught_by = ("CHN003",)

    def signed(self, above: list[Authority]) -> Certificates:
        return super().signed(above)[::-1]


class SwapsIntermediateAndRoot(KeystoreAlone):
    """Concatenates the root before the intermediate."""

    caught_by = ("CHN003",)

    def signed(self, above: list[Authority]) -> Certificates:
        fcu, *rest = super().signed(above)
        return (fcu, *rest[::-1])


class ForgetsRoot(KeystoreAlone):
    """Leaves the root out of fcu.crt: the upload ends nowhere."""

    caught_by = ("CHN005",)

    def signed(self, above: list[Authority]) -> Certificates:
        return super().signed(above)[:-1]


class AppendsRootTwice(KeystoreAlone):
    """Appends the root that is there already."""

    caught_by = ("CHN006",)

    def signed(self, above: list[Authority]) -> Certificates:
        chain = super().signed(above)
        return (*chain, chain[-1])


class LeavesNoRoomBelow(KeystoreAlone):
    """The intermediate was made for end-entities only: its path length is 0, and there is the FCU below."""

    caught_by = ("CHN008",)

    def signed(self, above: list[Authority]) -> Certificates:
        root, generous = above
        narrow = root.issuer.sign(
            generous.certificate.subject,
            generous.certificate.public_key(),  # type: ignore[arg-type]
            (generous.certificate.not_valid_before_utc, generous.certificate.not_valid_after_utc),
            CaProfile(critical=True, path_length=0).extensions(),
            self.source,
        )
        fcu = super().signed(above)[0]
        return fcu, narrow, root.certificate


class SignsOldRequest(Line):
    """Had the request of another FCU signed before: fcu_csr.pem is not this key's."""

    caught_by = ("CSR004",)

    def after_work(self) -> None:
        other = Line(self.folder / "other", "another line")
        other.set_up()
        self.keystore.csr_file.write_bytes(other.keystore.request().data)


class HidesDepth(KeystoreAlone):
    """Leaves device-certificate-chain-depth out of fcu.yml, though fcu.crt is a chain."""

    caught_by = ("CFG003",)

    def config(self) -> Config:
        return replace(super().config(), device_certificate_chain_depth=None)


class CountsDepthTooHigh(KeystoreAlone):
    """Counts five certificates where there are four with the device's."""

    caught_by = ("CFG004",)

    def config(self) -> Config:
        return replace(super().config(), device_certificate_chain_depth=5)


class NamesItselfOtherwise(KeystoreAlone):
    """Has another certificate-authority in fcu.yml than the one that was signed."""

    caught_by = ("CFG008", "CSR005")

    def set_up(self) -> None:
        super().set_up()
        path = self.folder / "config" / "fcu.yml"
        path.write_text(path.read_text().replace(self.name, "FCU line 7"))


class UploadsOneTooFew(Line):
    """Starts the upload one certificate too late: nobody knows the one between."""

    caught_by = ("UPL003",)

    def upload(self, authority: Authority) -> Certificates:
        return super().upload(authority)[1:]


class UploadsWholeChain(Line):
    """Uploads all of fcu.crt, what the devices carry included."""

    caught_by = ("UPL003",)

    def upload(self, authority: Authority) -> Certificates:
        return authority.chain


class UploadsInReverse(Line):
    """Uploads the root first."""

    caught_by = ("UPL002",)

    def upload(self, authority: Authority) -> Certificates:
        return super().upload(authority)[::-1]


class UploadsWithoutRoot(Line):
    """Uploads the intermediate alone."""

    caught_by = ("UPL004",)

    def upload(self, authority: Authority) -> Certificates:
        return super().upload(authority)[:-1]


class UploadsPrivateKey(Line):
    """Uploads the keystore as one file, the private key included."""

    caught_by = ("UPL001",)

    def after_work(self) -> None:
        upload = self.folder / "upload.pem"
        upload.write_bytes(upload.read_bytes() + self.keystore.private_key_file.read_bytes())


class UploadsNothing(Line):
    """Says that it has uploaded, and the file is empty."""

    caught_by = ("UPL009",)

    def after_work(self) -> None:
        (self.folder / "upload.pem").write_bytes(b"")


class SharesOneKeystore(Lines):
    """Copies the keystore of line 1 to line 2."""

    caught_by = ("KEY009",)

    def make_lines(self) -> list[Line]:
        return [Line(self.folder / name, "one keystore") for name in ("line-1", "line-2")]


class SharesOneName(Lines):
    """Names the FCU of line 2 as that of line 1; the keys are two."""

    caught_by = ("LOT006", "UPL006")

    def make_lines(self) -> list[Line]:
        lines = super().make_lines()
        lines[1].name = lines[0].name
        return lines


class LastsTooShort(KeystoreAlone):
    """Had its certificate signed for five years: the last devices outlive it."""

    caught_by = ("CRT009", "CRT010")
    only_warned = True

    def signed(self, above: list[Authority]) -> Certificates:
        return above[-1].sign_request(self.keystore.request().data, replace(CRITICAL, years=5))


class LinksKeyOut(Line):
    """Keeps the key in a folder that somebody else backs up, and only a link in the keystore: it is not followed."""

    caught_by = ("KEY001", "KEY007")

    def after_work(self) -> None:
        elsewhere = Path(self.folder / "backed-up")
        elsewhere.mkdir(mode=0o700)
        path = self.keystore.private_key_file
        path.rename(elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)
