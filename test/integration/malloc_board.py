"""What malloc_counter.cc counts in a proxy, read through the file that both have mapped."""
import mmap
import os
import struct
import tempfile

_HEADER = 3
_SLOTS = 63
_BYTES = 8 * (_HEADER + 3 * _SLOTS)


class MallocBoard:
    def __init__(self):
        descriptor, self.path = tempfile.mkstemp(prefix="malloc-counts-", dir=os.environ.get("TEST_TMPDIR"))
        os.ftruncate(descriptor, _BYTES)
        self._board = mmap.mmap(descriptor, _BYTES)
        os.close(descriptor)

    def environment(self, shared_object):
        """What a process needs to be counted."""
        return {"WEIR_MALLOC_COUNTS": self.path, "LD_PRELOAD": shared_object}

    def _number(self, index):
        return struct.unpack_from("q", self._board, 8 * index)[0]

    def _set(self, index, value):
        struct.pack_into("q", self._board, 8 * index, value)

    def calls(self, thread):
        """(allocations, releases) of a thread so far."""
        for slot in range(min(self._number(0), _SLOTS)):
            first = _HEADER + 3 * slot
            if self._number(first) == thread:
                return self._number(first + 1), self._number(first + 2)
        return 0, 0

    def trace(self, thread, count):
        """Prints where the next allocations of that thread come from."""
        self._set(2, count)
        self._set(1, thread)
