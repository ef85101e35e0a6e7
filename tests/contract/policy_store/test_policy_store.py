"""A commit is what every process reads next, all of it or nothing, and nothing is ever half seen."""

import signal
import subprocess
import sys
import tempfile
import threading
import timeit
from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollway.adapters.policy_store import LMDBPolicyStore, PolicyStoreWriter
from tollway.adapters.policy_store.reader import LMDBPolicyView
from tollway.contract.policy import VERSION, Snapshot, decode_snapshot, encode
from tollway.gateway.ports import PolicyStore
from tollway.kernel.errors import TollwayError


def snapshot(revision: int = 0, *origins: str) -> bytes:
    return encode(Snapshot(VERSION, revision, 1, cors_origins=origins))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[PolicyStoreWriter]:
    store = PolicyStoreWriter(tmp_path / "policy")
    yield store
    store.close()
    store.close()


class Reader:
    """A worker: another process that answers `find` and `revision` with what it reads at that moment."""

    SOURCE = """
import sys, pathlib
from tollway.adapters.policy_store import LMDBPolicyStore
store = LMDBPolicyStore(pathlib.Path(sys.argv[1]))
held = None
for line in sys.stdin:
    command, *rest = line.split()
    if command == "hold":
        held = store.view()
        print("held", flush=True)
        continue
    view = store.view()
    if command == "count":
        print(sum(view.find_token(f"{n:012d}") is not None for n in range(int(rest[0]))), view.revision, flush=True)
    else:
        print(view.find_token(rest[0]), view.revision, len(view.snapshot() or b""), flush=True)
    del view
"""

    def __init__(self, path: Path) -> None:
        arguments = [sys.executable, "-c", self.SOURCE, str(path)]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def reader(writer: PolicyStoreWriter, tmp_path: Path) -> Iterator[Reader]:
    process = Reader(tmp_path / "policy")
    yield process
    process.kill()


def test_r14_what_is_committed_is_what_another_process_reads_next(writer: PolicyStoreWriter, reader: Reader) -> None:
    assert reader.ask("find", "abc") == "None 0 0"
    for number in range(200):
        writer.put_token("abc", b"%d" % number)
        assert reader.ask("find", "abc") == f"b'{number}' 0 0"
    assert writer.delete_token("abc")
    assert not writer.delete_token("abc")
    assert reader.ask("find", "abc") == "None 0 0"
    assert writer.publish_snapshot(snapshot()) == 1
    assert reader.ask("find", "abc") == f"None 1 {len(writer.snapshot() or b'')}"


_acts = st.lists(
    st.sampled_from(
        ["token", "application", "drop token", "drop application", "many", "snapshot", "rebuild", "nothing"]
    ),
    max_size=12,
)


@given(_acts)
@settings(max_examples=40, deadline=None)
def test_r14_two_looks_say_the_same_commit_only_if_nothing_was_written_between(acts: list[str]) -> None:
    """What was read at a commit may be used at the same one; so each write of any kind must show in it."""
    with tempfile.TemporaryDirectory() as folder:
        writer = PolicyStoreWriter(Path(folder) / "policy")
        store = _reader_of(writer)
        seen = [_what(store.view())]
        for number, act in enumerate(acts):
            raw = b"%d" % number
            match act:
                case "token":
                    writer.put_token("abc", raw)
                case "application":
                    writer.put_application("app", raw)
                case "drop token":
                    writer.delete_token("abc")
                case "drop application":
                    writer.delete_application("app")
                case "many":
                    writer.put_tokens([("abc", raw), ("def", raw)])
                case "snapshot":
                    writer.publish_snapshot(snapshot(0, f"https://{number}.example"))
                case "rebuild":
                    writer.rebuild([], snapshot(0, f"https://{number}.example"))
            seen.append(_what(store.view()))
        writer.close()
    commits = [commit for commit, _ in seen]
    assert commits == sorted(commits)
    assert len(dict(seen)) == len({*seen}), "one commit, two contents"


def _what(view: LMDBPolicyView) -> tuple[int, tuple[object, ...]]:
    """Return the commit of a look, and all that it sees."""
    tokens = view.find_token("abc"), view.find_token("def")
    return view.commit, (view.revision, *tokens, view.find_application("app"), view.snapshot())


def _reader_of(writer: PolicyStoreWriter) -> LMDBPolicyStore:
    """Return a worker's store over the writer's own environment, which no process may open twice."""
    store = LMDBPolicyStore.__new__(LMDBPolicyStore)
    store.read(writer._environment)
    return store


