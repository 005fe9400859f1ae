"""How the certificates of fcu.crt form a path, in any order of the file."""

from __future__ import annotations

from itertools import permutations

import pytest
from cryptography import x509

from artefacts.makers import der, make_certificate, make_chain, make_key
from fcu_conform.artefacts.chain import Chain, Link
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore_files import Entry

NAMES = ("FCU", "INT 1", "INT 2", "INT 3", "ROOT")


def chain(*certificates: x509.Certificate, key: str | None = None) -> Chain:
    links = []
    for index, made in enumerate(certificates, start=1):
        certificate = Certificate(der(made))
        links.append(Link(Entry(index, index, certificate), certificate))
    return Chain(tuple(links), None if key is None else public_key(key))


def public_key(name: str) -> PublicKey:
    return Certificate(der(make_certificate(name))).public_key


def numbers(links: tuple[Link, ...]) -> list[int]:
    return [link.index for link in links]


def subjects(links: tuple[Link, ...]) -> list[str]:
    return [str(link.certificate.subject).removeprefix("CN=") for link in links]


@pytest.mark.parametrize("length", range(1, 6))
def test_every_permutation_has_the_same_path(length: int) -> None:
    names = NAMES[-length:]
    made = make_chain(*names)
    for order in permutations(range(length)):
        read = chain(*(made[number] for number in order))
        assert subjects(read.path) == list(names)
        assert numbers(read.path) == [order.index(number) + 1 for number in range(length)]
        assert read.is_complete
        assert read.is_in_order == (list(order) == sorted(order))
        assert not read.has_gap
        assert read.off_path == read.repeated == read.twins == ()


def test_an_empty_file_has_an_empty_path() -> None:
    read = chain()
    assert read.path == ()
    assert not read.is_complete
    assert not read.has_gap
    assert read.is_in_order


def test_a_path_ends_at_a_gap() -> None:
    fcu, _, root = make_chain("FCU", "INT", "ROOT")
    for order in ((fcu, root), (root, fcu)):
        read = chain(*order, key="FCU")
        assert subjects(read.path) == ["FCU"]
        assert subjects(read.off_path) == ["ROOT"]
        assert not read.is_complete
        assert read.has_gap


def test_a_path_without_its_root_is_not_complete_but_has_no_gap() -> None:
    read = chain(*make_chain("FCU", "INT", "ROOT")[:2])
    assert subjects(read.path) == ["FCU", "INT"]
    assert not read.is_complete
    assert not read.has_gap


def test_duplicates_are_reported_and_left_out() -> None:
    fcu, root = make_chain("FCU", "ROOT")
    read = chain(fcu, root, root, fcu)
    assert numbers(read.path) == [1, 2]
    assert numbers(read.repeated) == [3, 4]
    assert numbers(read.distinct) == [1, 2]


def test_certificates_of_another_chain_are_off_the_path() -> None:
    fcu, root = make_chain("FCU", "ROOT")
    read = chain(fcu, root, make_certificate("OTHER"))
    assert subjects(read.path) == ["FCU", "ROOT"]
    assert subjects(read.off_path) == ["OTHER"]
    assert not read.has_gap


def test_the_private_key_decides_which_end_is_the_fcu_certificate() -> None:
    one, two, root = make_certificate("ONE", "ROOT"), make_certificate("TWO", "ROOT"), make_certificate("ROOT")
    assert subjects(chain(one, two, root).path) == ["ONE", "ROOT"]
    assert subjects(chain(one, two, root, key="TWO").path) == ["TWO", "ROOT"]
    assert subjects(chain(one, two, root, key="ROOT").path) == ["ONE", "ROOT"]


def test_without_a_key_the_first_certificate_or_the_longest_path_is_taken() -> None:
    lone, (fcu, root) = make_certificate("LONE", "NOWHERE"), make_chain("FCU", "ROOT")
    assert subjects(chain(lone, root, fcu).path) == ["LONE"]
    assert subjects(chain(root, lone, fcu).path) == ["FCU", "ROOT"]


def test_among_issuers_of_one_name_the_signer_is_taken() -> None:
    fcu = make_certificate("FCU", "ROOT", issuer_key=make_key("second"))
    first, second = make_certificate("ROOT"), make_certificate("ROOT", key=make_key("second"), serial=2)
    second = make_certificate("ROOT", key=make_key("second"), issuer_key=make_key("second"), serial=2)
    for order in ((fcu, first, second), (fcu, second, first)):
        read = chain(*order)
        assert read.path[1].certificate.serial == 2
        assert [link.certificate.serial for link in read.off_path] == [1000]


def test_among_issuers_with_one_key_the_self_signed_one_is_taken() -> None:
    fcu, root = make_chain("FCU", "ROOT")
    crossed = make_certificate("ROOT", "ELSEWHERE", serial=3)
    for order in ((fcu, crossed, root), (fcu, root, crossed)):
        read = chain(*order)
        assert [link.certificate.serial for link in read.path] == [fcu.serial_number, root.serial_number]
        assert sorted(link.certificate.serial for pair in read.twins for link in pair) == [3, root.serial_number]


def test_certificates_are_twins_only_if_subject_and_key_are_equal() -> None:
    root = make_certificate("ROOT")
    same_name = make_certificate("ROOT", key=make_key("x"), issuer_key=make_key("x"))
    same_key = make_certificate("OTHER", key=make_key("ROOT"), issuer_key=make_key("ROOT"))
    assert chain(root, same_name, same_key).twins == ()
    twin = make_certificate("root", key=make_key("ROOT"), issuer_key=make_key("ROOT"), serial=5)
    assert [numbers(pair) for pair in chain(root, same_name, twin).twins] == [[1, 3]]


def test_a_path_of_certificates_that_issue_each_other_terminates() -> None:
    one, two = make_certificate("ONE", "TWO"), make_certificate("TWO", "ONE")
    for order in ((one, two), (two, one)):
        read = chain(*order)
        assert numbers(read.path) == [1, 2]
        assert not read.is_complete


def test_a_root_whose_own_signature_is_broken_is_still_the_end() -> None:
    fcu = make_certificate("FCU", "ROOT")
    root = make_certificate("ROOT", issuer_key=make_key("wrong"))
    stranger = make_certificate("ROOT", key=make_key("x"), issuer_key=make_key("x"), serial=7)
    assert subjects(chain(fcu, root).path) == ["FCU", "ROOT"]
    assert chain(fcu, root).is_complete
    assert numbers(chain(fcu, root, stranger).path) == [1, 2]


def test_a_path_continues_from_a_self_issued_certificate_to_its_signer() -> None:
    new = make_certificate("ROOT", key=make_key("new"), issuer_key=make_key("ROOT"), serial=8)
    old = make_certificate("ROOT")
    fcu = make_certificate("FCU", "ROOT", issuer_key=make_key("new"))
    read = chain(old, fcu, new)
    assert numbers(read.path) == [2, 3, 1]
    assert read.is_complete
