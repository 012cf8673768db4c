"""``python -m silian.cli``, as child processes are started."""

from silian.cli import main

if __name__ == "__main__":
    main()
