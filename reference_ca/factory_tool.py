"""A stand-in for FCU's FactoryToolApi, so that a factory tool can be written and tested without a licence."""

from __future__ import annotations

import os
from pathlib import Path

from reference_ca.config import CONFIG_FILE, Config
from reference_ca.configuration import (
    DeviceConfigurationRequest,
    OperationContext,
    prepare_device_configuration,
)
from reference_ca.errors import DeviceError, FcuCode, FcuError, ReferenceCaError
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.response import DeviceResponseStatus, read_response
from reference_ca.status import SetupStatus, after_setup, failed, get_setup_status


class FactoryToolApi:
    """FCU's public names over one FCU folder: `keystore/` and `config/fcu.yml` in it (facts K-01, Y-01).

    fcu.yml is read again at every call, as FCU does (Y-01).
    """

    def __init__(self, home: str | os.PathLike[str] | None = None, source: KeySource | None = None) -> None:
        """Take the FCU folder; without it, FCU_HOME_DIR (fact Y-21), else the current folder."""
        self.home = Path(home if home is not None else os.environ.get("FCU_HOME_DIR", "."))
        self.source = source or KeySource()

    @property
    def keystore(self) -> Keystore:
        """The keystore of this FCU folder."""
        return Keystore(self.home / "keystore")

    @property
    def config_file(self) -> Path:
        """The fcu.yml of this FCU folder."""
        return self.home / "config" / CONFIG_FILE

    def setup(self) -> SetupStatus:
        """Make the CA's key and its certificate or request; what cannot be done is in the status (fact
        A-01).
        """
        try:
            config = Config.read(self.config_file)
            self.keystore.setup(config, self.source)
        except FcuError as error:
            return failed(self.keystore, error)
        except ReferenceCaError as error:
            return failed(self.keystore, FcuError(FcuCode.GENERAL, error.what, error.where, error.todo))
        return after_setup(self.keystore, config)

    def get_setup_status(self) -> SetupStatus:
        """What is right and wrong with keystore and fcu.yml (fact A-01)."""
        return get_setup_status(self.keystore, self.config_file)

    def prepare_device_configuration(
        self,
        endpoint_name: str | None = None,
        serial_number: str | None = None,
        device_keys_location: str | os.PathLike[str] | None = None,
        fcu_operation_context: OperationContext | None = None,
        device_response: bytes | None = None,
    ) -> DeviceConfigurationRequest:
        """The bundle for one device (fact A-03); raises what `reference_ca.prepare_device_configuration`
        does.

        Call it again with the context and the device's answer where the first result has a context.
        """
        if endpoint_name is None:
            raise DeviceError(
                FcuCode.NAME_IS_MANDATORY, "the endpoint name is mandatory", todo="give each device a unique name"
            )
        return prepare_device_configuration(
            endpoint_name,
            self.keystore.authority(self.source),
            Config.read(self.config_file),
            serial_number=serial_number,
            device_keys_location=None if device_keys_location is None else Path(device_keys_location),
            fcu_operation_context=fcu_operation_context,
            device_response=device_response,
        )

    def process_device_response(self, device_response: bytes) -> DeviceResponseStatus:
        """What the device made of the last message (fact A-04; the method's name is not public, and so a
        guess).
        """
        return read_response(device_response)
