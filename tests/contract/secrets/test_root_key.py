"""The root key is made once, is readable by its owner only, and a weak or exposed one is refused."""

import threading
from pathlib import Path

import pytest

from tollway.adapters.secrets import RootKeyError, create_root_key, load_or_create_root_key, load_root_key

KEY = bytes(range(32))


def write(path: Path, text: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_the_first_start_makes_a_key_and_later_ones_read_it(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    key = load_or_create_root_key(path).reveal()
    assert len(key) == 32
    assert load_or_create_root_key(path).reveal() == load_root_key(path).reveal() == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = write(tmp_path / "root.key", KEY.hex().encode())
    with pytest.raises(FileExistsError):
        create_root_key(path)
    assert load_root_key(path).reveal() == KEY
    assert list(tmp_path.iterdir()) == [path]


def test_starting_at_the_same_time_gives_everybody_the_same_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        keys.append(load_or_create_root_key(tmp_path / "root.key").reveal())

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
        load_root_key(path)
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
        b"0" * 64,
        b"g" * 64,
        b"01" * 32,
        b"\xff" * 64,
        KEY,
    ],
)
def test_what_is_not_a_random_key_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(RootKeyError, match="random bytes"):
        load_root_key(write(tmp_path / "root.key", text))


def test_a_missing_or_unwritable_place_is_named(tmp_path: Path) -> None:
    for act in (load_root_key, load_or_create_root_key):
        with pytest.raises(RootKeyError, match="No such file"):
            act(tmp_path / "missing" / "root.key")


def test_a_key_that_is_not_a_regular_file_is_refused() -> None:
    with pytest.raises(RootKeyError, match="regular"):
        load_root_key(Path("/dev/null"))
