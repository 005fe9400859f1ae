"""Makes what FCU makes as a CA: keys, requests, CA chains, keystores, device certificates and uploads.

    root = reference_ca.RootAuthority()
    fcu = root.intermediate().intermediate("FCU line 1")
    device = fcu.issue_device("line1-0001")
    device.chain_pem(depth=2).write_to_path("line1-0001.pem")
    fcu.upload_pem(depth=2).write_to_path("portal.pem")

or, as a factory does it, from an fcu.yml:

    keystore = reference_ca.Keystore("keystore")
    keystore.setup(reference_ca.Config.read("config/fcu.yml"))
    keystore.install_chain(root.sign_request(keystore.request().data))
    reference_ca.get_setup_status("keystore").status

and what the device takes:

    config = reference_ca.Config.read("config/fcu.yml")
    request = reference_ca.prepare_device_configuration("line1-0001", keystore.authority(), config)
    request.config_data

Give any of them a seeded `KeySource`, and the bytes are the same on every machine.
"""

from reference_ca.authority import Authority, RootAuthority
from reference_ca.chain import DEVICE_CHAIN_LIMIT, check_depth, portal_upload, read_chain, slice_chain, to_pem
from reference_ca.config import Config, find_config
from reference_ca.configuration import (
    DeviceConfigurationRequest,
    OperationContext,
    prepare_device_configuration,
)
from reference_ca.device import Device, enrollment_id
from reference_ca.errors import (
    CertificateFileError,
    ConfigError,
    DepthError,
    DeviceError,
    ErrorInfo,
    ExistsError,
    FcuCode,
    FcuError,
    IssuingError,
    KeyFileError,
    ReferenceCaError,
    RequestError,
    WarningInfo,
)
from reference_ca.factory_tool import FactoryToolApi
from reference_ca.files import Blob, SecretBlob
from reference_ca.hierarchy import load_authority, make_hierarchy, make_keystore, save_authority
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.names import DistinguishedName
from reference_ca.output import DeviceOutput, issue_outputs, write_device, write_lot
from reference_ca.profiles import CaProfile, DeviceProfile
from reference_ca.response import DeviceResponseStatus, read_response
from reference_ca.status import CaStatusDetails, SetupStatus, get_setup_status

__all__ = [
    "DEVICE_CHAIN_LIMIT",
    "Authority",
    "Blob",
    "CaProfile",
    "CaStatusDetails",
    "CertificateFileError",
    "Config",
    "ConfigError",
    "DepthError",
    "Device",
    "DeviceConfigurationRequest",
    "DeviceError",
    "DeviceOutput",
    "DeviceProfile",
    "DeviceResponseStatus",
    "DistinguishedName",
    "ErrorInfo",
    "ExistsError",
    "FactoryToolApi",
    "FcuCode",
    "FcuError",
    "IssuingError",
    "KeyFileError",
    "KeySource",
    "Keystore",
    "OperationContext",
    "ReferenceCaError",
    "RequestError",
    "RootAuthority",
    "SecretBlob",
    "SetupStatus",
    "WarningInfo",
    "check_depth",
    "enrollment_id",
    "find_config",
    "get_setup_status",
    "issue_outputs",
    "load_authority",
    "make_hierarchy",
    "make_keystore",
    "portal_upload",
    "prepare_device_configuration",
    "read_chain",
    "read_response",
    "save_authority",
    "slice_chain",
    "to_pem",
    "write_device",
    "write_lot",
]
