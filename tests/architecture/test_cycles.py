"""No module needs itself to be loaded: imports at load time form no cycle."""

import graphlib

from kit.source_tree import modules, owning_module


def test_imports_form_no_cycle() -> None:
    graph = {
        module.name: {
            target
            for item in module.imports()
            if not item.is_deferred and (target := owning_module(item.target)) not in (None, module.name, "tollway")
        }
        for module in modules()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from error
