"""How much the suite reads of anything, so that no input costs more than bounded time and memory."""

KIB = 1024
MIB = 1024 * KIB

PEM_FILE = 1 * MIB
"""Bytes of a key, request, certificate or upload file; a full chain of ten certificates has about 10 KiB."""

CONFIG_FILE = 128 * KIB
"""Bytes of fcu.yml; the one that comes with FCU has a few KiB."""

PEM_BLOCKS = 100
"""PEM blocks in one file; Device Management takes at most 50 certificates for an account."""

PEM_LABEL = 64
"""Characters of a PEM label."""

DER_NESTING = 24
"""Levels of constructed encodings inside a certificate; a real one has fewer than ten."""

KEYSTORE_ENTRIES = 2000
"""Entries looked at below a keystore when searching for second copies of a private key."""

KEYSTORE_NESTING = 4
"""Levels of folders below a keystore that are searched."""

KEYSTORE_SEARCHED = 64 * MIB
"""Bytes read in all when searching a keystore for second copies of a private key."""

GIT_INDEX = 64 * MIB
"""Bytes of a git index that are looked through for the key file."""
