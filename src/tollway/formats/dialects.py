"""All dialects, by name, and where their requests are sent."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tollway.formats.chat import dialect as chat
from tollway.formats.chat import notes as chat_notes
from tollway.formats.dialect import Dialect, DialectName
from tollway.formats.embeddings import dialect as embeddings
from tollway.formats.embeddings import notes as embedding_notes
from tollway.formats.embeddings.dialect import EmbeddingDialect
from tollway.formats.gemini import dialect as gemini
from tollway.formats.gemini import notes as gemini_notes
from tollway.formats.gemini import path as gemini_path
from tollway.formats.messages import dialect as messages
from tollway.formats.messages import notes as messages_notes
from tollway.formats.responses import dialect as responses
from tollway.formats.responses import notes as responses_notes

CHAT, RESPONSES, MESSAGES, GEMINI = chat.DIALECT, responses.DIALECT, messages.DIALECT, gemini.DIALECT

DIALECTS: Mapping[DialectName, Dialect] = MappingProxyType(
    {"chat": CHAT, "responses": RESPONSES, "messages": MESSAGES, "gemini": GEMINI}
)

NOTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Chat Completions": chat_notes.NOTES,
        "Responses": {**responses_notes.NOTES, **responses_notes.ANSWER_NOTES},
        "Messages": messages_notes.NOTES,
        "Gemini": gemini_notes.NOTES,
        "Embeddings": embedding_notes.NOTES,
    }
)
"""What the readers and writers of each dialect may note; `docs/translation.md` is generated from it."""

_PATHS: Mapping[DialectName, str] = MappingProxyType(
    {"chat": "/chat/completions", "responses": "/responses", "messages": "/messages"}
)


def embedding_dialect(dialect: Dialect) -> EmbeddingDialect:
    """Return how embeddings are asked for by those who speak a dialect: Google's way in Gemini's, else OpenAI's."""
    return embeddings.GEMINI if dialect is GEMINI else embeddings.OPENAI


@lru_cache(maxsize=4_096)
def embed_target(base_path: str, model: str, method: str) -> bytes:
    """Return the path at which such a provider makes embeddings; `method` is Gemini's, "" for OpenAI's way."""
    path = f"{gemini_path.build(model, 'get')}:{method}" if method else "/embeddings"
    return f"{base_path}{path}".encode("ascii")


@lru_cache(maxsize=4_096)
def count_target(base_path: str, dialect: DialectName, model: str) -> bytes:
    """Return the path at which such a provider counts the tokens of a request; only some dialects can."""
    path = gemini_path.build(model, "countTokens") if dialect == "gemini" else "/messages/count_tokens"
    return f"{base_path}{path}".encode("ascii")


@lru_cache(maxsize=4_096)
def request_target(base_path: str, dialect: DialectName, model: str, is_stream: bool) -> bytes:
    """Return the path and query at which a provider whose URL has `base_path` is asked for a model in a dialect."""
    if dialect == "gemini":
        path = gemini_path.build(model, "streamGenerateContent" if is_stream else "generateContent")
        path += "?alt=sse" if is_stream else ""
    else:
        path = _PATHS[dialect]
    return f"{base_path}{path}".encode("ascii")
