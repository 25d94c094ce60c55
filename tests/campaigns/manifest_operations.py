"""manifest-operations: decoding, encoding, merging and comparing random manifests gives what the incumbent makes of them.

Every case is a few documents with paths in common, written in forms that a canonical encoder never uses. Some are
damaged: what the incumbent refuses must be refused, and what only Attache refuses must break one of its own rules.
"""

import json

from incumbent_campaign import IncumbentCampaign

# The rules of decode_v2023 that the incumbent does not have (tests/vectors/deviations.cpp says why).
OWN_RULES = {"integer-range", "negative-size", "boolean", "hash-form", "nesting", "text"}

# Characters on both sides of every border of the order and of every class of escape.
BORDERS = "\x00\x01\b\t\n\f\r\x1f \"\\/-.0~\x7f\x80\xa0\xe9\u07ff\u0800\ud7ff\ue000\ufdd0\ufeff\uffff\U00010000\U0001f600\U0010ffff"
SURROGATES = "\ud800\udbff\udc00\udc80\udcff\udfff"
WORDS = ("shot", "seq_01", "frame_0001.exr", "frame_0010.exr", "a", "a-b", "a0", "A", "textures", "..", ".", "", "日本")


def decoded(answer):
    """An answer of the driver in the form of the incumbent's."""

    def text(digits):
        return bytes.fromhex(digits).decode("utf-8", "surrogatepass")

    def merged(value):
        return value and {"order": [text(path) for path in value["order"]], "text": text(value["text"])}

    result = {
        "documents": [
            {"text": text(each["text"]), "hash": each["hash"]} if "text" in each else each
            for each in answer["documents"]
        ]
    }
    if "merged" in answer:
        result["merged"] = merged(answer["merged"])
        result["merged_by_time"] = merged(answer["merged_by_time"])
        result["compared"] = [[status.upper(), text(path), digest] for status, path, digest in answer["compared"]]
    return result


def random_path(rng):
    if rng.random() < 0.5:
        return "/".join(rng.choices(WORDS, k=rng.randint(1, 4)))
    characters = rng.choices(BORDERS + "abc/" * 5 + (SURROGATES if rng.random() < 0.5 else ""), k=rng.randint(0, 12))
    path = "".join(characters)
    # A surrogate pair in a text is no text that JSON can hold: it comes back as one character.
    return json.loads(json.dumps(path))


def random_integer(rng, low, high):
    """Of every length."""
    return max(low, min(high, rng.choice((-1, 1, 1, 1)) * rng.getrandbits(rng.randint(1, 64))))


def random_manifest(rng, paths):
    entries = [
        {
            "path": rng.choice(paths),
            "hash": f"{rng.getrandbits(128 if rng.random() < 0.5 else 2):032x}",
            "size": random_integer(rng, 0, 2**40),
            "mtime": random_integer(rng, -(2**63), 2**63 - 1),
        }
        for _ in range(rng.choice((1, 2, 5, 20, 60)))
    ]
    if rng.random() < 0.3:
        entries.sort(key=lambda entry: entry["path"].encode("utf-16-be", "surrogatepass"))
    total = sum(entry["size"] for entry in entries) if rng.random() < 0.7 else random_integer(rng, 0, 2**64 - 1)
    return {"hashAlg": "xxh128", "manifestVersion": "2023-03-03", "paths": entries, "totalSize": total}


