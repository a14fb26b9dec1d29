"""Becomes a server process: tied to the life of its parent and, for root, under an ordinary account.

Run as `python -I unprivileged.py UID GID CAPABILITY SIGNAL PROGRAM ARGUMENT…` ("-" leaves a part out). PostgreSQL refuses
to run as root, and the project may lie under a folder that only root may enter. Widening that folder would open root's home to
everybody; keeping the single capability "read and enter any folder" for this one process opens nothing.
"""

import ctypes
import os
import platform
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
PR_CAPBSET_READ, PR_SET_SECUREBITS = 23, 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *values: int) -> int:
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return int(_libc().prctl(option, *arguments))


def folder_capability() -> int | None:
    """The weaker of the two capabilities with which a process may enter closed folders, or None where there is neither."""
    if platform.system() != "Linux":
        return None
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if _prctl(PR_CAPBSET_READ, capability) == 1:
            return capability
    return None


def drop_to(uid: int, gid: int, capability: int | None) -> None:
    """Changes this process to the account for good, keeping at most the one capability."""
    if capability is not None:
        # access(2), with which initdb looks for its neighbours, otherwise leaves capabilities of ordinary accounts out.
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if capability is None:
        return
    mask = 1 << capability
    data = (_Data * 2)(_Data(mask, mask, mask), _Data(0, 0, 0))
    header = _Header(CAPABILITY_VERSION_3, 0)
    if _libc().capset(ctypes.byref(header), ctypes.byref(data)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    if _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability) != 0:
        raise OSError(ctypes.get_errno(), "ambient capability")


def main(arguments: list[str]) -> None:
    uid, gid, capability, signal_number, *command = arguments
    parent = os.getppid()
    if uid != "-":
        drop_to(int(uid), int(gid), None if capability == "-" else int(capability))
    if signal_number != "-" and platform.system() == "Linux":
        # After the change of account, because that change clears it.
        _prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
