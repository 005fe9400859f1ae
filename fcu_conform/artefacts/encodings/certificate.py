"""An X.509 certificate: its fields as they stand there, read once, whether or not other libraries would load it."""

from __future__ import annotations

from collections.abc import Set

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate_fields import CertificateFields
from fcu_conform.artefacts.encodings.extension_values import ExtensionValues
from fcu_conform.artefacts.encodings.public_keys import PublicKey, verifies


class SignedFields(CertificateFields):
    """The fields of a certificate, and under which keys its signature verifies."""

    def signed_by(self, key: PublicKey) -> bool | None:
        """Whether the signature verifies under a key; None where its algorithm is not known or does not fit the key.

        Where the algorithms inside and outside the signed part differ, either will do: that they differ is another
        fault.
        """
        if key.der not in self._answers:
            self._answers[key.der] = self._verifies_under(key)
        return self._answers[key.der]

    def note_verified(self, key: PublicKey) -> None:
        """From here on it is known that the signature verifies under this key."""
        self._answers[key.der] = True

    @cached_attribute
    def _answers(self) -> dict[bytes, bool | None]:
        """What `signed_by` has said, by the DER of the key: several rules ask the same, and verifying is dear."""
        return {}

    def _verifies_under(self, key: PublicKey) -> bool | None:
        answer = verifies(key, self.outer_algorithm.oid, self.signature, self.tbs)
        if answer is not True and self.inner_algorithm.oid != self.outer_algorithm.oid:
            return verifies(key, self.inner_algorithm.oid, self.signature, self.tbs) or answer
        return answer


class Certificate(SignedFields, ExtensionValues):
    """One certificate: its fields, what its extensions say, and what follows from both."""

    def is_among(self, certificates: Set[bytes]) -> bool:
        """It is one of some certificates, given by their bytes."""
        return self.raw in certificates

    @cached_attribute
    def common_names(self) -> tuple[str, ...]:
        """The subject's CNs."""
        return tuple(self.subject.values(oids.COMMON_NAME))

    @cached_attribute
    def common_name_types(self) -> tuple[int, ...]:
        """The tags of the subject's CNs: as what type of string each is written."""
        return tuple(self.subject.types(oids.COMMON_NAME))

    @cached_attribute
    def organizational_units(self) -> tuple[str, ...]:
        """The subject's OUs."""
        return tuple(self.subject.values(oids.ORGANIZATIONAL_UNIT))

    @cached_attribute
    def organizational_unit_types(self) -> tuple[int, ...]:
        """The tags of the subject's OUs."""
        return tuple(self.subject.types(oids.ORGANIZATIONAL_UNIT))

    @cached_attribute
    def profile(self) -> tuple[object, ...]:
        """What certificates of one template share: the signature algorithm, OID and criticality of each extension,
        keyUsage, extKeyUsage, and the OIDs of the subject's attributes.
        """
        kinds = tuple((extension.oid, extension.critical) for extension in self.extensions)
        attributes = tuple(attribute.oid for rdn in self.subject.rdns for attribute in rdn)
        return self.outer_algorithm.der, kinds, self.key_usage, self.extended_key_usage, attributes

    @property
    def is_self_issued(self) -> bool:
        """Subject and issuer are the same name; that the signature is its own is not said."""
        return self.subject.matches(self.issuer)

    @property
    def names_key_of_issuer(self) -> bool:
        """Its authorityKeyIdentifier has the identifier of its issuer's key."""
        named = self.authority_key_identifier
        return named is not None and named.key_identifier is not None

    @cached_attribute
    def is_self_signed(self) -> bool:
        """Self-issued, and the signature verifies under the certificate's own key."""
        return self.is_self_issued and self.signed_by(self.public_key) is True

    def __repr__(self) -> str:
        return f"<Certificate {self.subject} sha256 {self.sha256[:16]}>"
