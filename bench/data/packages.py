#!/usr/bin/python3
"""Makes a graph with text keys of Debian's packages and what they depend on.

    apt-cache dumpavail | bench/data/packages.py OUT

writes OUT/package.copy, a name a line, and OUT/depends.copy, two names a line:
a package and one of Depends or Pre-Depends, alternatives included, each once.
Names that no package has (they are provided by others) are among the latter.
"""

import re
import sys


def read_depends(lines):
    """Returns {package: {names}}."""
    depends = {}
    names = None
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "Package":
            names = depends.setdefault(value.strip(), set())
        elif field in ("Depends", "Pre-Depends"):
            names.update(re.match(r"\s*([^\s:(]+)", part).group(1) for part in re.split("[,|]", value))
    return depends


def main():
    out = sys.argv[1]
    depends = read_depends(sys.stdin)
    with open(f"{out}/package.copy", "w", encoding="utf-8") as file:
        file.writelines(f"{package}\n" for package in depends)
    with open(f"{out}/depends.copy", "w", encoding="utf-8") as file:
        file.writelines(f"{package}\t{name}\n" for package, names in depends.items() for name in sorted(names))


if __name__ == "__main__":
    main()
