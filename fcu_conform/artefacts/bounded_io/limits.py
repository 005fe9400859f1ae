"""How much the suite reads of anything, so that no input costs more than bounded time and memory."""

KIB = 1024
MIB = 1024 * KIB

PEM_FILE = 1 * MIB
"""Bytes of a key, request, certificate or upload file; a full chain of ten certificates has about 10 KiB."""

CONFIG_FILE = 128 * KIB
"""Bytes of fcu.yml; the one that comes with FCU has a few KiB."""

CONFIG_EVENTS = 20_000
"""Keys, values, starts and ends of collections in fcu.yml; the one that comes with FCU has a few hundred."""

CONFIG_NESTING = 50
"""Levels of collections in fcu.yml; a real one has three."""

CONFIG_DIGITS = 64
"""Characters of an integer in fcu.yml; one with more is not a number that FCU knows, and is kept as text."""

CONFIG_ALIASES = 20
"""Aliases of mappings and lists in fcu.yml; honest files have none or a few."""

PEM_BLOCKS = 100
"""PEM blocks in one file; Device Management takes at most 50 certificates for an account."""

STRAYS = 100
"""Things between PEM blocks that are told; nobody reads the list of a file full of them."""

PEM_LABEL = 64
"""Characters of a PEM label."""

OID_OCTETS = 128
"""Content octets of an object identifier; those in use have fewer than 20."""

DER_NESTING = 24
"""Levels of constructed encodings inside a certificate; a real one has fewer than ten."""

KEYSTORE_ENTRIES = 2000
"""Entries looked at below a keystore when searching for second copies of a private key."""

KEYSTORE_NESTING = 4
"""Levels of folders below a keystore that are searched."""

KEYSTORE_SEARCHED = 64 * MIB
"""Bytes read in all when searching a keystore for second copies of a private key."""

DEVICE_FILE = 256 * KIB
"""Bytes of one file of a device; a chain of five certificates in a bundle has about 6 KiB."""

TABLE_ROW = 512 * KIB
"""Bytes of one line of a .jsonl file; a bundle in base64 has about 8 KiB."""

TABLE_STRANGE = 1000
"""Lines or rows of a table that may be anything before it counts as something else."""

PARQUET_ROW = 64
"""Bytes of a Parquet file for each of its rows: a key and a signature alone have more, and neither can be packed."""

TABLE_LINE = 64 * MIB
"""Bytes after which the end of a line of a .jsonl file is no longer looked for."""

JOURNAL_LINE = 64 * MIB
"""Bytes of one line of a journal; one about 500 devices that fail in twenty ways has about 12 MiB."""

MANIFEST_FILE = 128 * MIB
"""Bytes of devices.csv; a million devices have about 100 MiB."""

MANIFEST_ROWS = 1_000_000
"""Rows of devices.csv."""

MANIFEST_MISSING = 1000
"""Files of devices.csv that are told one by one to be missing."""

ENROLLMENT_LINE = 4 * KIB
"""Bytes of one line of an enrollment CSV; an identity has 97, and what follows it is ignored."""

ENROLLMENT_FILE = 1024 * MIB
"""Bytes of an enrollment CSV that are read; the portal takes 10 MB, and a million identities have 98 MB."""

ENROLLMENT_TOLD = 5
"""Lines of an enrollment CSV, or devices, that are told one by one for each kind of fault."""

ERROR_REPORT_FILE = 64 * MIB
"""Bytes of an error report of the portal; one on each identity of a full CSV has about 25 MB."""

PASSED_OVER = 10
"""Files of device output that nobody reads and that are told by name."""

MANIFEST_TROUBLES = 100
"""Faults of devices.csv that are told; nobody reads the list of a file full of them."""

ARCHIVE_FLOOR = 32 * MIB
"""Bytes that any archive may unpack to."""

ARCHIVE_RATIO = 50
"""How many times its own size an archive may unpack to beyond that; a tar.gz of chains of five has about 20."""

ARCHIVE_READ = 16 * MIB
"""Bytes that reading an archive asks for at once; the directory of a zip with 150,000 devices has about 13 MiB."""

ARCHIVE_HOLLOW = 10_000
"""Members without content (folders, empty files, links) that an archive may have beyond four for each file."""

GZIP_HOLLOW = 1280 * KIB
"""Bytes that gzip may take before anything comes of them; more than are ever asked of it at once."""

ARCHIVE_TAIL = 1 * MIB
"""Zeros behind the end of a tar; the largest blocking factor that tar takes makes that many."""

NAME_CHARACTERS = 256
"""Characters of a name's attribute up to which case and white space do not count; RFC 5280 allows 64 or 128."""

NAME_KEPT = 4 * KIB
"""Bytes of a name that is remembered after reading; most certificates of a lot share a few names."""

NAME_SHOWN = 1000
"""Characters of a name that are shown."""

GIT_FILE = 1 * MIB
"""Bytes of each of git's own text files that are read."""

GIT_CONFIG = 128 * KIB
"""Bytes of a repository's configuration; one with hundreds of branches has some 50 KiB."""

GIT_PATTERNS = 64 * KIB
"""Bytes of all files of patterns that say what git ignores; honest ones have a few KiB."""

GIT_PATTERN = 1000
"""Bytes of one pattern; a path that long would be a rare one."""

GIT_STEPS = 50_000_000
"""Steps that matching all patterns may take; honest ones take a few thousand, and one line may take for ever."""

GIT_INDEX = 16 * MIB
"""Bytes of a git index that are looked through for the key file."""

WAIVERS_FILE = 1 * MIB
"""Bytes of a file of waivers."""

WAIVERS = 1000
"""Waivers in one file; nobody keeps watch over more."""

WAIVER_TEXT = 2000
"""Characters of one field of a waiver."""

TOML_KEY = 20
"""Parts of a dotted key in a TOML file; the suite's own have one."""

JSON_VALUES = 1_000_000
"""Values in a JSON document; a report has about 20 for each finding."""

STATEMENT_FILE = 16 * MIB
"""Bytes of a statement; one over several keystores has about 100 KiB."""

HANDED_IN = 512 * MIB
"""Bytes of all files of a submitted folder; those of a real one have about 1 MiB."""

REPORT_FILE = 64 * MIB
"""Bytes of a JSON report that is compared with another; one with a finding has about 50 KiB, each more about 1 KiB."""

PORTAL_STATE_FILE = 64 * MIB
"""Bytes of the state of an account; 50 trusted certificates have about 100 KiB, a device in it about 400 bytes."""

PORTAL_ENTRIES = 1000
"""Trusted certificates of an account; Device Management takes at most 50."""

KEYS_REMEMBERED = 150_000
"""Pieces of private keys that are looked for in what is shown, twice: of the first and of the latest 50,000 keys."""

KEYS_AHEAD = 500
"""Devices whose private keys are read before anything is told that may hold one."""

PORTAL_ANSWER = 16 * MIB
"""Bytes of one answer of the portal; a page of 1,000 devices has about 1 MiB."""

PORTAL_PAGES = 200
"""Pages of one list of the portal."""

PORTAL_DEVICES = 120_000
"""Devices that an account's state takes in."""

PORTAL_SECONDS = 120
"""Seconds that fetching the state of an account may take."""

API_KEY_FILE = 4 * KIB
"""Bytes of the file of an API key."""
