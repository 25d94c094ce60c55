"""What tests with folders, with a real S3 server, and with the incumbent beside it have in common."""

import shutil
import tempfile
import unittest
from pathlib import Path

from support.incumbent import Incumbent
from support.program import Attache
from support.s3_server import S3Server


class FolderCase(unittest.TestCase):
    """`class_folder` is there while the tests of a class run; in it `folder`, each test's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.class_folder = Path(tempfile.mkdtemp(prefix="attache-tests-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.class_folder, ignore_errors=True)
        cls.number = 0

    def setUp(self):
        super().setUp()
        type(self).number += 1
        self.folder = self.class_folder / f"test-{self.number}"
        self.folder.mkdir()


class S3Case(FolderCase):
    """A server for the tests of a class, and for each test a bucket that nobody else uses."""

    server_class = S3Server

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.server_class(cls.class_folder / "s3").start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        self.bucket = f"bucket-{self.number}"
        self.bucket_folder = self.server.create_bucket(self.bucket)

    def attache_with_server(self):
        """The command, with a home in the test's folder, as a client of the server."""
        return Attache(self.folder / "home", self.server.environment())


class IncumbentOnS3Case(S3Case):
    """The incumbent as another client of the server: one process for the tests of a class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.incumbent = cls.enterClassContext(Incumbent(cls.class_folder / "incumbent", cls.server.environment()))
