"""Rights as the API shows them: in the registry's order, and read back as they were."""

from tollway.control.access.model import Permission, Reach
from tollway.web.rights import RightInput, read_rights, show_rights


def test_rights_survive_being_shown_and_read() -> None:
    rights = {Permission.USERS_READ: Reach.ALL, Permission.TOKENS_READ: Reach.TEAM}
    shown = show_rights(rights)
    assert [right.permission for right in shown] == [Permission.TOKENS_READ, Permission.USERS_READ]
    sent = [RightInput.model_validate_json(right.model_dump_json()) for right in shown]
    assert read_rights(sent) == rights
