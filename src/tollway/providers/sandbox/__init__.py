"""The built-in provider: deterministic answers without a network, and faults on demand.

Pure: a request comes in as fields, a Script of bytes and pauses goes out. `adapters/sandbox_transport.py` plays it.
"""

from tollway.providers.sandbox.answers import Script, Step, answer
from tollway.providers.sandbox.models import MODELS, SandboxModel

__all__ = ["MODELS", "SandboxModel", "Script", "Step", "answer"]