def test_records_of_tokens_and_applications_are_kept_apart(writer: PolicyStoreWriter) -> None:
    writer.put_token("same", b"token")
    writer.put_application("same", b"application")
    assert (writer.find_token("same"), writer.find_application("same")) == (b"token", b"application")
    assert writer.delete_application("same")
    assert not writer.delete_application("same")
    assert (writer.find_token("same"), writer.find_application("same")) == (b"token", None)


def test_the_revision_grows_with_every_snapshot_and_is_the_snapshots_own(writer: PolicyStoreWriter) -> None:
    assert (writer.revision(), writer.snapshot()) == (0, None)
    for given_revision, expected in [(0, 1), (0, 2), (7, 7), (3, 8), (9, 9)]:
        assert writer.publish_snapshot(snapshot(given_revision, "https://a.example")) == expected
        assert writer.revision() == expected
        stored = decode_snapshot(writer.snapshot() or b"")
        assert (stored.revision, stored.cors_origins) == (expected, ("https://a.example",))


@pytest.mark.parametrize("raw", [b"", b"junk", encode(Snapshot(VERSION + 1, 0, 1))])
def test_a_snapshot_that_cannot_be_read_is_not_published(writer: PolicyStoreWriter, raw: bytes) -> None:
    writer.publish_snapshot(snapshot())
    with pytest.raises(ValueError):
        writer.publish_snapshot(raw)
    assert writer.revision() == 1


def test_a_rebuild_replaces_everything_at_once(writer: PolicyStoreWriter) -> None:
    writer.put_tokens([("old", b"1"), ("both", b"1")])
    writer.put_application("app", b"1")
    writer.publish_snapshot(snapshot(5))
    assert writer.rebuild([("token", "both", b"2"), ("application", "new", b"2")], snapshot(1)) == 6
    assert writer.find_token("old") is None
    assert writer.find_application("app") is None
    assert (writer.find_token("both"), writer.find_application("new")) == (b"2", b"2")
    assert writer.rebuild((), None) == 7
    assert (writer.snapshot(), writer.revision(), writer.find_token("both")) == (None, 7, None)


def test_a_rebuild_that_fails_changes_nothing(writer: PolicyStoreWriter) -> None:
    writer.put_token("kept", b"1")
    with pytest.raises(ValueError):
        writer.rebuild([("token", "new", b"2")], b"junk")
    with pytest.raises(ValueError, match="more than once"):
        writer.rebuild(iter([("token", "new", b"2")]), None)
    assert (writer.find_token("kept"), writer.find_token("new"), writer.revision()) == (b"1", None, 0)


def test_a_rebuild_is_never_half_seen(writer: PolicyStoreWriter, reader: Reader) -> None:
    writer.rebuild([("token", f"{n:012d}", b"x") for n in range(50)], None)
    seen = set()
    stop = threading.Event()

    def rebuild_on() -> None:
        while not stop.is_set():
            for count in (0, 50):
                writer.rebuild([("token", f"{n:012d}", b"x") for n in range(count)], None)

    thread = threading.Thread(target=rebuild_on)
    thread.start()
    for _ in range(300):
        count, revision = reader.ask("count", "50").split()
        seen.add((int(count), int(revision) % 2))
    stop.set()
    thread.join()
    assert seen <= {(50, 1), (0, 0)}


def test_a_full_map_grows_and_readers_follow(tmp_path: Path) -> None:
    writer = PolicyStoreWriter(tmp_path / "small", map_bytes=64 * 1024)
    reader = Reader(tmp_path / "small")
    assert reader.ask("count", "0") == "0 0"
    for start in range(0, 3000, 500):
        writer.put_tokens([(f"{n:012d}", b"x" * 200) for n in range(start, start + 500)])
        assert reader.ask("count", "3000") == f"{start + 500} 0"
    writer.rebuild([("token", f"{n:012d}", b"y" * 900) for n in range(3000)], None)
    assert reader.ask("count", "3000") == "3000 1"
    reader.kill()
    writer.close()


