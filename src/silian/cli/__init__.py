"""The command line: ``silian --help``."""


def main() -> None:
    """Entry point of the ``silian`` command."""
    from silian.cli.application import app

    app()
