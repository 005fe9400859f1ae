"""What a device may do once it is in: ask for bootstrap, register, update, deregister; under its own name alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from reference_ca.device import enrollment_id
from reference_ca.portal.certificates import fingerprint
from reference_ca.portal.context import Context
from reference_ca.portal.device_side import coap
from reference_ca.portal.device_side.coap import CoapAnswer, CoapRequest
from reference_ca.portal.device_side.handshake import Verdict
from reference_ca.portal.resources import denials, devices, enrollments
from reference_ca.portal.resources.devices import Arrival
from reference_ca.portal.store import Entity
from reference_ca.portal.trust import Reading, Trust, current_trust, related_entry

NAMELESS = "(no name)"

Log = Callable[[str], None]


@dataclass(frozen=True)
class Desk:
    """One service of the device's side: bootstrap or lwm2m.

    Attributes:
        log: gets a line for each device that was let in or refused.
    """

    context: Context
    service: str
    reading: Reading
    log: Log = lambda _: None

    def trust(self) -> Trust:
        """The anchors as of now."""
        return current_trust(self.context.store, self.service, self.reading)

    def refuse_handshake(self, verdict: Verdict, failure: str) -> None:
        """Write down a device that was refused by its certificates, or a client without one."""
        if verdict.leaf is None:
            self.log(f"{self.service}: refused: {failure}")
            return
        entry = related_entry(self.context.store, [verdict.leaf, *verdict.presented])
        self.refuse(common_name(verdict.leaf), entry, verdict.reason if verdict.error else failure)

    def refuse(self, endpoint_name: str, entry_id: str, reason: str) -> None:
        """Write down a refusal."""
        name = endpoint_name or NAMELESS
        denials.write_down(self.context, name, entry_id, self.service, reason)
        self.log(f"{self.service}: refused {name!r}: {reason}")


@dataclass(frozen=True)
class Visitor:
    """A device whose handshake succeeded, and the entry that let it in."""

    desk: Desk
    leaf: x509.Certificate
    path: Sequence[x509.Certificate]
    entry: Entity

    @property
    def name(self) -> str:
        """The CN of its certificate."""
        return common_name(self.leaf)

    def answer(self, request: CoapRequest) -> CoapAnswer:
        """The answer to a request of LwM2M: `POST /bs?ep=`, `POST /rd?ep=`, and POST and DELETE of what that made."""
        kind, *rest = request.path or ("",)
        expected = {"bootstrap": "bs", "lwm2m": "rd"}[self.desk.service]
        if kind != expected or len(rest) > (1 if kind == "rd" else 0):
            return CoapAnswer(coap.NOT_FOUND)
        if rest:
            return self._of_registration(request, rest[0])
        if request.code != coap.POST:
            return CoapAnswer(coap.NOT_ALLOWED)
        endpoint = request.query.get("ep")
        if not endpoint:
            return CoapAnswer(coap.BAD_REQUEST, payload=b"ep is missing")
        if endpoint != self.name:
            self.desk.refuse(endpoint, self.entry.id, f"ep is not the CN of the certificate, {self.name!r}")
            return CoapAnswer(coap.FORBIDDEN, payload=b"ep is not the CN of the certificate")
        return self._bootstrap() if kind == "bs" else self._register()

    def _register(self) -> CoapAnswer:
        device = self._arrive("registered")
        return CoapAnswer(coap.CREATED, ("rd", device.id))

    def _bootstrap(self) -> CoapAnswer:
        store, now = self.desk.context.store, self.desk.context.now()
        with store.transaction():
            enrollment = enrollments.find(store, enrollment_id(self.leaf))
            if enrollment or not self.entry.document["enrollment_mode"]:
                device = self._arrive("bootstrapped")
                if enrollment:
                    enrollments.claim(store, enrollment, device.id, now)
                return CoapAnswer(coap.CHANGED)
        self.desk.refuse(self.name, self.entry.id, "the device is not enrolled")
        return CoapAnswer(coap.FORBIDDEN, payload=b"the device is not enrolled")

    def _of_registration(self, request: CoapRequest, device_id: str) -> CoapAnswer:
        store = self.desk.context.store
        known = store.get(devices.KIND, device_id)
        if known is None or known.document["endpoint_name"] != self.name:
            return CoapAnswer(coap.NOT_FOUND)
        if request.code == coap.POST:
            self._arrive("registered")
            return CoapAnswer(coap.CHANGED)
        if request.code == coap.DELETE:
            self._arrive("deregistered")
            return CoapAnswer(coap.DELETED)
        return CoapAnswer(coap.NOT_ALLOWED)

    def _arrive(self, state: str) -> Entity:
        arrival = Arrival(
            endpoint_name=self.name,
            device_key=fingerprint(self.leaf),
            certificate_id=self.entry.id,
            issuer_fingerprint=fingerprint(self.path[min(1, len(self.path) - 1)]),
            mode=self.entry.document["device_execution_mode"],
        )
        device = devices.arrived(self.desk.context, arrival, state, self.desk.context.now())
        self.desk.log(f"{self.desk.service}: {state} {self.name!r}")
        return device


def common_name(certificate: x509.Certificate) -> str:
    """The CN of a certificate, empty where it has none or several."""
    values = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if len(values) == 1 else ""
