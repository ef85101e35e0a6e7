"""The root key is made once, is readable by its owner only, and a weak or exposed one is refused."""

import threading
from pathlib import Path

import pytest

from tollway.adapters.secrets import (
    RootKeyError,
    create_root_key,
    load_or_create_root_keys,
    load_root_keys,
)
from tollway.adapters.secrets.root_key import generate_root_key, replace_root_keys

KEY = bytes(range(32))


def write(path: Path, text: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_the_first_start_makes_a_key_and_later_ones_read_it(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    key = load_or_create_root_keys(path)[0].key.reveal()
    assert len(key) == 32
    assert load_or_create_root_keys(path)[0].key.reveal() == load_root_keys(path)[0].key.reveal() == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = write(tmp_path / "root.key", KEY.hex().encode())
    with pytest.raises(FileExistsError):
        create_root_key(path)
    assert load_root_keys(path)[0].key.reveal() == KEY
    assert list(tmp_path.iterdir()) == [path]


def test_starting_at_the_same_time_gives_everybody_the_same_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        keys.append(load_or_create_root_keys(tmp_path / "root.key")[0].key.reveal())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601, 0o610])
def test_a_key_that_others_can_touch_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "root.key", KEY.hex().encode(), mode)
    with pytest.raises(RootKeyError, match=f"chmod 600 {path}") as caught:
        load_root_keys(path)
    assert KEY.hex() not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        KEY.hex().encode()[:-1],
        KEY.hex().encode()[:-2],
        KEY.hex().encode() + b"00",
        KEY.hex().encode() + b"\n\nmore",
        b"1 " + KEY.hex().encode() + b"\n" + KEY[::-1].hex().encode(),
        b"1 " + KEY.hex().encode() + b"\n1 " + KEY[::-1].hex().encode(),
        b"2 " + KEY.hex().encode() + b"\n1 " + KEY.hex().encode(),
        b"0 " + KEY.hex().encode(),
        b"".join(b"%d %s\n" % (number, bytes((number, *KEY[1:])).hex().encode()) for number in range(1, 18)),
        b"1 " + KEY.hex().encode() + b" " * 3_000,
        b"0" * 64,
        b"g" * 64,
        b"01" * 32,
        b"\xff" * 64,
        KEY,
    ],
)
def test_r16_a_key_that_is_empty_short_repeated_or_not_random_stops_the_start(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(RootKeyError, match="random bytes"):
        load_root_keys(write(tmp_path / "root.key", text))


def test_a_missing_or_unwritable_place_is_named(tmp_path: Path) -> None:
    for act in (load_root_keys, load_or_create_root_keys):
        with pytest.raises(RootKeyError, match="No such file"):
            act(tmp_path / "missing" / "root.key")


def test_a_key_that_is_not_a_regular_file_is_refused() -> None:
    with pytest.raises(RootKeyError, match="regular"):
        load_root_keys(Path("/dev/null"))


def test_several_keys_are_kept_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    first = load_or_create_root_keys(path)
    second = generate_root_key(2)
    replace_root_keys(path, (second, *first))
    found = load_root_keys(path)
    assert [(one.generation, one.key.reveal()) for one in found] == [
        (2, second.key.reveal()),
        (1, first[0].key.reveal()),
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    replace_root_keys(path, (second,))
    assert load_root_keys(path)[0].generation == 2


def test_a_fingerprint_names_a_key_and_shows_nothing_of_it(tmp_path: Path) -> None:
    first, second = generate_root_key(1), generate_root_key(2)
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint not in first.key.reveal().hex()
    assert first.key.reveal().hex() not in repr(first)


def test_a_file_that_cannot_be_replaced_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "root.key"
    keys = load_or_create_root_keys(path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tollway.adapters.secrets.root_key.os.replace", refuse)
    with pytest.raises(RootKeyError, match="Permission denied"):
        replace_root_keys(path, (generate_root_key(2), *keys))
    assert load_root_keys(path)[0].key.reveal() == keys[0].key.reveal()
    assert list(tmp_path.iterdir()) == [path]
