"""The root key: changed under load, step by step, and retired once nothing needs it any more."""
