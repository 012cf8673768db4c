"""Where a figure comes from: carried by every figure of the library, shown beside every result."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a figure or a clause was read.

    Attributes
    ----------
    article
        Place inside the document, e.g. ``"第三条（二）"``.
    quote_zh
        The words of the document, as far as read.
    verified
        Whether it was read in a published copy named by the link. That is not the issuer's own
        text: nobody has held the figure against that.
    """

    title: str
    issuer: str = ""
    document_number: str = ""
    article: str = ""
    link: str = ""
    quote_zh: str = ""
    verified: bool = False
