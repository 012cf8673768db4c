"""Where the middle of the needs lies that an index holds."""

import numpy as np

from silian.engines.matching.candidates import SmallFloats
from silian.engines.matching.view import View

# So many say where the middle is, and so many at the index's own middle are thought to be there.
_MOST_READ = 1_000
_PRIOR_NEEDS = 20
_KIND = "need"


def mean_of_needs(view: View) -> SmallFloats | None:
    """Mean embedding of the needs, drawn to that of the whole index where there are few.

    Questions are centred on the middle of questions, else what all needs share (a need asks, and
    describes its trouble) would count for or against each. Needs that the index holds were read
    as documents, so the middle of the questions that training saw is not theirs.

    Returns
    -------
    ndarray | None
        Shape (d,); None while no document has a vector. Of many needs some are read, spread
        evenly.
    """
    if view.mean is None:
        return None
    total, count = _PRIOR_NEEDS * view.mean.astype(np.float64), float(_PRIOR_NEEDS)
    for part in view.parts:
        kinds = part.segment.kind
        if _KIND not in kinds.values:
            continue
        is_need = (kinds.codes == list(kinds.values).index(_KIND)) & part.live()
        for block in part.blocks():
            held = np.flatnonzero(is_need[block.rows])
            if len(held):
                read = held[:: max(1, -(-len(held) // _MOST_READ))]
                total += block.vectors[read].astype(np.float64).mean(axis=0) * len(held)
                count += len(held)
    mean: SmallFloats = (total / count).astype(np.float32)
    return mean
