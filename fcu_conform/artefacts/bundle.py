"""The CBOR bundle that configures a device (config_data)."""

from __future__ import annotations

from fcu_conform.artefacts.privatekeys import Secret


class Bundle:
    """One bundle, whatever its bytes; reading never raises.

    Attributes:
        mode: "bootstrap" or "lwm2m" by mbed.UseBootstrap; None where the bundle does not say.
        device_certificates: DER certificates of the mode's device certificate item, the device's own first.
        device_key: the DER private key of the mode's device key item, if the bundle has one.
        endpoint_name: mbed.EndpointName, if the bundle has one.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.mode: str | None = None
        self.device_certificates: tuple[bytes, ...] = ()
        self.device_key: Secret | None = None
        self.endpoint_name: str | None = None
