"""What workers say of resting keys reaches whoever asks, and a bad file is nothing."""

import json
import logging
from pathlib import Path

import pytest

from tollway.adapters.telemetry.resting import RestingFile, RestingFiles
from tollway.contract.resting import RestingKey

NOW_NS = 100 * 10**9


def test_each_key_is_said_once_with_the_latest_end_until_that_is_over(tmp_path: Path) -> None:
    first, second = RestingFile(tmp_path, 0), RestingFile(tmp_path, 1)
    first.tell([RestingKey("p", "b", 105), RestingKey("p", "a", 100)])
    second.tell([RestingKey("p", "b", 107), RestingKey("q", "a", 103)])
    files = RestingFiles(tmp_path)
    assert files.read(NOW_NS) == (RestingKey("p", "b", 107), RestingKey("q", "a", 103))
    second.tell([])
    assert files.read(NOW_NS) == (RestingKey("p", "b", 105),)


def test_a_file_is_written_only_when_something_changed(tmp_path: Path) -> None:
    file, path = RestingFile(tmp_path, 3), tmp_path / "resting-3.json"
    file.tell([])
    assert not path.exists()
    file.tell([RestingKey("p", "b", 1), RestingKey("p", "a", 1)])
    written = path.stat().st_ino
    file.tell([RestingKey("p", "a", 1), RestingKey("p", "b", 1)])
    assert path.stat().st_ino == written
    assert json.loads(path.read_bytes()) == {
        "keys": [
            {"provider_id": "p", "key_id": "a", "until_seconds": 1},
            {"provider_id": "p", "key_id": "b", "until_seconds": 1},
        ]
    }


def test_what_an_ended_worker_said_is_taken_back_by_the_next_one(tmp_path: Path) -> None:
    RestingFile(tmp_path, 0).tell([RestingKey("p", "a", 200)])
    RestingFile(tmp_path, 0).tell([])
    assert RestingFiles(tmp_path).read(NOW_NS) == ()


@pytest.mark.parametrize("content", [b"", b"[", b'{"keys":[{}]}', b"\xff"])
def test_a_damaged_file_is_nothing(tmp_path: Path, content: bytes) -> None:
    RestingFile(tmp_path, 0).tell([RestingKey("p", "a", 200)])
    (tmp_path / "resting-1.json").write_bytes(content)
    assert RestingFiles(tmp_path).read(NOW_NS) == (RestingKey("p", "a", 200),)


def test_a_file_that_cannot_be_written_is_said_once_and_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = RestingFile(tmp_path / "gone", 0)
    with caplog.at_level(logging.WARNING):
        file.tell([RestingKey("p", "a", 200)])
        file.tell([RestingKey("p", "a", 200)])
    assert len(caplog.records) == 1
