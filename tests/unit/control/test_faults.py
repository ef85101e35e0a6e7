"""Faults are collected, placed and reported together."""

import pytest

from tollway.control.faults import Fault, Faults, Invalid, refuse


def test_all_faults_are_in_one_error() -> None:
    faults = Faults()
    faults.check()
    faults.add("/a", "x")
    faults.extend("/limits", [Fault("/b", "y", 2, 3)])
    with pytest.raises(Invalid) as caught:
        faults.check()
    assert caught.value.faults == (Fault("/a", "x"), Fault("/limits/b", "y", 2, 3))
    assert caught.value.public == "/a: x; line 2, column 3: /limits/b: y"
    assert (caught.value.code.name, caught.value.status) == ("management.invalid", 422)


def test_single_fault() -> None:
    assert refuse("/a", "x").faults == (Fault("/a", "x"),)
