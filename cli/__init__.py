"""`losskit` on the command line: a module a command, each imported when it is called."""


def main() -> None:
    """Run the command line and exit with its status."""
    from losskit.cli.app import run

    run()
