#!/usr/bin/env python3
"""Compares the includes of every module with the dependencies that it declares.

    include_check.py MODULES_TXT SOURCE_DIRECTORY

MODULES_TXT is written by cmake/AttacheModule.cmake: `name|DEPENDS|TEST_DEPENDS|TESTING_DEPENDS`, lists separated by
`;`, in layer order. The compiler finds a header if any dependency's dependency has it; this check closes that gap:

- src/X/*.cpp, src/X/*.hpp and src/X/include may include <attache/Y/...> only if Y is X or stands in X's DEPENDS;
- src/X/testing may also use TESTING_DEPENDS, src/X/tests all three lists;
- <attache/Y/testing/...> is for tests and fakes only, and Y_testing (or the module's own) must be declared;
- a declared dependency in DEPENDS that no file uses is reported, too;
- the declared dependencies have no cycle;
- the pure modules (PURE below) include no header of the system's threads, clocks, files, streams, environment or other
  sources of what differs from run to run, nor a library that has these (IMPURE below), and depend on pure modules
  only. Their tests may use what they like.

Why purity is checked here and not left to reviews: the core is to run where there is no thread and no file (in
WebAssembly, inside of another program's event loop), from any thread without a lock, and with the same result for the
same input, so that a fuzzer or a failing allocator can drive all of it. One <mutex> or <chrono> ends that for every
user of the module, and compiles without a word. What gets past the includes, tests/symbol_check.py finds in the
libraries.

Exit status: 0 clean, 1 with one line for every violation, 2 for unreadable input.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]attache/([a-z0-9_]+)/(testing/)?', re.MULTILINE)
ANY_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
SOURCES = (".cpp", ".hpp", ".h", ".cc")

PURE = {"base", "hash", "manifest", "paths"}
# What pure modules must not include, by what it would bring in.
IMPURE = {
    "threads": """thread mutex shared_mutex condition_variable future stop_token semaphore latch barrier pthread.h
        threads.h sched.h semaphore.h omp.h""",
    "files or streams": """filesystem fstream iostream ostream istream sstream streambuf ios syncstream spanstream
        cstdio stdio.h unistd.h fcntl.h dirent.h fts.h ftw.h glob.h io.h direct.h poll.h aio.h""",
    "clocks": "chrono ctime time.h utime.h",
    "chance": "random",
    "the state of the process": """csignal signal.h csetjmp setjmp.h clocale locale locale.h process.h spawn.h
        dlfcn.h pwd.h grp.h syslog.h ucontext.h execinfo.h""",
    "the network": "netdb.h ifaddrs.h resolv.h winsock2.h ws2tcpip.h",
    "the system": "windows.h",
    "a library with I/O": "pugixml.hpp sqlite3.h simdjson.h",
}
IMPURE_NAMES = {name: what for what, names in IMPURE.items() for name in names.split()}
IMPURE_FOLDERS = {
    **dict.fromkeys(("sys", "linux", "asm", "bits", "mach"), "the system"),
    **dict.fromkeys(("net", "netinet", "arpa"), "the network"),
    **dict.fromkeys(("curl", "openssl", "CLI", "spdlog", "boost"), "a library with I/O"),
}


@dataclass
class Module:
    name: str
    depends: set = field(default_factory=set)
    test_depends: set = field(default_factory=set)
    testing_depends: set = field(default_factory=set)


def read_modules(text):
    modules = {}
    for line in filter(None, text.splitlines()):
        name, *lists = line.split("|")
        if len(lists) != 3 or name in modules:
            raise ValueError(f"not a module declaration: {line!r}")
        modules[name] = Module(name, *({word for word in words.split(";") if word} for words in lists))
    return modules


def plain(names):
    return {name.removesuffix("_testing") for name in names}


def find_cycle(modules):
    """Returns a list of module names that depend on each other in a circle, or None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done or name not in modules:
            return None
        path.append(name)
        for dependency in sorted(modules[name].depends):
            if cycle := visit(dependency):
                return cycle
        path.pop()
        done.add(name)
        return None

    for name in modules:
        if cycle := visit(name):
            return cycle
    return None


def part_of(path, module_folder):
    first = path.relative_to(module_folder).parts[0]
    return first if first in ("tests", "testing") else "module"


def check_file(path, text, part, module, used):
    """Yields what is wrong with the includes of one file; records what it uses in `used`."""
    allowed = module.depends | {module.name}
    fakes = set()
    if part == "testing":
        allowed |= plain(module.testing_depends)
        fakes = module.testing_depends
    elif part == "tests":
        allowed |= plain(module.test_depends | module.testing_depends)
        fakes = module.test_depends | module.testing_depends
    for match in INCLUDE.finditer(text):
        target, testing = match.group(1), match.group(2)
        where = f"{path}:{text.count(chr(10), 0, match.start(1)) + 1}"
        if part == "module":
            used.add(target)
        if target not in allowed:
            yield f"{where}: {module.name} includes <attache/{target}/...>, but does not declare the dependency"
        elif testing and part == "module":
            yield f"{where}: {module.name} includes the fakes of {target} outside its tests"
        elif testing and target != module.name and f"{target}_testing" not in fakes:
            yield f"{where}: {module.name} uses the fakes of {target}, but does not declare {target}_testing"


def check_purity(path, text, module):
    """Yields the includes of a file of a pure module that bring in more than computing."""
    for match in ANY_INCLUDE.finditer(text):
        header = match.group(1)
        folder, slash, _ = header.partition("/")
        what = IMPURE_FOLDERS.get(folder) if slash else IMPURE_NAMES.get(header)
        if what:
            where = f"{path}:{text.count(chr(10), 0, match.start(1)) + 1}"
            yield f"{where}: {module.name} is a pure module, and <{header}> brings in {what}"


def check(modules, source):
    """Returns every violation as a line of text."""
    violations = []
    if cycle := find_cycle(modules):
        violations.append(f"the declared dependencies have a cycle: {' -> '.join(cycle)}")
    for module in modules.values():
        for dependency in sorted(module.depends - modules.keys()):
            violations.append(f"{module.name} depends on {dependency}, which is no module")
        if module.name in PURE:
            for dependency in sorted((module.depends & modules.keys()) - PURE):
                violations.append(f"{module.name} is a pure module and depends on {dependency}, which is not")
        folder = Path(source) / "src" / module.name
        used = set()
        for path in sorted(folder.rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                text = path.read_text(encoding="utf-8")
                part = part_of(path, folder)
                violations.extend(check_file(path, text, part, module, used))
                if module.name in PURE and part == "module":
                    violations.extend(check_purity(path, text, module))
        for dependency in sorted(module.depends - used):
            violations.append(f"{module.name} declares the dependency {dependency}, but no file of it uses that")
    return violations


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        modules = read_modules(Path(arguments[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"include_check: {error}", file=sys.stderr)
        return 2
    violations = check(modules, arguments[1])
    for violation in violations:
        print(violation)
    if not modules:
        print("include_check: no modules are declared", file=sys.stderr)
        return 2
    print(f"{len(modules)} modules, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
