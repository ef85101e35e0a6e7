"""A secret is never shown by accident."""

import copy
import json
import pickle

import pytest

from tollway.kernel.secret import Secret, SecretRing


def test_no_representation_shows_the_value() -> None:
    secret = Secret("sk-secret")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>10}", repr([secret]), "{}".format(*[secret])]
    assert all("sk-secret" not in text for text in shown)
    assert secret.reveal() == "sk-secret"


def test_it_cannot_be_pickled_copied_or_written_as_json() -> None:
    secret = Secret("sk-secret")
    for leak in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            leak(secret)


def test_equality_is_identity() -> None:
    assert Secret("a") != Secret("a")


def test_a_ring_makes_with_the_first_and_accepts_all() -> None:
    old, new = Secret(b"old"), Secret(b"new")
    ring = SecretRing((1, old))
    assert (ring.generation, ring.current(), ring.all()) == (1, old, (old,))
    ring.replace((2, new), (1, old))
    assert (ring.generation, ring.current(), ring.all()) == (2, new, (new, old))
    assert (ring.find(1), ring.find(2), ring.find(3)) == (old, new, None)
    assert repr(ring) == "SecretRing(generations 2, 1)"
