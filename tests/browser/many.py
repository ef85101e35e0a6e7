"""What the stand-in answers to acts on several people: one is done, one needs nothing, and the owner is refused."""

from people import ACCOUNTS, PEOPLE, Json, crowd, person, service_account

REASON = "This is the last owner; make somebody else an owner first."


def act_on_many(kind: str, body: Json) -> Json:
    """Answer an act on people or service accounts of the stand-in, or its preview."""
    people = (
        [person(*row) for row in PEOPLE + crowd(500)]
        if kind == "users"
        else [service_account(*row) for row in ACCOUNTS]
    )
    known = {one["id"]: one for one in people}
    items = [outcome(known[one], body) for one in body["ids"]]
    undo = [
        {"kind": body["kind"], "role": known[item["id"]]["role"], "owner_id": None, "ids": [item["id"]]}
        for item in items
        if item["outcome"] == "done" and body["kind"] == "set_role"
    ]
    counts = {name: sum(item["outcome"] == name for item in items) for name in ("done", "nothing_to_do", "refused")}
    return {**counts, "items": items, "undo": undo}


def outcome(person: Json, body: Json) -> Json:
    """Say what comes of one: an owner stays as they are, and who has the role or state already needs nothing."""
    is_refused = person["role"] == "owner"
    has_it = person["role"] == body.get("role") or {"deactivate": "deactivated"}.get(body["kind"]) == person["state"]
    ends = body["kind"] == "deactivate" and not is_refused and not has_it
    return {
        "id": person["id"],
        "name": person["name"],
        "outcome": "refused" if is_refused else "nothing_to_do" if has_it else "done",
        "code": "management.conflict" if is_refused else None,
        "detail": REASON if is_refused else None,
        "sessions": int(ends),
        "tokens": person.get("personal_tokens", 0) if ends else 0,
        "link": None,
    }
