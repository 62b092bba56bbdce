#!/usr/bin/env python3
"""Writes source/config/envoy_fields.txt: every message and enum of Envoy's v3 API with its members.

    tools/envoy_fields.py FOLDER > source/config/envoy_fields.txt

FOLDER holds one text file a protobuf package, named PACKAGE.txt, with these lines:

    message Cluster.EdsClusterConfig
         1 eds_config: TYPE ...
    enum Cluster.LbPolicy: ROUND_ROBIN=0, LEAST_REQUEST=1

Output: a line with the full name, sorted bytewise, and below it, one space in, " NUMBER NAME".
"""
import os
import re
import sys

_FIELD = re.compile(r"^\s+(\d+) (\w+):")


def members_of(folder):
    """Full name → [(number, name)]."""
    found = {}
    for file in sorted(os.listdir(folder)):
        package, end = os.path.splitext(file)
        if end != ".txt":
            continue
        current = None
        with open(os.path.join(folder, file), encoding="utf-8") as lines:
            for line in lines:
                field = _FIELD.match(line)
                if line.startswith("message "):
                    current = found.setdefault(f"{package}.{line[8:].strip()}", [])
                elif line.startswith("enum "):
                    name, values = line[5:].strip().split(": ", 1)
                    pairs = (value.split("=") for value in values.split(", "))
                    found[f"{package}.{name}"] = [(int(number), value) for value, number in pairs]
                elif field:
                    current.append((int(field.group(1)), field.group(2)))
    return found


def main(folder):
    for name, members in sorted(members_of(folder).items()):
        print(name)
        for number, member in sorted(members):
            print(f" {number} {member}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
