"""How a source stands in a file: written once for the document, narrowed at each figure."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from silian.sources import Source

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


class FileModel(BaseModel):
    """Part of a file: unknown keys and changed types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class DocumentSource(FileModel):
    """The document a file is written from."""

    title: Words
    issuer: Label
    document_number: str = ""
    article: str = ""
    link: Link | None = None
    quote_zh: str = ""
    verified: bool

    def value(self) -> Source:
        """The engine's value."""
        return Source(
            title=self.title,
            issuer=self.issuer,
            document_number=self.document_number,
            article=self.article,
            link=self.link or "",
            quote_zh=self.quote_zh,
            verified=self.verified,
        )


class ClauseSource(FileModel):
    """Place of one figure or clause; what is not said is as the document's source says.

    ``verified`` is the document's unless said here; a figure of a document that is not verified
    can be verified on its own.
    """

    article: str = ""
    quote_zh: str = ""
    title: str | None = Field(default=None, min_length=1)
    issuer: str | None = Field(default=None, min_length=1)
    document_number: str | None = None
    link: Link | None = None
    verified: bool | None = None


def narrowed(document: Source, clause: ClauseSource | None) -> Source:
    """The source of a clause within a document.

    Examples
    --------
    >>> narrowed(Source(title="办法", verified=True), ClauseSource(article="第三条")).article
    '第三条'
    """
    if clause is None:
        return document
    elsewhere = clause.title is not None
    return Source(
        title=clause.title or document.title,
        issuer=clause.issuer or ("" if elsewhere else document.issuer),
        document_number=(clause.document_number or "")
        if elsewhere or clause.document_number is not None
        else document.document_number,
        article=clause.article or document.article,
        link=clause.link or ("" if elsewhere else document.link),
        quote_zh=clause.quote_zh,
        verified=document.verified if clause.verified is None else clause.verified,
    )
