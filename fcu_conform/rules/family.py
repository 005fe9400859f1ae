"""The families of rules: the letters of their codes, and what is judged by each."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fcu_conform.artefacts.keystore_files import CertificateFile
    from fcu_conform.artefacts.setup import Setup


class About(Enum):
    """What the rules of a family are about."""

    KEYSTORE = "keystore"
    DEVICES = "devices"
    UPLOAD = "upload"
    ENROLLMENT = "enrollment"
    RUN = "run"


class Family(str, Enum):
    """A family of rules, in the order in which results are reported; its value is the letters of its codes."""

    CONFIG = "CFG"
    PRIVATE_KEY = "KEY"
    REQUEST = "CSR"
    CERTIFICATE = "CRT"
    CHAIN = "CHN"
    DEVICE = "DEV"
    BUNDLE = "BDL"
    UPLOAD = "UPL"
    ACCOUNT = "PTL"
    LOT = "LOT"
    ENROLLMENT = "ENR"
    HORIZON = "EXP"
    THEFT = "DRL"
    RUN = "SYS"

    def __str__(self) -> str:
        return self.value

    @property
    def heading(self) -> str:
        """How reports call it."""
        return _FAMILIES[self][0]

    @property
    def about(self) -> About:
        """What its rules judge."""
        return _FAMILIES[self][1]

    def certificate_file(self, setup: Setup) -> CertificateFile:
        """The file whose certificates its findings number: the upload, where it is about that and there is one."""
        if self.about is About.UPLOAD and setup.upload is not None:
            return setup.upload.certificates
        return setup.keystore.fcu_crt


_FAMILIES = {
    Family.CONFIG: ("Configuration", About.KEYSTORE),
    Family.PRIVATE_KEY: ("Private key", About.KEYSTORE),
    Family.REQUEST: ("Request", About.KEYSTORE),
    Family.CERTIFICATE: ("Certificates", About.KEYSTORE),
    Family.CHAIN: ("Chain", About.KEYSTORE),
    Family.DEVICE: ("Devices", About.DEVICES),
    Family.BUNDLE: ("Bundles", About.DEVICES),
    Family.UPLOAD: ("Upload", About.UPLOAD),
    Family.ACCOUNT: ("Account", About.KEYSTORE),
    Family.LOT: ("Lot", About.DEVICES),
    Family.ENROLLMENT: ("Enrollment", About.ENROLLMENT),
    Family.HORIZON: ("Horizon", About.KEYSTORE),
    Family.THEFT: ("Theft of a key", About.KEYSTORE),
    Family.RUN: ("The run", About.RUN),
}
