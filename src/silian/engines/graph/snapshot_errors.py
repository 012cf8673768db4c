"""What the snapshot and its questions refuse, each with a stable code and a remedy."""

from silian.errors import EngineError


class GraphColumnsRefused(EngineError, ValueError):
    """A table of nodes or edges without a column it needs, or with one of a wrong type."""

    code = "graph_columns_refused"


class DuplicateNode(EngineError, ValueError):
    """Two nodes with one id."""

    code = "duplicate_node"


class DanglingEdge(EngineError, ValueError):
    """An edge whose source or target is no node."""

    code = "dangling_edge"


class WeightOutOfRange(EngineError, ValueError):
    """A weight that is not a finite number above zero."""

    code = "weight_out_of_range"


class DatesReversed(EngineError, ValueError):
    """An edge, or a span asked for, that ends before it starts."""

    code = "dates_reversed"


class UnknownNode(EngineError, LookupError):
    """An id that names no node of the graph."""

    code = "unknown_node"


class UnknownEdgeType(EngineError, LookupError):
    """A type that no edge of the graph has."""

    code = "unknown_edge_type"


class UnknownNodeKind(EngineError, LookupError):
    """A kind that no node of the graph has."""

    code = "unknown_node_kind"


class UnknownEdge(EngineError, LookupError):
    """An edge to withdraw that is not in the graph."""

    code = "unknown_edge"


class SnapshotUnreadable(EngineError, OSError):
    """A folder that holds no whole snapshot of this format."""

    code = "snapshot_unreadable"


class SnapshotExists(EngineError, FileExistsError):
    """A snapshot is never written over."""

    code = "snapshot_exists"


class LimitOutOfRange(EngineError, ValueError):
    """A number of hops, paths or answers that is not positive, or a share outside 0 to 1."""

    code = "limit_out_of_range"


class SubgraphTooLarge(EngineError, ValueError):
    """A question that takes too long on so many nodes."""

    code = "subgraph_too_large"


class EvaluationImpossible(EngineError, ValueError):
    """A split by time that leaves nothing to learn from or to judge."""

    code = "evaluation_impossible"


class ChainTableRefused(EngineError, ValueError):
    """A node, link or member of an industry chain that doesn't fit the others."""

    code = "chain_table_refused"
