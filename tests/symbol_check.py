#!/usr/bin/env python3
"""Asks the compiled core what it needs from the system, and finds no thread, clock, file or state.

    symbol_check.py [--program FILE]... LIBRARY...

LIBRARY is the static library of a pure module. Refused are, with the reason:

- undefined symbols but those of memory and computing: the C functions in PURE_C and, of the C++ runtime and library,
  fmt and xxHash, what is not in IMPURE_CPP. That keeps out pthread_*, also where libpthread is a part of libc (as since
  glibc 2.34), so that linking without it proves nothing;
- guards of function-local statics (__cxa_guard_*: a lock) and thread-local variables;
- data that can be written (.data, .bss and their like). What the dynamic linker fills in once (.data.rel.ro) is fine.

A program (--program) that is linked from these libraries must not need a function of threads either, nor libpthread.

tests/include_check.py refuses the headers; this check sees what came in by another way. Needs nm and readelf of GNU.
Exit status: 0 clean, 1 with one line for every violation, 2 for unreadable input.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

THREADS = re.compile(r"(pthread|thrd|mtx|cnd|sem|sched)_|call_once$|std::(this_)?thread\b|std::__future_base\b")
STATE = re.compile(r"__cxa_guard_|guard variable for |__cxa_thread_atexit|__tls_|TLS (init|wrapper) function for ")
PURE_C = re.compile(
    r"mem(chr|cmp|cpy|mem|move|rchr|set)|strn?(len|cmp)|bcmp|abort|__stack_chk_fail|__\w+_chk|__assert_fail"
    r"|ldexp|frexp|scalbn|floor|ceil|trunc|round|pow|log2|log10|log|exp|fmod|sqrt"
    r"|__cxa_(allocate_exception|free_exception|(re)?throw|(begin|end)_catch|get_exception_ptr|init_primary_exception"
    r"|call_unexpected|bad_cast|bad_typeid|throw_bad_array_new_length|pure_virtual|deleted_virtual)"
    r"|__gxx_personality_v0|_Unwind_Resume|__dynamic_cast|_GLOBAL_OFFSET_TABLE_|__u?(div|mod)ti3|__popcountdi2"
    r"|__cpu_(model|features2|indicator_init)"  # what libgcc has found out about the processor
    r"|XXH\w+"
)
# All other names of C++ are ours, of fmt, or what the standard library computes.
IMPURE_CPP = re.compile(
    r"\bstd::(\w+::)*((this_)?thread|(timed_|recursive_|recursive_timed_|shared_)?mutex|condition_variable\w*"
    r"|__future_base|future|promise|once_flag|__once_call\w*|stop_token|chrono|filesystem|random_device|locale|ios_base"
    r"|basic_ios|(basic_)?[io]?(file|string|sync)?(stream|buf|streambuf)|cin|cout|cerr|clog|pmr)\b"
)
WRITABLE = re.compile(r"\.(data(?!\.rel\.ro)|bss|tdata|tbss|sdata|sbss|ldata|lbss)\b")
LINKER_OWN = "DW.ref."  # what exception tables point to (the personality, types that are caught): writable by name only


class Symbol(NamedTuple):
    member: str
    name: str  # demangled
    kind: str  # the letter of nm
    section: str


def read_listing(text):
    """Yields the symbols in the output of `nm --format=sysv --demangle LIBRARY`."""
    member = "?"
    for line in text.splitlines():
        if heading := re.fullmatch(r"Symbols from .*\[(.*)\]:", line):
            member = heading.group(1)
        # name | value | class | type | size | line | section; a name (operator|) may itself hold the separator
        fields = [field.strip() for field in line.rsplit("|", 6)]
        if len(fields) == 7:
            yield Symbol(member, fields[0], fields[2], fields[6])


def refusal(symbol):
    """Why a pure library must not have this symbol, or None."""
    name = symbol.name
    if STATE.match(name):
        return "state, behind a lock or of each thread"
    if symbol.kind not in ("U", "w", "v"):
        if WRITABLE.match(symbol.section) and not name.startswith(LINKER_OWN):
            return f"data that can be written ({symbol.section})"
        return None
    if THREADS.match(name):
        return "a function of threads"
    if "::" in name or name.startswith(("operator ", "typeinfo ", "vtable ")):
        return "not for a pure module" if IMPURE_CPP.search(name) else None
    return None if PURE_C.fullmatch(name) else "not known to be computing alone (if it is, add it to PURE_C)"


def check_program(undefined, dynamic):
    """Yields what is wrong with a program, from `nm --undefined-only --demangle` and `readelf --dynamic`."""
    for line in undefined.splitlines():
        words = line.split(maxsplit=1)
        if len(words) == 2 and THREADS.match(words[1]):
            yield f"{words[1]}: a function of threads"
    for library in re.findall(r"\(NEEDED\).*\[(libpthread[^\]]*)\]", dynamic):
        yield f"{library}: the library of threads"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(libraries, programs):
    """Returns every violation as a line of text."""
    violations = []
    for library in libraries:
        symbols = list(read_listing(run("nm", "--format=sysv", "--demangle", library)))
        if not symbols:
            raise ValueError(f"{library} has no symbols that could be read")
        for symbol in symbols:
            if reason := refusal(symbol):
                violations.append(f"{Path(library).name}: {symbol.member}: {symbol.name}: {reason}")
    for program in programs:
        undefined = run("nm", "--undefined-only", "--demangle", program)
        dynamic = run("readelf", "--dynamic", "--wide", program)
        violations.extend(f"{Path(program).name}: {what}" for what in check_program(undefined, dynamic))
    return violations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", action="append", default=[])
    parser.add_argument("libraries", nargs="+", metavar="LIBRARY")
    options = parser.parse_args()
    try:
        violations = check(options.libraries, options.program)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"symbol_check: {error} {getattr(error, 'stderr', None) or ''}".rstrip(), file=sys.stderr)
        return 2
    for violation in violations:
        print(violation)
    print(f"{len(options.libraries)} libraries, {len(options.program)} programs, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
