"""path-rules: mapping, normalising, joining and comparing random paths of both systems gives what the incumbent does.

A case is a few rules of one system, paths made of their sources, and roots to be below of. What may differ is listed:
each deviation is a rule about the paths, never about a case.
"""

from incumbent_campaign import IncumbentCampaign

NAMES = ("a", "b", "A", "ab", "proj", "Proj", "PROJ", "shots", "..", ".", "x.y", " ", "é", "É", "ÿ", "日本", "İ", "ß", "K")
ODD = ("Σ", "ς", "σ", "\udc80", "\ud800", "a:b", "C:", "C:x", "?", "*", "a\\b", "\\b", "~", "\U0001f600", "\U00010400")
POSIX_ANCHORS = ("/", "/", "/", "//", "///", "", "./")
WINDOWS_ANCHORS = ("C:\\", "c:/", "Z:\\", "C:", "\\", "", "\\\\srv\\share\\", "//SRV/Share/", "\\\\srv\\other\\", "\\\\?\\C:\\",
                   "\\\\?\\UNC\\srv\\share\\")  # fmt: skip


def hexed(value):
    """Every text in a request as hex of its WTF-8."""
    if isinstance(value, str):
        return wtf8(value)
    if isinstance(value, (list, tuple)):
        return [hexed(each) for each in value]
    return value


def wtf8(text):
    return text.encode("utf-8", "surrogatepass").hex()


def plain(value):
    """The reverse, of answers."""
    if isinstance(value, str):
        return bytes.fromhex(value).decode("utf-8", "surrogatepass")
    return [plain(each) for each in value] if isinstance(value, list) else value


def random_path(rng, system, longest=5):
    separators = "/" if system == "posix" else "\\/"
    names = NAMES + ODD if rng.random() < 0.3 else NAMES
    path = rng.choice(POSIX_ANCHORS if system == "posix" else WINDOWS_ANCHORS)
    for name in rng.choices(names, k=rng.randint(0, longest)):
        path += name + rng.choice(separators) * rng.choice((1, 1, 1, 1, 2))
    if rng.random() < 0.6:
        path = path[:-1]
    if rng.random() < 0.05:
        path += rng.choice(separators) + "x" * rng.randint(200, 300)
    # A pair of surrogates side by side is one character, which no text holds as two.
    return path.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def varied(rng, system, path):
    """A path that has to do with another one."""
    separator = "/" if system == "posix" else rng.choice("\\/")
    action = rng.random()
    if action < 0.5:
        return path + separator + separator.join(rng.choices(NAMES, k=rng.randint(1, 3)))
    if action < 0.65:
        return path.upper() if rng.random() < 0.5 else path.lower()
    if action < 0.8:
        return path[: rng.randint(0, len(path))]
    if action < 0.9:
        return path + rng.choice(NAMES)
    return path


def has_sigma(*texts):
    return any(character in text for text in texts for character in "Σς")


