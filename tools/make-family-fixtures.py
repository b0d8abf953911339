"""Writes test/fixtures/families/: a tiny random model of every family as its own library saves it, and its output.

    make-family-fixtures.py [--output DIR] [--seed N] [--only NAME] … LIBRARY …

The libraries, each of which needs its own packages: timm, transformers, torchvision, open_clip, google (flax),
paddle (PaddlePaddle, which may live in an environment of its own). Prints the name of every fixture it has written.
"""

import argparse
import importlib
import pathlib
import warnings
import zlib

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
                write(arguments.output / name, zlib.crc32(name.encode()) + arguments.seed)
                print(name, flush=True)


if __name__ == "__main__":
    main()
