"""Why a file is refused as a whole."""

from silian.errors import EngineError


class FileRefused(EngineError, ValueError):
    """A file that can't or mustn't be read.

    Parameters
    ----------
    message
        English: what arrived, what is allowed, how to mend it.
    message_zh
        The same in Chinese.
    """

    code = "file_refused"

    def __init__(self, message: str, *, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (type(self), str(self), self.message_zh))


def _restore(cls: type[FileRefused], message: str, zh: str) -> FileRefused:
    return cls(message, message_zh=zh)


class WrongFileType(FileRefused):
    """The content is of another type than the name says, or of none that is read."""

    code = "wrong_file_type"


class UnreadableText(FileRefused):
    """A text in no encoding that is read, or binary junk."""

    code = "unreadable_text"


class DamagedFile(FileRefused):
    """A file whose structure is broken."""

    code = "damaged_file"


class FileTooLarge(FileRefused):
    """A file that unpacks to more than is allowed (zip bomb)."""

    code = "file_too_large"


class CellTooLarge(FileRefused):
    code = "cell_too_large"


class TooManyColumns(FileRefused):
    code = "too_many_columns"


class TooDeep(FileRefused):
    """JSON nested deeper than any register's."""

    code = "too_deep"


class ForbiddenContent(FileRefused):
    """Parts that a register's file has no need of: external links, entities, macros."""

    code = "forbidden_content"


class MissingSheet(FileRefused, LookupError):
    code = "missing_sheet"


class NoHeading(FileRefused):
    """No row of headings, or headings that nothing is known of."""

    code = "no_heading"


class NoRows(FileRefused):
    """A file with content in which no row, or no one place of rows, is found."""

    code = "no_rows"