def written(rng, value):
    """A JSON text of a value: any order of keys, any escapes, white space where it may be."""
    loose = rng.random() < 0.5
    raw = rng.random() < 0.5

    def space():
        return rng.choice(("", "", "", " ", "\n", "\t\r\n ")) if loose else ""

    def string(text):
        parts = []
        for character in text:
            if 0xD800 <= ord(character) <= 0xDFFF:
                parts.append(f"\\u{ord(character):04x}")
            elif loose and rng.random() < 0.1:
                units = character.encode("utf-16-be")
                form = rng.choice(("{:04x}", "{:04X}"))
                parts += ["\\u" + form.format(int.from_bytes(units[i : i + 2], "big")) for i in range(0, len(units), 2)]
            elif character == "/" and loose and rng.random() < 0.3:
                parts.append("\\/")
            else:
                parts.append(json.dumps(character, ensure_ascii=not raw)[1:-1])
        return '"' + "".join(parts) + '"'

    def write(value):
        if isinstance(value, dict):
            members = list(value.items())
            if loose:
                rng.shuffle(members)
            else:
                members.sort()
            inner = ",".join(f"{space()}{string(key)}{space()}:{space()}{write(each)}{space()}" for key, each in members)
            return "{" + inner + "}"
        if isinstance(value, list):
            return "[" + ",".join(f"{space()}{write(each)}{space()}" for each in value) + "]"
        return string(value) if isinstance(value, str) else json.dumps(value)

    return space() + write(value) + space()


def damaged(rng, manifest):
    """One thing of another value, missing, or one too many."""
    odd = [None, True, False, 0, -1, 1.0, 1e300, 2**63, 2**64, -(2**64), "", "x", "0" * 32, "A" * 32, "g" * 32, [], {},
           [1], {"path": "a"}, "2023-03-03", "xxh128", [[[[]]]]]  # fmt: skip
    target = manifest if rng.random() < 0.4 else rng.choice(manifest["paths"])
    key = rng.choice(sorted(target))
    action = rng.random()
    if action < 0.2:
        del target[key]
    elif action < 0.3:
        target["other " + key] = rng.choice(odd)
    elif action < 0.9:
        target[key] = rng.choice(odd)
    else:
        manifest["paths"].insert(rng.randint(0, len(manifest["paths"])), rng.choice(odd))
    return manifest


def damaged_text(rng, text):
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(("", *'{}[]",:\\ 0-.eN\x01\xe9')) + text[at + rng.randint(0, 1) :]


class ManifestOperationsCampaign(IncumbentCampaign):
    program = "attache_manifest_driver"

    def run(self, rng, folder):
        paths = [random_path(rng) for _ in range(rng.choice((1, 3, 10, 40)))]
        manifests = [random_manifest(rng, paths) for _ in range(rng.randint(1, 4))]
        times = [rng.randint(-3, 3) for _ in manifests]
        if rng.random() < 0.2:
            damaged(rng, rng.choice(manifests))
        documents = [written(rng, manifest) for manifest in manifests]
        if rng.random() < 0.1:
            documents[0] = damaged_text(rng, documents[0])
        self.compare(documents, times)

    def ask(self, documents, times):
        request = {"documents": [document.encode("utf-8").hex() for document in documents], "times": times}
        return decoded(self.driver.ask(request))

    def compare(self, documents, times):
        ours = self.ask(documents, times)
        theirs = self.incumbent.manifest_operations(documents, times)
        own = False
        for document, mine, other in zip(documents, ours["documents"], theirs["documents"], strict=True):
            if "error" in other:
                assert "rule" in mine, f"accepted, but the incumbent says {other['error']}: {document!r}"
            elif "rule" in mine:
                assert mine["rule"] in OWN_RULES, f"refused for {mine['rule']}, but the incumbent does not: {document!r}"
                own = True
            else:
                assert mine == other, f"{document!r}\nours   {mine}\ntheirs {other}"
        if own or any("error" in other for other in theirs["documents"]):
            return
        for name in ("merged", "merged_by_time", "compared"):
            assert ours[name] == theirs[name], f"{name} of {documents!r}, {times}\nours   {ours[name]}\ntheirs {theirs[name]}"
        # What the incumbent writes is canonical: the way of most documents.
        again = self.ask([each["text"] for each in theirs["documents"]], times)
        assert again["documents"] == theirs["documents"], f"{documents!r}"
