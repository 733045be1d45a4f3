"""Maps the top-level folders into the package where the links in src/ did not survive (a zip, Windows without links)."""

from pathlib import Path

from setuptools import find_packages, setup

FOLDERS = ("spec", "registry", "plugins", "export", "conformance", "cli")
HERE = Path(__file__).parent

if all((HERE / "src" / "losskit" / folder).is_dir() for folder in FOLDERS):
    setup(package_dir={"": "src"}, packages=find_packages("src"))
else:
    places = {f"losskit.{folder}": folder for folder in FOLDERS}
    inner = [f"losskit.{f}{'.' + name if name else ''}" for f in FOLDERS for name in ("", *find_packages(f))]
    setup(package_dir={"losskit": "src/losskit", **places}, packages=["losskit", *inner])
