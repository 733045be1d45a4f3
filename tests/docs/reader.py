"""A reader who types in every block of a page, from its first to its last, in a folder of its own."""

from __future__ import annotations

import doctest
import io
import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import yaml
from tests.docs.blocks import ROOT, Block, Command
from tests.docs.exceptions import INSTEAD, Instead
from tests.docs.outputs import alike
from typer.testing import CliRunner

from losskit.cli.app import app

PROGRAM = "from losskit.cli import main; main()"
SECONDS = 300  # for one command
SHELL = set("$*|&;<>()`'\"")  # a line with one of these is left to a shell
PARSERS: dict[str, Callable[[str], object]] = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}


class Printed(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


class Reader:
    """What one has at hand while reading a page: a folder, the names of the Python blocks so far, and a shell."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "work"
        self.place.mkdir()
        (self.place / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
        self.names: dict[str, object] = {}
        self.printed: str | None = None
        self.environment = {
            **os.environ,
            "PATH": f"{_programs(folder)}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
        }

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.title:
            self._save(block)
        elif block.language == "python":
            self.printed = self._run(block)
            return
        elif block.language == "text":
            assert self.printed is not None, f"{block}: a text block shows what the Python block before it prints"
            assert alike(block.text, self.printed), f"{block}: shown\n{block.text}\nprinted\n{self.printed}"
        elif block.language == "pycon":
            self._talk(block)
        elif block.language == "console":
            for command in block.commands():
                self._command(block, command)
        else:
            assert block.language in PARSERS, f"{block}: nobody runs {block.language or 'a block without a language'}"
            PARSERS[block.language](block.text)
        self.printed = None

    def _save(self, block: Block) -> None:
        if block.language in PARSERS:
            PARSERS[block.language](block.text)
        target = self.place / block.title
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")

    def _run(self, block: Block) -> str:
        output = io.StringIO()
        with redirect_stdout(output):
            exec(compile("\n" * block.line + block.text, block.page, "exec"), self.names)
        return output.getvalue()

    def _talk(self, block: Block) -> None:
        for example in doctest.DocTestParser().get_examples(block.text):
            output = io.StringIO()
            with redirect_stdout(output):
                try:
                    exec(compile(example.source, block.page, "single"), self.names)
                except Exception as error:
                    kind = type(error)
                    print(f"{kind.__module__}.{kind.__qualname__}: {error}".removeprefix("builtins."))  # noqa: T201
            assert alike(example.want, output.getvalue()), f"{block}: shown\n{example.want}\n{output.getvalue()}"

    def _command(self, block: Block, command: Command) -> None:
        instead = INSTEAD.get(command.line, Instead("", command.line))
        if instead.command is None:
            return
        if instead.before:
            self._enter(instead.before, 0)
        found = self._enter(instead.command, instead.status)
        if command.shown and instead.command == command.line:
            good = alike(command.shown, found.stdout) or alike(command.shown, found.stdout + found.stderr)
            assert good, f"{block}: {command.line}\nshown\n{command.shown}\nprinted\n{found.stdout}{found.stderr}"

    def _enter(self, line: str, status: int) -> Printed:
        if line.startswith("cd "):
            self.place /= line.removeprefix("cd ")
            os.chdir(self.place)
            return Printed("", "")
        alone = line.startswith("losskit ") and not SHELL & set(line)
        return self._here(line, status) if alone else self._shell(line, status)

    def _here(self, line: str, status: int) -> Printed:
        """Run ``losskit`` in this process, verification too: every process more would import torch again."""
        arguments = shlex.split(line)[1:]
        if arguments[0] == "verify" and "--engine" not in arguments:
            arguments += ["--engine", "here"]
        done = CliRunner().invoke(app, arguments, prog_name="losskit")
        assert done.exit_code == status, f"{line}: status {done.exit_code}\n{done.output}"
        return Printed(done.stdout, done.stderr)

    def _shell(self, line: str, status: int) -> Printed:
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.place, env=self.environment, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == status, f"{line}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Printed(done.stdout, done.stderr)


def _programs(folder: Path) -> Path:
    """A folder with the commands ``losskit`` and ``python`` of this very interpreter."""
    place = folder / "bin"
    place.mkdir()
    for name, arguments in (("losskit", f"-c '{PROGRAM}' "), ("python", "")):
        program = place / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        program.chmod(0o755)
    return place