class PathRulesCampaign(IncumbentCampaign):
    program = "attache_paths_driver"

    def run(self, rng, folder):
        del folder
        system = rng.choice(("posix", "windows"))
        self.compare_mapping(rng, system)
        self.compare_texts(rng, system)
        if system == "posix":  # the incumbent's function takes the host's system
            self.compare_known(rng)

    def compare_mapping(self, rng, system):
        host = rng.choice(("posix", "posix", "windows"))
        rules = []
        for _ in range(rng.randint(0, 6)):
            related = rules and rng.random() < 0.5
            source = varied(rng, system, rng.choice(rules)[1]) if related else random_path(rng, system)
            rules.append([system, source, random_path(rng, host, 3)])
        if rules and rng.random() < 0.05:
            rng.choice(rules)[0] = rng.choice(("posix", "windows", "POSIX", ""))
        paths = [
            varied(rng, system, rng.choice(rules)[1]) if rules and rng.random() < 0.7 else random_path(rng, system)
            for _ in range(8)
        ]
        request = {"op": "map", "host": host, "paths": hexed(paths)}
        ours = self.driver.ask({**request, "rules": [[kind, wtf8(source), wtf8(target)] for kind, source, target in rules]})
        theirs = self.incumbent.map_paths(rules, host, paths)
        assert ("error" in ours) == ("error" in theirs), f"{rules}\nours {ours}\ntheirs {theirs}"
        if "error" in theirs:
            return
        by_posix = any(kind == "posix" for kind, *_ in rules)
        by_windows = [source for kind, source, _ in rules if kind == "windows"]
        for path, mine, other in zip(paths, ours["mapped"], theirs["mapped"], strict=True):
            # Names compare as Windows file systems do it: a final sigma is a sigma.
            may_match_more = bool(by_windows) and has_sigma(path, *by_windows)
            if isinstance(mine, dict):
                # A component that would discard the destination is refused: `C:x`, or `\\x` out of a POSIX path.
                assert host == "windows" and (by_posix or ":" in path), f"{path!r} {mine}"
                assert other is not None or may_match_more, f"{path!r} {mine}"
                continue
            assert plain(mine) == other or may_match_more, (
                f"{path!r} on {host} by {rules}\nours   {plain(mine)!r}\ntheirs {other!r}"
            )

    def compare_texts(self, rng, system):
        root = random_path(rng, system)
        paths = [varied(rng, system, root) if rng.random() < 0.5 else random_path(rng, system) for _ in range(6)]
        ours = self.driver.ask({"op": "texts", "format": system, "root": wtf8(root), "paths": hexed(paths)})
        theirs = self.incumbent.path_texts(system, root, paths)
        for index, path in enumerate(paths):
            mine = {name: plain(answers[index]) for name, answers in ours.items()}
            other = {name: answers[index] for name, answers in theirs.items()}
            self.compare_text(system, root, path, mine, other)

    def compare_text(self, system, root, path, mine, other):
        def same(name):
            told = f"{name} of {path!r}, root {root!r}\nours   {mine[name]!r}\ntheirs {other[name]!r}"
            assert mine[name] == other[name], told

        odd = system == "windows" and any(is_odd(text) for text in (root, path))
        if not odd:
            same("normal") if not is_bare_share(path) else None
            if not (system == "windows" and has_sigma(root, path)):
                same("within")
            # What leaves the root is refused; the incumbent gives a path outside of it.
            if mine["joined"] is None:
                parts = path.replace("\\", "/").split("/")
                assert not root or path[:1] in "/\\" or ".." in parts or ":" in path, f"refused {path!r} below {root!r}"
            elif system == "posix" or not (is_bare_share(root) or hides_drive(root)):
                same("joined")
        if system == "windows":
            same("plain")
            if len(path) == len(path.encode("utf-16-le", "surrogatepass")) // 2 and not is_odd(path):
                same("compatible")  # Windows counts UTF-16 units, the incumbent characters
            if not is_odd(path) and not hides_drive(path):
                same("extended")

    def compare_known(self, rng):
        known = [random_path(rng, "posix", 3) for _ in range(rng.randint(0, 5))]
        inputs = [random_path(rng, "posix", 4) for _ in range(rng.randint(0, 5))]
        outputs = [random_path(rng, "posix", 4) for _ in range(rng.randint(0, 3))]
        home = str(self.incumbent.home)
        request = {"known": known, "inputs": inputs, "outputs": outputs}
        ours = self.driver.ask(
            {"op": "known", "format": "posix", "home": wtf8(home), **{name: hexed(paths) for name, paths in request.items()}}
        )
        theirs = self.incumbent.known_paths(**request)
        for name in ("filtered", "classes"):
            assert plain(ours[name]) == theirs[name], f"{request}\nours   {plain(ours[name])}\ntheirs {theirs}"


def is_odd(path):
    """Paths of which Python's own functions of one version think differently: prefixes that turn off all rules, and
    two separators that begin no share."""
    text = path.replace("/", "\\")
    if text.startswith(("\\\\?\\", "\\\\.\\")):
        return True
    if not text.startswith("\\\\"):
        return False
    names = text[2:].split("\\")
    return len(names) < 2 or names[0] in ("", ".", "..") or names[1] in ("", ".", "..")


def hides_drive(path):
    """`./C:/x`, which is relative, and of which normalising makes `C:\\x`. That is neither extended nor joined as if it
    were absolute; the incumbent does both."""
    if path[1:2] == ":" or path[:1] in ("\\", "/"):
        return False
    names = []
    for name in path.replace("/", "\\").split("\\"):
        if name == ".." and names and names[-1] != "..":
            names.pop()
        elif name not in ("", "."):
            names.append(name)
    return bool(names) and names[0][1:2] == ":"


def is_bare_share(path):
    """`\\\\srv\\share`, which the one writes with the backslash of its root and the other without."""
    text = path.replace("/", "\\")
    return text.startswith("\\\\") and all(name in ("", ".", "..") for name in text[2:].split("\\")[2:])
