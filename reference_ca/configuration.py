"""prepare_device_configuration: the bundle for one device, in one message or in two with the device's own key
between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reference_ca.authority import Authority
from reference_ca.bundle import ENTROPY_OCTETS, Bundle, mbed_tls_name
from reference_ca.chain import DEVICE_CHAIN_LIMIT, check_depth, to_der
from reference_ca.config import Config
from reference_ca.device import Device, check_endpoint_name
from reference_ca.device_warnings import chain_warnings, response_warnings, setting_warnings
from reference_ca.errors import DepthError, DeviceError, FcuCode, WarningInfo
from reference_ca.files import naming, read_regular
from reference_ca.parameters import (
    account_id,
    mode_prefix,
    parameters,
    server_ca,
    server_uri,
    update_authority,
)
from reference_ca.response import read_response


@dataclass(frozen=True)
class OperationContext:
    """The state of a session between its two messages; pass it back unchanged."""

    endpoint_name: str
    serial_number: str
    session_id: str
    private_key_name: str


@dataclass(frozen=True)
class DeviceConfigurationRequest:
    """What to send to a device (fact A-03).

    ``config_data`` is the CBOR bundle; it may hold a private key, so it stays out of the repr.
    ``enrollment_id`` is given in first-to-claim, once the certificate is made. ``fcu_operation_context`` is
    given when the device has to answer first.
    """

    config_data: bytes = field(repr=False)
    warning_list: list[WarningInfo] = field(default_factory=list)
    enrollment_id: str | None = None
    fcu_operation_context: OperationContext | None = None
    device: Device | None = field(default=None, repr=False)


def prepare_device_configuration(
    endpoint_name: str,
    authority: Authority,
    config: Config,
    *,
    serial_number: str | None = None,
    device_keys_location: Path | None = None,
    fcu_operation_context: OperationContext | None = None,
    device_response: bytes | None = None,
) -> DeviceConfigurationRequest:
    """The bundle for one device, certificate included, issued by ``authority`` (facts A-03, B-01 to B-10).

    With `device-key-generation-mode: by_tool` one call is all. With `by_device` the first call asks the
    device for a CSR, and a second one takes ``fcu_operation_context`` and ``device_response`` (the device's
    CBOR answer) and certifies that key. ``serial_number`` is the endpoint name where it is not given.
    ``device_keys_location`` is the folder of entropy.bin.

    Raises `DeviceError` 101 (no endpoint name), 100 or 180 (the answer cannot be used), `DepthError` 111, 112
    or 201, `ConfigError` 201 (fcu.yml is incomplete), `RequestError` (the device's request cannot be
    trusted).
    """
    check_endpoint_name(endpoint_name)
    server_uri(config)  # an incomplete fcu.yml is told before a key is made
    depth = _depth(authority, config)
    if (fcu_operation_context is None) is not (device_response is None):
        raise DeviceError(
            FcuCode.GENERAL, "context and response belong together", endpoint_name, "give both to the second call"
        )
    prefix = mode_prefix(config)
    key_name = f"{prefix}DevicePrivateKey"
    bundle = Bundle(verify=config.verify_on_device)
    if config.device_key_generation_mode == "by_device":
        if fcu_operation_context is None or device_response is None:
            entropy = _entropy(authority, config, endpoint_name, device_keys_location)
            serial = endpoint_name if serial_number is None else serial_number
            return _first_message(endpoint_name, serial, key_name, authority, config, entropy)
        bundle.session_id = fcu_operation_context.session_id
        serial_number = fcu_operation_context.serial_number
        request = _request_of(device_response, fcu_operation_context, endpoint_name)
        device = authority.issue_device(endpoint_name, request=request, account_id=account_id(config))
    elif config.device_key_generation_mode == "by_tool":
        if fcu_operation_context is not None:
            raise DeviceError(FcuCode.GENERAL, "fcu.yml asks for no second message", endpoint_name)
        device = authority.issue_device(endpoint_name, account_id=account_id(config))
        bundle.entropy = _entropy(authority, config, endpoint_name, device_keys_location)
        bundle.add_private_key(key_name, device.private_key_der.data)
    else:
        raise config.error("externally_supplied device keys are not supported here", "use by_tool or by_device")

    chain, now = device.chain(depth), authority.source.now()
    anchors, stand_in = server_ca(config, authority.source)
    bundle.add_certificates(f"{prefix}ServerCACert", anchors)
    bundle.add_certificates(f"{prefix}DeviceCert", to_der(chain), None if device.has_private_key else key_name)
    update = update_authority(config)
    if update:
        bundle.add_certificates("mbed.UpdateAuthCert", to_der(update))
    serial = endpoint_name if serial_number is None else serial_number
    bundle.add_parameters(parameters(config, endpoint_name, serial, now))
    warnings = [
        *setting_warnings(config, stand_in),
        *chain_warnings(chain, now),
        *response_warnings(config, chain, now, bundle.session_id, update),
    ]
    return DeviceConfigurationRequest(
        bundle.encode(),
        [WarningInfo(text) for text in warnings],
        device.enrollment_id if config.first_to_claim else None,
        device=device,
    )


def _depth(authority: Authority, config: Config) -> int:
    where = config.settings_file or ""
    depth = check_depth(config.device_certificate_chain_depth, len(authority.chain), where)
    if depth > DEVICE_CHAIN_LIMIT:
        what = f"a device stores at most {DEVICE_CHAIN_LIMIT} certificates in a chain, and the depth is {depth}"
        raise DepthError(FcuCode.CONFIG_INVALID, what, where, "lower device-certificate-chain-depth")
    return depth


def _first_message(
    endpoint_name: str,
    serial_number: str,
    key_name: str,
    authority: Authority,
    config: Config,
    entropy: bytes | None,
) -> DeviceConfigurationRequest:
    """Ask for a key and its CSR; the device demands a session that goes on, and no verification yet (fact
    B-09).
    """
    try:
        subject = mbed_tls_name(endpoint_name, account_id(config))
    except ValueError as error:
        raise DeviceError(FcuCode.GENERAL, str(error), endpoint_name, "choose another endpoint name") from None
    session = authority.source.octets(f"session/{endpoint_name}", 16).hex()
    bundle = Bundle(session, keep_session=True, verify=False, entropy=entropy)
    bundle.request_key(key_name, subject)
    context = OperationContext(endpoint_name, serial_number, session, key_name)
    return DeviceConfigurationRequest(bundle.encode(), fcu_operation_context=context)


def _request_of(response: bytes, context: OperationContext, endpoint_name: str) -> bytes:
    """The CSR in the device's answer, once the answer is known to be a success of this session."""
    answer = read_response(response)
    if context.endpoint_name != endpoint_name:
        what = f"the context is that of {context.endpoint_name!r}"
        raise DeviceError(FcuCode.GENERAL, what, endpoint_name, "give each device its own context")
    if answer.status != 0:
        raise DeviceError(FcuCode.GENERAL, f"the device answered {answer.status}", endpoint_name, answer.message)
    if answer.session_id != context.session_id:
        what = "the answer belongs to another session"
        raise DeviceError(FcuCode.GENERAL, what, endpoint_name, "give each device its own answer")
    if context.private_key_name not in answer.requests:
        what = "the device's response lacks the request"
        raise DeviceError(FcuCode.RESPONSE_LACKS_FIELD, what, context.private_key_name, "start the session again")
    return answer.requests[context.private_key_name]


def _entropy(authority: Authority, config: Config, endpoint_name: str, folder: Path | None) -> bytes | None:
    """48 octets, or none where the device has its own (fact Y-10)."""
    if config.entropy_generation_mode == "by_device":
        return None
    if config.entropy_generation_mode == "by_tool":
        return authority.source.octets(f"entropy/{endpoint_name}", ENTROPY_OCTETS)
    if folder is None:
        raise config.error("externally_supplied entropy needs device_keys_location", "name the folder of entropy.bin")
    path = folder / "entropy.bin"
    with naming(path):
        entropy = read_regular(path)
    if len(entropy) != ENTROPY_OCTETS:
        what = f"the entropy has {len(entropy)} octets"
        raise DeviceError(FcuCode.GENERAL, what, path, f"supply exactly {ENTROPY_OCTETS}")
    return entropy
