"""What a run has found so far, on disk a line a finding, so that a later run can go on where it was cut off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from losskit.conformance.report import Finding, write
from losskit.conformance.run.sources import Sources
from losskit.conformance.run.task import Task
from losskit.spec.errors import ArtifactError

VERSION = 2
Key = tuple[str, str, str]  # a loss by name and place, which a spec of the same name has of its own, and a claim


class Journal:
    """A file that grows with a run.

    The first line says what the run is: profile, device, seed, versions and a digest of losskit's code. Every other line
    is a finding with the name and place of its loss and the fingerprint of what was verified.

    Args:
        path: the file.
        facts: what the findings depend on beside the code.
    """

    def __init__(self, path: Path, facts: Mapping[str, Any]) -> None:
        self.path = path
        self._sources = Sources(facts.get("versions", {}).keys() - {"losskit"})
        self._header = {"journal": VERSION, **facts, "code": self._sources.own()}
        self._fingerprints: dict[int, str] = {}  # by the number of the loss, for two may bear one name

    def __enter__(self) -> Self:
        self._file = self.path.open("a", encoding="utf-8", newline="\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def begin(self) -> None:
        """Start an empty journal."""
        write(self.path, json.dumps(self._header) + "\n")

    def resume(self, tasks: Iterable[Task]) -> list[tuple[Task, Finding]]:
        """Go on with what an earlier run left.

        What was found out is kept. An error is no finding about a claim: whatever ended the attack, a crash, a hang, memory
        that ran out or a signal, may not be there any more, so its claim is attacked again and its line is dropped.

        Args:
            tasks: the claims of this run.

        Returns:
            Those that are done, with their findings.

        Raises:
            ArtifactError: there is no journal, or it is of a run that would have found something else.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError as error:
            raise ArtifactError(f"there is nothing to resume: no run has left {self.path}") from error
        whole = [line for line in lines if line.endswith("\n")]  # the last one may have been cut off
        self._compare(self._parsed(whole[0] if whole else ""))
        known = {_key(task): task for task in tasks}
        kept: dict[Key, Finding] = {}
        lines = whole[:1]
        for line in whole[1:]:
            task, finding = self._read(self._parsed(line), known)
            if finding.outcome == "error":
                continue
            lines.append(line)
            if task is not None:
                kept[_key(task)] = finding
        write(self.path, "".join(lines))
        return [(known[key], finding) for key, finding in kept.items()]

    def record(self, task: Task, finding: Finding) -> None:
        """Add a finding."""
        entry = {
            "loss": task.spec.name,
            "place": task.spec.place,
            "fingerprint": self._fingerprint(task),
            "finding": finding.model_dump(mode="json"),
        }
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def _parsed(self, line: str) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ArtifactError(f"{self.path} is no journal of a verification: a line of it is no JSON object")
        return found

    def _compare(self, header: dict[str, Any]) -> None:
        for name, wanted in self._header.items():
            if header.get(name) != wanted and name == "code":
                raise ArtifactError(f"{self.path} cannot be resumed: the code of losskit has changed since its run")
            if header.get(name) != wanted:
                raise ArtifactError(
                    f"{self.path} cannot be resumed: its run had the {name} {_shown(header.get(name), wanted)}, "
                    f"and this one has {_shown(wanted, header.get(name))}"
                )

    def _read(self, entry: dict[str, Any], known: Mapping[Key, Task]) -> tuple[Task | None, Finding]:
        try:
            finding = Finding.model_validate(entry["finding"])
            loss, place, fingerprint = entry["loss"], entry["place"], entry["fingerprint"]
        except (KeyError, ValidationError) as error:
            raise ArtifactError(f"{self.path} is damaged: a line of it holds no finding") from error
        task = known.get((loss, place, finding.claim))
        if task is not None and self._fingerprint(task) != fingerprint:
            raise ArtifactError(
                f"{self.path} cannot be resumed: {place or loss} or code beside it has changed since its run"
            )
        return task, finding

    def _fingerprint(self, task: Task) -> str:
        if task.loss not in self._fingerprints:
            self._fingerprints[task.loss] = self._sources.of(task.spec)
        return self._fingerprints[task.loss]


def _key(task: Task) -> Key:
    return task.spec.name, task.spec.place, str(task.claim)


def _shown(value: Any, other: Any) -> str:
    """A value in words; of two mappings only what differs."""
    if isinstance(value, dict) and isinstance(other, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items() if other.get(k) != v) or "none of them"
    return str(value)
