"""Reading `input`: items into turns.

https://platform.openai.com/docs/api-reference/responses/create#responses_create-input — what a model said in several
items (thought, text, calls) is one turn, and the results of its calls are one; a user's messages stay apart.
Instructions before everything else are the request's own. Law: an item that the hub cannot hold is refused by name.
"""

from typing import Literal

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.responses.part_reader import read_content
from tollway.formats.responses.seal import read_seal

_ROLES: dict[str, Literal["user", "assistant", "system"]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
_PHASES = ("commentary", "final_answer")


class ItemReader:
    """Reads items in order. Single use; `system`, `turns` and `tools` (still to be read) are what was found."""

    def __init__(self) -> None:
        self.tools: list[Asked] = []
        self.system: list[hub.Text] = []
        self.turns: list[hub.Turn] = []
        self._kind = ""

    def read(self, items: list[Asked]) -> None:
        """Read all items. Raises request.field_invalid or request.untranslatable."""
        for item in items:
            self._read(item)
            item.nothing_else()

    def _read(self, item: Asked) -> None:
        kind = item.text("type") or ("message" if "role" in item else "item_reference")
        item.text("id")  # Only OpenAI looks an item up by its id; whoever else reads it has the item itself.
        item.text("status")
        match kind:
            case "message":
                self._message(item)
            case "reasoning":
                self._reasoning(item)
            case "function_call":
                self._add("assistant", "assistant", (_call(item),), item.at)
            case "function_call_output":
                self._add("results", "user", (_result(item),), item.at)
            case "image_generation_call":
                self._add("assistant", "assistant", (_picture(item),), item.at)
            case "additional_tools":
                # From here on for OpenAI, from the beginning for everybody else: the model has them when it answers.
                item.text("role")
                self.tools += item.children("tools")
            case "item_reference":
                untranslatable(item.at, "names an item that is not kept here: send the item itself")
            case _:
                untranslatable(item.place("type"), f"`{kind}` is an item that only OpenAI reads: leave it out")

    def _message(self, item: Asked) -> None:
        named = item.text("role") or invalid(item.place("role"), "is required")
        if named not in _ROLES:
            invalid(item.place("role"), "must be `user`, `assistant`, `system` or `developer`")
        role = _ROLES[named]
        parts = read_content(item, "content")
        # A hint for OpenAI's own models how to take an earlier message; the text is all that others can use of it.
        if (phase := item.text("phase")) is not None and phase not in _PHASES:
            invalid(item.place("phase"), "must be `commentary` or `final_answer`")
        if role == "system" and not self.turns:
            self.system += [_instruction(part) for part in parts]
        else:
            self._add("assistant" if role == "assistant" else "", role, parts, item.at)

    def _reasoning(self, item: Asked) -> None:
        thinking, is_of_call = _thinking(item)
        last = self.turns[-1].parts[-1] if self._kind == "assistant" and self.turns[-1].parts else None
        if is_of_call and isinstance(last, hub.ToolCall):
            sealed = structs.replace(last, signature=thinking.signature)
            self.turns[-1] = structs.replace(self.turns[-1], parts=(*self.turns[-1].parts[:-1], sealed))
        else:
            self._add("assistant", "assistant", (thinking,), item.at)

    def _add(
        self, kind: str, role: Literal["user", "assistant", "system"], parts: tuple[hub.Part, ...], at: str
    ) -> None:
        """Add parts: to the last turn when it is of the same kind, "" being a kind that never continues."""
        if kind and kind == self._kind:
            self.turns[-1] = structs.replace(self.turns[-1], parts=self.turns[-1].parts + parts)
        else:
            self.turns.append(hub.Turn(role=role, parts=parts, at=at))
        self._kind = kind


def _instruction(part: hub.Part) -> hub.Text:
    if isinstance(part, hub.Text):
        return part
    untranslatable(part.at, "is no text: instructions can only be text")


def _thinking(item: Asked) -> tuple[hub.Thinking, bool]:
    """Read a thought: what it says in the open, and its seal. No summary at all means that nothing may be seen."""
    thought_id = item.text("id")
    texts = [_text_of(part, "reasoning_text") for part in item.children("content")]
    summary = [_text_of(part, "summary_text") for part in item.children("summary")]
    sealed = item.text("encrypted_content")
    signature, is_of_call = (None, False) if not sealed else read_seal(sealed)
    return (
        hub.Thinking(
            text="\n\n".join(texts or summary),
            signature=signature,
            is_redacted=signature is not None and not texts and not summary,
            id=thought_id,
            at=item.at,
        ),
        is_of_call,
    )


def _text_of(part: Asked, kind: str) -> str:
    if part.text("type") not in (kind, "text"):
        invalid(part.place("type"), f"must be `{kind}`")
    text = part.text("text") or ""
    part.nothing_else()
    return text


def _call(item: Asked) -> hub.ToolCall:
    call = hub.ToolCall(
        id=item.text("call_id") or invalid(item.place("call_id"), "is required"),
        name=item.text("name") or invalid(item.place("name"), "is required"),
        arguments=item.text("arguments") or "",
        at=item.at,
    )
    _check_caller(item)
    return call


def _result(item: Asked) -> hub.ToolResult:
    call_id = item.text("call_id") or invalid(item.place("call_id"), "is required")
    name = item.text("name")
    parts: list[hub.Text | hub.Image | hub.Document] = []
    for part in read_content(item, "output"):
        if not isinstance(part, hub.Text | hub.Image | hub.Document):
            invalid(part.at, "cannot be in a result: text, images and files can")
        if part != hub.Text(text="", at=part.at):
            parts.append(part)
    _check_caller(item)
    return hub.ToolResult(call_id=call_id, name=name, parts=tuple(parts), at=item.at)


def _picture(item: Asked) -> hub.Image:
    """Read a picture that a model made, as answers of ours show it."""
    data = item.text("result") or invalid(item.place("result"), "is required")
    kind = item.text("output_format") or "png"
    for name in ("action", "background", "quality", "revised_prompt", "size"):
        item.text(name)  # How OpenAI made it; the picture is what it is.
    return hub.Image(source=hub.Base64(media_type=f"image/{kind}", data=data), at=item.at)


def _check_caller(item: Asked) -> None:
    """Refuse calls that OpenAI's own programs make."""
    caller = item.child("caller")
    if caller is not None and caller.text("type") != "direct":
        untranslatable(caller.at, "is a program that only OpenAI runs: leave it out")
