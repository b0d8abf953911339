"""Writes test/fixtures/families/: a tiny random model of every family as its own library saves it, and its output.

    make-family-fixtures.py [--output DIR] [--seed N] [--only NAME] … LIBRARY …

The libraries, each of which needs its own packages: timm, transformers, torchvision, open_clip, google (flax),
paddle (PaddlePaddle, which may live in an environment of its own). Prints the name of every fixture it has written.
"""

import argparse
import importlib
import pathlib
import sys
import warnings
import zlib

from families.common import Indistinct

libraries = ["timm", "transformers", "torchvision", "open_clip", "google", "paddle"]


def main():
    parser = argparse.ArgumentParser()
    here = pathlib.Path(__file__).parent
    parser.add_argument("--output", type=pathlib.Path, default=here.parent / "test" / "fixtures" / "families")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append")
    parser.add_argument("libraries", nargs="+", choices=libraries, metavar="LIBRARY")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for library in arguments.libraries:
        families = importlib.import_module(f"families.{library}_models").families
        for name, write in families.items():
            if not arguments.only or name in arguments.only:
                # A seed of its own: a fixture stays the same when others come or go.
                draw(write, arguments.output / name, zlib.crc32(name.encode()) + arguments.seed)
                print(name, flush=True)


def draw(write, folder, seed):
    """Writes a fixture with the first seed from here on whose weights make mistakes show."""
    for attempt in range(20):
        try:
            return write(folder, seed + attempt)
        except Indistinct as error:
            print(f"{folder.name}: {error}; trying another seed", file=sys.stderr)
    raise SystemExit(f"{folder.name}: no seed makes mistakes show")


if __name__ == "__main__":
    main()
