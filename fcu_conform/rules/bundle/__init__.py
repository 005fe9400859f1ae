"""BDL: the rules of the CBOR bundle that configures a device."""
