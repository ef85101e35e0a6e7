"""Files of any kind are looked into, whatever their size; what cannot be read is said."""

import os
from pathlib import Path

from tollway.cli.scanning.files import PIECE_BYTES, list_files, scan_file
from tollway.cli.scanning.model import Looked
from tollway.policy.token import generate_token

TOKEN = generate_token("s", bytes(range(48))).reveal()


def test_files_are_listed_by_name_without_what_git_keeps(tmp_path: Path) -> None:
    for name in ("b/two.txt", "a/one.txt", "b/.git/config", "b/.github/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    listed = [str(path.relative_to(tmp_path)) for path in list_files(tmp_path, Looked())]
    assert listed == ["a/one.txt", "b/two.txt", "b/.github/x"]
    assert list(list_files(tmp_path / "a" / "one.txt", Looked())) == [tmp_path / "a" / "one.txt"]


def test_a_token_across_the_edge_of_two_pieces_of_a_binary_file_is_found(tmp_path: Path) -> None:
    path, looked = tmp_path / "core", Looked()
    path.write_bytes(b"\0" * (PIECE_BYTES - 30) + TOKEN.encode() + b"\0" * 100 + b"\n" + TOKEN.encode())
    found = list(scan_file(path, looked))
    assert [(each.line, each.column) for each in found] == [(1, PIECE_BYTES - 29), (2, 1)]
    assert found[0].masked == f"tws_{TOKEN[4:16]}…" and TOKEN not in repr(found)
    assert (looked.files, looked.bytes) == (1, path.stat().st_size)


def test_a_token_in_utf_16_is_found(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        path = tmp_path / encoding
        path.write_bytes("\ufeffone\nkey ".encode(encoding) + TOKEN.encode(encoding))
        assert [each.line for each in scan_file(path, Looked())] == [2]


def test_links_and_pipes_are_left_alone_and_unreadable_files_are_named(tmp_path: Path) -> None:
    looked = Looked()
    (tmp_path / "real").write_text(TOKEN)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    assert [each for name in ("link", "pipe") for each in scan_file(tmp_path / name, looked)] == []
    assert list(scan_file(tmp_path / "gone", looked)) == []
    assert looked.skipped == [f"{tmp_path / 'gone'}: No such file or directory"]
