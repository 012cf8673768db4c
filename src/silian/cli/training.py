"""``silian train``"""


def train() -> None:
    """训练排序模型 · Train the ranker."""
    raise NotImplementedError
