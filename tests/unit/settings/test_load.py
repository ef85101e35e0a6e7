"""Settings from file, variables and flags: the later source wins, and every fault is reported at once."""

from pathlib import Path

import pytest

from tollway.settings import fields
from tollway.settings.faults import InvalidSettings
from tollway.settings.load import FLAGS, Sources, load


def write(folder: Path, text: str) -> Path:
    path = folder / "tollway.toml"
    path.write_text(text)
    return path


def places(error: InvalidSettings) -> list[str]:
    return [fault.place for fault in error.faults]


def test_later_sources_win(tmp_path: Path) -> None:
    path = write(tmp_path, '[gateway]\nlisten = ":1"\nworkers = 1\n[log]\nlevel = "debug"\n')
    environment = {"TOLLWAY_GATEWAY_LISTEN": ":2", "TOLLWAY_GATEWAY_WORKERS": "2"}
    settings = load(Sources(path, {"--workers": "3"}), environment)
    assert (settings.gateway.listen, settings.gateway.workers, settings.log.level) == (":2", 3, "debug")


def test_every_fault_of_every_source_is_reported_with_its_place(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'dta = "x"\n[gateway]\nworkers = "4"\ntrusted_proxies = ["10.0.0.1/8"]\n'
        '[nothing]\na = 1\n[log]\nlevel = "loud"\n',
    )
    environment = {"TOLLWAY_CONSOLE_LISTEN": "nowhere", "TOLLWAY_LIMITS_HEADERS_MAX": "many", "TOLLWAY_LOG_LEVL": "x"}
    with pytest.raises(InvalidSettings) as caught:
        load(Sources(path, {"--workers": "0"}), environment)
    assert places(caught.value) == [
        f"{path}:1 dta",
        f"{path}:3 gateway.workers",
        f"{path}:5 nothing",
        f"{path}:8 log.level",
        "TOLLWAY_LIMITS_HEADERS_MAX",
        "TOLLWAY_LOG_LEVL",
        "--workers",
        "TOLLWAY_CONSOLE_LISTEN",
        f"{path}:4 gateway.trusted_proxies",
    ]
    assert "did you mean data?" in str(caught.value)
    assert "did you mean TOLLWAY_LOG_LEVEL?" in str(caught.value)


def test_one_slip_is_one_fault() -> None:
    with pytest.raises(InvalidSettings) as caught:
        load(Sources(flags={"--listen": "nowhere"}), {})
    assert places(caught.value) == ["--listen"]


@pytest.mark.parametrize(
    ("content", "words"), [("data = \n", "is not TOML"), (b"\xff\xfe", "is not TOML"), (None, "cannot be read")]
)
def test_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | bytes | None, words: str) -> None:
    path = tmp_path / "tollway.toml"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InvalidSettings, match=words) as caught:
        load(Sources(path), {})
    assert places(caught.value) == [str(path)]


def test_section_that_is_no_table_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="gateway: there is no such setting"):
        load(Sources(write(tmp_path, "gateway = 3\n")), {})


def test_paths_in_a_file_are_relative_to_it(tmp_path: Path) -> None:
    settings = load(Sources(write(tmp_path, 'data = "here"\n')), {})
    assert settings.data == tmp_path / "here"


def test_paths_elsewhere_are_relative_to_the_working_directory() -> None:
    assert load(Sources(flags={"--data": "here"}), {}).data == Path("here")


def test_the_file_is_found_by_variable_and_by_its_usual_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[log]\nlevel = "error"\n')
    assert load(Sources(), {"TOLLWAY_CONFIG": str(path)}).log.level == "error"
    monkeypatch.chdir(tmp_path)
    assert load(Sources(), {}).log.level == "error"


@pytest.mark.parametrize(
    "variable",
    ["TOLLWAY_SERVICE_HOST", "TOLLWAY_SERVICE_PORT", "TOLLWAY_PORT", "TOLLWAY_PORT_8080_TCP_ADDR",
     "TOLLWAY_GATEWAY_PORT", "TOLLWAY_GATEWAY_SERVICE_PORT_HTTP", "TOLLWAY_GATEWAY_PORT_8080_TCP",
     "TOLLWAY_OPENAI_KEY", "TOLLWAY_TOKEN"],
)  # fmt: skip
def test_variables_of_others_are_left_alone(variable: str) -> None:
    """Kubernetes names variables after services, and keys for `env:` references have any name."""
    load(Sources(), {variable: "tcp://10.0.0.1:8080"})


def test_shortened_variable_is_a_fault_that_names_the_right_one() -> None:
    with pytest.raises(InvalidSettings, match="did you mean TOLLWAY_GATEWAY_WORKERS"):
        load(Sources(), {"TOLLWAY_WORKERS": "2"})


def test_every_setting_can_be_set_by_its_variable() -> None:
    samples = {int: "100", float: "90", bool: "false", tuple: "", str: "", Path: ""}
    special = {"gateway.listen": ":1", "console.listen": ":2", "data": "d", "log.level": "error",
               "budgets.unbounded_output": "refuse", "limits.head_bytes_max": "2000",
               "limits.request_line_bytes_max": "2000", "limits.body_bytes_max": "2000",
               "limits.answer_bytes_max": "2000", "limits.buffers_bytes_max": "2000000"}  # fmt: skip
    environment = {setting.variable: special.get(setting.key, samples[setting.kind]) for setting in fields.ALL}
    settings = load(Sources(), environment)
    assert settings.budgets.unbounded_output == "refuse"
    assert settings.retention.calls_days == 100


def test_sources_read_the_environment_of_the_process_and_read_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = Sources(flags={"--data": "d"})
    monkeypatch.setenv("TOLLWAY_LOG_LEVEL", "error")
    assert sources.load().log.level == "error"
    monkeypatch.setenv("TOLLWAY_LOG_LEVEL", "debug")
    assert sources.load().log.level == "debug"


def test_flags_name_settings() -> None:
    assert all(key in fields.BY_KEY for key in FLAGS.values())
