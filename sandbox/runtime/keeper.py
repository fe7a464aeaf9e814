"""The first process of an execution environment: it keeps the one that runs the function, and ends everything with it.

`keeper.py LOOP CLIENT HANDLER` forks: the child becomes the function's process (`loop.py`), the parent waits for two
things, that the child ends, or that its stdin breaks. The sandbox holds that pipe; the kernel closes it even after a
kill -9, and no code of the function runs in the parent that could keep it busy. Then nothing is left of what the
function started: on Linux whoever loses its parent becomes the keeper's child, a daemon in a session of its own too.
On Linux the function also gets a /tmp of its own and may write nowhere else, where the kernel lets it (to root, or by
user namespaces). Without fork (Windows) a thread of the function's process watches stdin. Run by its path: nothing of
this project can be imported in here.
"""

import contextlib
import importlib.util
import os
import signal
import struct
import sys
import threading
from pathlib import Path

LINUX = sys.platform == "linux"
if LINUX:
    import ctypes

    LIBC = ctypes.CDLL(None, use_errno=True)
# <linux/prctl.h>, <sched.h>, <sys/mount.h>
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
SYS_MOUNT_SETATTR, MOUNT_ATTR_RDONLY, AT_RECURSIVE = 442, 1, 0x8000  # Linux 5.12, the same number everywhere
TMP = Path("/tmp").resolve()  # noqa: S108
TMP_BYTES = 512 * 2**20  # what Lambda gives by default
# what it prints goes to a file too: a loop that prints must not fill the disk, and a full /tmp tells so itself
LARGEST_FILE_BYTES = TMP_BYTES + 2**20


def main(loop: str, client: str, handler: str) -> None:
    if not hasattr(os, "fork"):
        watch_in_a_thread()
    elif child := start(Path(loop)):
        keep(child)
    run(loop, client, handler)


def start(loop: Path) -> int:
    """The child's process id; 0 in the child."""
    import resource  # noqa: PLC0415 not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # the user's own limit is lower
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, LARGEST_FILE_BYTES))
    if LINUX:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    keeper = os.getpid()
    if child := os.fork():
        return child
    os.setpgid(0, 0)
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)
        own_tmp(loop.parent, Path.cwd())
    close_stdin()
    return 0


def keep(child: int) -> None:
    """Returns never: ends as the child has ended, once nothing is left of what it started."""

    def watch() -> None:
        os.read(0, 1)
        kill(child)

    threading.Thread(target=watch, daemon=True).start()
    while (ended := os.wait())[0] != child:
        pass
    with contextlib.suppress(ChildProcessError):
        while True:
            for left in children():
                kill(left)
            os.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):  # elsewhere than on Linux
        os.killpg(child, signal.SIGKILL)
    if os.WIFSIGNALED(ended[1]):
        with contextlib.suppress(OSError):  # SIGKILL has no handler that could be reset
            signal.signal(os.WTERMSIG(ended[1]), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(ended[1]))
    os._exit(os.waitstatus_to_exitcode(ended[1]))


def kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def children() -> list[int]:
    """Of this process, adopted ones too: on Linux, where all are its main thread's. None are known elsewhere."""
    with contextlib.suppress(OSError):
        return [int(process) for process in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    return []


def own_tmp(*folders: Path) -> None:
    """An empty /tmp that no other process sees and that goes with this one; TMPDIR stays where the kernel refuses it.

    What has to be read below /tmp (these folders, Python and its packages) is mounted into it again. All the rest is
    read-only, as on Lambda: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
    """
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        own_mounts()
        needed = below_tmp(*sys.path, sys.prefix, sys.base_prefix, *folders)
        kept = {path: os.open(path, os.O_RDONLY) for path in needed}
        for folder in kept.values():
            opened.callback(os.close, folder)
        mount(None, TMP, 0, b"tmpfs", b"size=%d,mode=1777" % TMP_BYTES)
        try:
            for path, folder in kept.items():
                path.mkdir(parents=True, exist_ok=True)
                mount(Path(f"/proc/self/fd/{folder}"), path, MS_BIND | MS_REC)
        except OSError:
            LIBC.umount2(os.fsencode(TMP), MNT_DETACH)
            raise
        os.chdir(folders[-1])
        del os.environ["TMPDIR"]
        set_attributes(Path("/"), AT_RECURSIVE, add=MOUNT_ATTR_RDONLY)
        set_attributes(TMP, 0, remove=MOUNT_ATTR_RDONLY)


def own_mounts() -> None:
    """Mounts that nobody else sees. Raises OSError where the kernel refuses them.

    Root needs no user namespace, and in one could not read what belongs to others.
    https://man7.org/linux/man-pages/man7/user_namespaces.7.html
    """
    user, group = os.getuid(), os.getgid()
    if LIBC.unshare(CLONE_NEWNS) != 0:
        if LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    mount(None, Path("/"), MS_REC | MS_PRIVATE)


def below_tmp(*paths: str | Path) -> set[Path]:
    """The folders among them, under the name that they are asked for and under the one that links lead to."""
    named = {Path(path).absolute() for path in paths}
    return {path for path in named | {path.resolve() for path in named} if TMP in path.parents and path.is_dir()}


def mount(
    source: Path | None, target: Path, flags: int, kind: bytes | None = None, options: bytes | None = None
) -> None:
    if LIBC.mount(os.fsencode(source) if source else kind, os.fsencode(target), kind, flags, options) != 0:
        raise OSError(ctypes.get_errno(), "mount", target)


def set_attributes(target: Path, flags: int, add: int = 0, remove: int = 0) -> None:
    """Of a mount; nothing where the kernel knows no such call."""
    attributes = struct.pack("4Q", add, remove, 0, 0)
    LIBC.syscall(SYS_MOUNT_SETATTR, -1, os.fsencode(target), flags, attributes, ctypes.c_size_t(len(attributes)))


def close_stdin() -> None:
    """A function that reads its stdin finds nothing, as on Lambda."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def watch_in_a_thread() -> None:
    pipe = os.dup(0)
    close_stdin()

    def wait() -> None:
        os.read(pipe, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def run(loop: str, client: str, handler: str) -> None:
    spec = importlib.util.spec_from_file_location("loop", loop)
    if spec is None or spec.loader is None:
        raise ImportError(loop)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(client, handler)


if __name__ == "__main__":
    main(*sys.argv[1:])
