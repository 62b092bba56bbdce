"""What the kernel says of a process. Of one that runs as we do and keeps to itself, which is how a Weir is unless it gets
VISIBLE, it does not tell descriptors and libraries."""
import os


VISIBLE = ["--enable-core-dump"]


def memory_bytes(pid):
    """Resident memory."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def own_memory_bytes(pid):
    """Resident memory that is no file's."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))


def descriptors(pid):
    """How many are open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def written_bytes(pid):
    """To files, by write(); what is sent over sockets is not counted."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("wchar:"))


def threads(pid):
    """{thread id: name}"""
    names = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8") as file:
            names[int(thread)] = file.read().strip()
    return names


def libraries(pid):
    """The paths of the shared objects it has mapped."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        fields = (line.split(maxsplit=5) for line in file)
        return {line[5].strip() for line in fields if len(line) == 6 and ".so" in line[5]}
