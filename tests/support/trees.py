"""Trees of files for tests: named ones and random ones, with everything that makes names and contents difficult."""

import os

AWKWARD_NAMES = (
    b"plain.exr",
    b"two words.tx",
    b" leading and trailing ",
    b'it\'s "quoted".abc',
    b"back\\slash.usd",
    b"line\nbreak",
    b"tab\tand\x01control\x7f",
    b"-starts-with-a-dash",
    b"[brackets]*?{braces}",
    b"#%&+=;:,@!$~^",
    "caf\u00e9 composed".encode(),
    "cafe\u0301 decomposed".encode(),
    "\u65e5\u672c\u8a9e.png".encode(),
    "\U0001f600 beyond the BMP".encode(),
    "\ue000 private use".encode(),
    "\uff5e full width".encode(),
    "\u202eright to left".encode(),
    b"not utf-8 \xff\xfe\x80.dat",
    b"truncated \xe6\x97",
    b"overlong \xc0\xaf",
    b"surrogate \xed\xa0\x80",
    b"x" * 200,
)

# Where XXH3 changes its method (0, 3, 8, 16, 128, 240 bytes, 1 KiB blocks) and where buffers end.
AWKWARD_SIZES = (0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1023, 1024, 1025, 4096, 8191, 8192, 8193, 65536)


def write_file(path, content, mtime_ns=None):
    path = os.fsencode(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))


def random_mtime_ns(rng):
    """From 1972 to 2097, seldom before 1970; nanoseconds that microseconds cannot hold."""
    if rng.random() < 0.05:
        return -rng.randrange(1, 10**9 * 10**9)
    return rng.randrange(10**8, 4 * 10**9) * 10**9 + rng.randrange(10**9)


def random_content(rng):
    size = rng.choice(AWKWARD_SIZES) if rng.random() < 0.7 else rng.randrange(300_000)
    return rng.randbytes(size)


def make_random_tree(rng, root, most_files=40):
    """Fills `root` and returns the number of visible regular files. At least one of them is not empty."""
    root = os.fsencode(root)
    folders = [b""]
    for _ in range(rng.randrange(6)):
        folder = os.path.join(rng.choice(folders), b"%d " % len(folders) + rng.choice(AWKWARD_NAMES))
        if len(folder) < 900:
            folders.append(folder)
    for folder in folders:
        os.makedirs(os.path.join(root, folder), exist_ok=True)  # some stay empty

    files, contents = [], [b"content"]
    for number in range(rng.randrange(1, most_files + 1)):
        name = rng.choice(AWKWARD_NAMES) if rng.random() < 0.6 else b"file %d" % number
        path = os.path.join(rng.choice(folders), name)
        if path in files:
            continue
        content = rng.choice(contents) if not files or rng.random() < 0.2 else random_content(rng)
        contents.append(content)
        write_file(os.path.join(root, path), content, random_mtime_ns(rng))
        files.append(path)

    for number in range(rng.randrange(4)):
        target = os.path.join(root, rng.choice(files))
        link = os.path.join(root, rng.choice(folders), b"link %d" % number)
        if rng.random() < 0.5:
            target = os.path.relpath(target, os.path.dirname(link))
        os.symlink(target, link)
    if rng.random() < 0.2:
        os.symlink(b"nowhere", os.path.join(root, b"dangling"))
    if rng.random() < 0.2:
        write_file(os.path.join(root, b".hidden"), b"left out")
    if rng.random() < 0.2 and len(folders) > 1:
        # A link at the top to a folder below the top: followed, and never into its own ancestor.
        os.symlink(folders[-1], os.path.join(root, b"linked folder"))
    return len(files)


def make_named_tree(root):
    """A small tree with every awkward name and size once, links to files, and an empty folder."""
    root = os.fsencode(root)
    for number, name in enumerate(AWKWARD_NAMES):
        size = AWKWARD_SIZES[number % len(AWKWARD_SIZES)]
        folder = (b"", b"sub folder", b"deep/er \xff/\xc3\xa9")[number % 3]
        content = (b"%d " % number * (size // 2 + 1))[:size]
        write_file(os.path.join(root, folder, name), content, (1_700_000_000 + number) * 10**9 + 123_456_789)
    os.symlink(b"plain.exr", os.path.join(root, b"relative link"))
    os.symlink(os.path.join(root, b"sub folder", AWKWARD_NAMES[1]), os.path.join(root, b"absolute link"))
    os.makedirs(os.path.join(root, b"empty folder"))


def make_large_tree(root, files):
    """`files` small files in folders of 250, names of all kinds, some empty, some links."""
    root = os.fsencode(root)
    previous = b""
    for number in range(files):
        name = b"%05d " % number + AWKWARD_NAMES[number % (len(AWKWARD_NAMES) - 1)]
        path = os.path.join(root, b"folder %03d" % (number // 250), name)
        if number % 50 == 49:
            os.symlink(os.path.basename(previous), path)
            continue
        write_file(
            path,
            b"" if number % 10 == 0 else b"content %d" % (number % 7000),
            1_600_000_000_000_000_000 + number * 1_234_567,
        )
        previous = path
