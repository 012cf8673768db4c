import gc

import pytest

from silian.engines.graph.resolution_collection import paused_collection


def _fail_while_paused():
    with paused_collection():
        raise ValueError(f"enabled: {gc.isenabled()}")


def test_the_collector_pauses_and_runs_on_even_after_an_error():
    with pytest.raises(ValueError, match="enabled: False"):
        _fail_while_paused()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with paused_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
