"""placeholder"""


def open_matcher():
    raise NotImplementedError
