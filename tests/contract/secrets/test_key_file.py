"""The key file tells names and changes durably; what is wrong with it is said without any of it."""

from pathlib import Path

import pytest

from tollway.adapters.secrets import create_root_key, load_root_keys
from tollway.adapters.secrets.key_file import RootKeyFile
from tollway.kernel.errors import TollwayError


def test_a_key_is_added_promoted_and_the_others_retired(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    create_root_key(path)
    file = RootKeyFile(path)
    (first,) = file.names()
    second = file.add()
    assert file.names() == (first, second) and second.generation == 2
    file.promote()
    assert file.names() == (second, first)
    assert file.add().generation == 3
    file.promote()
    assert [name.generation for name in file.names()] == [3, 2, 1]
    file.retire()
    assert [key.generation for key in load_root_keys(path)] == [3]
    assert file.names()[0].fingerprint not in path.read_text()


def test_a_damaged_or_missing_file_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "root.key"
    file = RootKeyFile(path)
    with pytest.raises(TollwayError, match="No such file") as caught:
        file.names()
    assert caught.value.code.name == "management.unavailable"
    create_root_key(path)

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tollway.adapters.secrets.root_key.os.replace", refuse)
    with pytest.raises(TollwayError, match="Read-only"):
        file.add()
    assert len(file.names()) == 1
