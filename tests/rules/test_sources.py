"""How the documents that rules rest on are cited."""

from __future__ import annotations

import pytest

from fcu_conform.rules.model import Evidence, Source
from fcu_conform.rules.support.sources import api, ca_guidelines, device_code, docs, fcu_error, inferred, page, rfc


@pytest.mark.parametrize(
    ("source", "evidence", "words"),
    [
        (page("A section", "K-01", "K-02"), Evidence.PAGE, 'Setting up FCU as a CA, "A section" (K-01, K-02)'),
        (docs("A document", "A section"), Evidence.DOCS, 'A document, "A section"'),
        (docs("A document"), Evidence.DOCS, "A document"),
        (fcu_error(221, "E-23"), Evidence.DOCS, 'FCU validation notices, "error 221" (E-23)'),
        (
            ca_guidelines("G-01"),
            Evidence.DOCS,
            'Certificate authority options, "CA certificate guidelines" (G-01)',
        ),
        (device_code("a_file.c", "DB-14"), Evidence.DEVICE, "a_file.c (DB-14)"),
        (
            api("POST", "P-01"),
            Evidence.API,
            'Device Management public API, trusted certificates, "POST" (P-01)',
        ),
        (rfc(5280, "4.1.2.2"), Evidence.RFC, "RFC 5280, section 4.1.2.2"),
        (rfc(5280, "appendix A.1"), Evidence.RFC, "RFC 5280, appendix A.1"),
        (inferred("it follows", "F-1"), Evidence.INFERRED, 'inferred, "it follows" (F-1)'),
    ],
)
def test_a_source_is_cited_by_document_section_and_facts(source: Source, evidence: Evidence, words: str) -> None:
    assert (source.evidence, str(source)) == (evidence, words)
