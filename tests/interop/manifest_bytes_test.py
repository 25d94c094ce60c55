"""The manifest of a tree has the same bytes whoever makes it, and the same file name but for the time."""

import re
from pathlib import Path

from support.cases import FolderCase
from support.incumbent import Incumbent
from support.program import Attache
from support.trees import make_large_tree, make_named_tree, write_file

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.manifest$")


class ManifestBytes(FolderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.incumbent = cls.enterClassContext(Incumbent(cls.class_folder / "incumbent"))

    def setUp(self):
        super().setUp()
        self.project = self.folder / "project"
        self.project.mkdir(parents=True)
        self.attache = Attache(self.folder / "home")

    def assert_same_manifest(self, *flags, root=None, name=None, include=None, exclude=None):
        root = root or str(self.project)
        theirs = Path(self.incumbent.snapshot(root, self.folder / "theirs", name, include, exclude))
        if name:
            flags += ("--name", name)
        ours = Path(self.attache.snapshot(root, str(self.folder / "ours"), *flags))
        self.assertEqual(ours.read_bytes(), theirs.read_bytes())
        self.assertRegex(ours.name, TIME)
        self.assertEqual(TIME.sub("", ours.name), TIME.sub("", theirs.name))
        return ours

    def test_ten_thousand_files_with_all_kinds_of_names(self):
        make_large_tree(self.project, 10_000)
        manifest = self.assert_same_manifest()
        self.assertEqual(manifest.read_bytes().count(b'"hash":'), 10_000)
        self.assertIn(rb"\udcff", manifest.read_bytes())

    def test_every_awkward_name_and_size(self):
        make_named_tree(self.project)
        self.assert_same_manifest()

    def test_a_name_for_the_manifest(self):
        make_named_tree(self.project)
        self.assert_same_manifest(name="_shot 42")

    def test_a_root_with_a_trailing_slash_is_hashed_as_given(self):
        make_named_tree(self.project)
        self.assert_same_manifest(root=f"{self.project}/")

    def test_include_and_exclude_patterns(self):
        for path in ("a.exr", "b.tx", "sub/c.exr", "sub/deep/d.exr", "sub/deep/e.txt", ".hidden.exr", "[x].exr"):
            write_file(self.project / path, path.encode(), 1_700_000_000_000_000_000)
        for include, exclude in (
            (["**/*.exr"], None),
            (["*.exr", "sub/*"], None),
            (["**/*"], ["sub/**"]),
            (["**/*"], ["**/*.exr"]),
            (["**/[a-c].*"], None),
            (["**/?.exr"], ["b*"]),
            ([".*", "**/*.txt"], None),
            (["sub/**/*"], ["**/[!d].*"]),
        ):
            flags = [word for pattern in include for word in ("--include", pattern)]
            flags += [word for pattern in exclude or () for word in ("--exclude", pattern)]
            with self.subTest(include=include, exclude=exclude):
                self.assert_same_manifest(
                    *flags, name=f"{include}{exclude}".replace("/", "_"), include=include, exclude=exclude
                )

    def test_linked_folders_are_followed(self):
        make_named_tree(self.project)
        (self.project / "linked folder").symlink_to("sub folder")
        self.assert_same_manifest()