def test_a_map_that_grew_is_followed_in_the_same_process(tmp_path: Path) -> None:
    """The worker's side of growth, seen by coverage: the writer is the other process here."""
    source = """
import sys, pathlib
from tollway.adapters.policy_store import PolicyStoreWriter
writer = PolicyStoreWriter(pathlib.Path(sys.argv[1]), map_bytes=64 * 1024)
for line in sys.stdin:
    writer.put_tokens([(f"{n:012d}", b"x" * 200) for n in range(int(line))])
    print("done", flush=True)
"""
    arguments = [sys.executable, "-c", source, str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        store: LMDBPolicyStore | None = None
        for count in (1, 5000):
            process.stdin.write(f"{count}\n")
            process.stdin.flush()
            process.stdout.readline()
            store = store or LMDBPolicyStore(tmp_path)
            port: PolicyStore = store
            assert port.view().find_token(f"{count - 1:012d}") == b"x" * 200
        assert store is not None
        view = store.view()
        assert (view.find_application("x"), view.snapshot(), view.revision) == (None, None, 0)
        store.close()
        with pytest.raises(TollwayError) as caught:
            store.view()
        assert caught.value.code.name == "gateway.policy_unavailable"
        with pytest.raises(TollwayError):
            view.snapshot()


def test_views_do_not_pin_pages_after_they_are_let_go(tmp_path: Path) -> None:
    PolicyStoreWriter(tmp_path).close()
    reader = Reader(tmp_path)
    reader.ask("count", "1")
    writer = PolicyStoreWriter(tmp_path)
    for _ in range(300):
        writer.put_token("abc", b"x" * 2000)
        reader.ask("count", "1")
    assert (tmp_path / "data.mdb").stat().st_size < 300_000
    reader.kill()
    writer.close()


def test_the_reader_slot_of_a_killed_worker_is_freed(tmp_path: Path) -> None:
    writer = PolicyStoreWriter(tmp_path)
    victim = Reader(tmp_path)
    assert victim.ask("hold") == "held"
    victim.kill()
    for number in range(300):
        writer.put_token("abc", b"%d" % number * 500)
    assert (tmp_path / "data.mdb").stat().st_size < 300_000
    writer.close()


def test_a_store_that_cannot_be_opened_stops_the_start_with_the_cause(tmp_path: Path) -> None:
    with pytest.raises(TollwayError, match="No such file") as caught:
        LMDBPolicyStore(tmp_path / "missing")
    assert caught.value.code.name == "gateway.policy_unavailable"
    (tmp_path / "data.mdb").write_bytes(b"not LMDB" * 1024)
    for kind in (LMDBPolicyStore, PolicyStoreWriter):
        with pytest.raises(TollwayError, match=r"MDB_INVALID"):
            kind(tmp_path)


def test_a_closed_or_broken_writer_says_so(tmp_path: Path) -> None:
    writer = PolicyStoreWriter(tmp_path)
    with pytest.raises(TollwayError):
        writer.put_token("x" * 600, b"")
    writer.close()
    for act in (lambda: writer.put_token("a", b""), lambda: writer.find_token("a")):
        with pytest.raises(TollwayError) as caught:
            act()
        assert caught.value.code.name == "gateway.policy_unavailable"


def test_commits_are_synced() -> None:
    """A committed revoke survives power loss; the flags that would trade that for speed must stay unset."""
    source = Path(sys.modules[PolicyStoreWriter.__module__].__file__ or "").read_text()
    assert "sync=" not in source
    assert "writemap" not in source


def test_a_look_costs_less_than_four_microseconds(tmp_path: Path) -> None:
    PolicyStoreWriter(tmp_path).close()
    with lmdb.open(str(tmp_path), map_size=1 << 28) as environment, environment.begin(write=True) as transaction:
        for number in range(20_000):
            transaction.put(b"token:%012d" % number, b"x" * 300)
    store = LMDBPolicyStore(tmp_path)
    cost = min(timeit.repeat(lambda: store.view().find_token("000000012345"), number=1000, repeat=7)) / 1000
    store.close()
    assert cost < 4e-6


def test_an_exhausted_reader_table_is_cleared_of_the_dead_before_giving_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PolicyStoreWriter(tmp_path).close()
    store = LMDBPolicyStore(tmp_path)

    class Environment:
        """Stands in for an environment whose reader table is full until it is checked."""

        checked = 0

        def begin(self) -> object:
            if not self.checked:
                raise lmdb.ReadersFullError("readers full")
            return real.begin()

        def reader_check(self) -> int:
            self.checked += 1
            return 1

    real = store._environment
    monkeypatch.setattr(store, "_environment", Environment())
    assert store.view().revision == 0
    monkeypatch.undo()
    store.close()
