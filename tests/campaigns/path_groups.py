"""path-groups: random paths of a job in a real tree, with links and storage profiles, are grouped as the incumbent does.

What may differ: groups with equal roots of which one has no name make the incumbent fail (BUG-7), and so does a link
that leads in a circle; a path that begins with two slashes is the one with one slash, which the incumbent is asked about.
"""

import os

from incumbent_campaign import IncumbentCampaign
from path_rules import hexed, plain, wtf8

FIELDS = ("root", "location", "inputs", "outputs", "references")
LISTS = ("inputs", "outputs", "references")
NAMES = ("a", "b", "proj", "tex", "sp ace", "日", "\udc80", ".hidden", "a.b")


def random_tree(rng, root):
    """Directories, files and links, also dangling ones and some that lead in a circle; the paths of all, and of none."""
    directories = [root]
    paths = [root]
    for _ in range(rng.randint(1, 14)):
        path = os.path.join(rng.choice(directories), rng.choice(NAMES))
        paths.append(path)
        if os.path.lexists(path):
            continue
        kind = rng.random()
        if kind < 0.4:
            os.mkdir(path)
            directories.append(path)
        elif kind < 0.75:
            with open(path, "wb") as file:
                file.write(b"x" * rng.randint(0, 9))
        else:
            target = rng.choice(paths) if rng.random() < 0.8 else rng.choice(("nowhere", ".", "..", "/tmp"))
            os.symlink(os.path.relpath(target, os.path.dirname(path)) if rng.random() < 0.5 else target, path)
    return paths


def random_paths(rng, root, known, most):
    paths = []
    for _ in range(rng.randint(0, most)):
        path = rng.choice(known)
        if rng.random() < 0.3:
            path = os.path.join(path, *rng.choices((*NAMES, "..", "."), k=rng.randint(1, 2)))
        if rng.random() < 0.2:
            path = os.path.relpath(path, root)
        if rng.random() < 0.05:
            path = rng.choice(("", "/", "~/x", "//" + path.lstrip("/"), "/" + path, path + "/"))
        paths.append(path)
    return paths


class PathGroupsCampaign(IncumbentCampaign):
    program = "attache_paths_driver"

    def run(self, rng, folder):
        root = str(folder.resolve() / "tree")
        os.mkdir(root)
        known = random_tree(rng, root)
        locations = None
        if rng.random() < 0.8:
            places = [*known, root + "/../tree", root + "/none", "/"]
            locations = [
                [f"L{rng.randint(0, 4)}", rng.choice(places) + rng.choice(("", "", "/")), rng.choice(("LOCAL", "LOCAL", "SHARED"))]
                for _ in range(rng.randint(0, 4))
            ]
        files = [path for path in known if not os.path.isdir(path)] or known
        request = {
            "cwd": root,
            "inputs": random_paths(rng, root, files if rng.random() < 0.8 else known, 5),
            "outputs": random_paths(rng, root, known, 3),
            "references": random_paths(rng, root, known, 3),
            "locations": locations,
            "require": rng.random() < 0.3,
        }
        self.compare(request)

    def compare(self, request):
        asked = {name: value if isinstance(value, bool) else hexed(value) for name, value in request.items()}
        if request["locations"] is not None:
            asked["locations"] = [[wtf8(name), wtf8(path), kind] for name, path, kind in request["locations"]]
        ours = self.driver.ask({"op": "group", **asked})
        theirs = self.incumbent.group_paths(
            **{name: [one_slash(path) for path in value] if name in LISTS else value for name, value in request.items()}
        )
        what = f"{request}\nours   {ours}\ntheirs {theirs}"
        if theirs.get("error") == "TypeError":
            roots = [group["root"] for group in ours["groups"]]
            assert len(set(roots)) < len(roots), what
        elif theirs.get("error") == "RuntimeError":
            assert "circle" in theirs["message"] or "loop" in theirs["message"], what
        elif "error" in theirs:
            assert theirs["error"] == "MisconfiguredInputsError" and "error" in ours, what
            message = plain(ours["error"])
            for line in theirs["message"].split("\n\t")[1:]:
                path = line.split("\n")[0]
                assert f"'{shown(path)}'" in message, f"{path!r} is not in {message!r}"
        else:
            assert "groups" in ours, f"{plain(ours['error'])}\n{what}"
            groups = [{name: plain(group[name]) for name in FIELDS} for group in ours["groups"]]
            assert [order(group) for group in groups] == [order(group) for group in theirs["groups"]], f"{what}\n{groups}"
            # Of groups with equal roots and names the incumbent's order is that of a set: by chance.
            assert sorted(groups, key=repr) == sorted(theirs["groups"], key=repr), f"{what}\n{groups}"
            assert (ours["files"], ours["bytes"]) == (theirs["files"], theirs["bytes"]), what


def order(group):
    return group["root"], group["location"]


def shown(path):
    """As a message shows it."""
    return "".join(f"\\u{ord(each):04x}" if 0xD800 <= ord(each) <= 0xDFFF else each for each in path)


def one_slash(path):
    return path[1:] if path.startswith("//") and not path.startswith("///") else path
