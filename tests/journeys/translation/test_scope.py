"""Every recorded exchange is in scope as something, or out for a reason that is written down."""

from collections import Counter

from kit.recordings import recordings, scope

OPERATIONS = {"generate", "embed", "count"}
DIALECTS = {"chat", "responses", "messages", "gemini"}


def test_each_rule_says_either_what_it_is_or_why_it_is_out():
    for rule in scope():
        if rule.out:
            assert not (rule.dialect or rule.operation or rule.kind) and len(rule.out) > 20, rule
        else:
            assert rule.dialect in DIALECTS and rule.operation in OPERATIONS, rule


def test_every_recording_is_accounted_for(shared_fixtures, capsys):
    counts: dict[tuple[str, str], Counter[str]] = {}
    unknown = []
    for recording in recordings(shared_fixtures):
        if recording.rule is None:
            unknown.append(f"{recording.where} {recording.path}")
            continue
        rule = recording.rule
        what = ("in", f"{rule.dialect} {rule.operation}") if not rule.out else ("out", rule.out)
        counts.setdefault(what, Counter())[recording.provider] += 1
    assert not unknown, "no rule of scope.toml fits:\n" + "\n".join(unknown)
    with capsys.disabled():
        for (state, what), providers in sorted(counts.items()):
            print(f"\n{state:4}{sum(providers.values()):>5}  {what}", end="")
            print("".join(f"\n{'':11}{name} {count}" for name, count in sorted(providers.items())), end="")
        print()
    assert sum(sum(item.values()) for (state, _), item in counts.items() if state == "in") >= 500
