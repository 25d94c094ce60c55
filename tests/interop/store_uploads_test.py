"""`attache store uploads` with a real S3 server, and uploads that others have left behind."""

from support.cases import S3Case


class StoreUploads(S3Case):
    def setUp(self):
        super().setUp()
        self.attache = self.attache_with_server()
        self.store = ("--s3-root-uri", f"s3://{self.bucket}/prefix")

    def begin_upload(self, key):
        answer = self.server.send("POST", f"/{self.bucket}/{key}", "uploads=")
        return answer.partition("<UploadId>")[2].partition("</UploadId>")[0]

    def uploads(self, *options):
        outcome = self.attache.run("store", "uploads", *self.store, "--json", *options)
        self.assertEqual(outcome.status, 0, outcome)
        return outcome.json()

    def test_lists_and_aborts_those_below_the_prefix_only(self):
        ours = self.begin_upload("prefix/Data/x")
        others = self.begin_upload("other/Data/x")
        listed = self.uploads()
        self.assertEqual([(entry["key"], entry["uploadId"]) for entry in listed["uploads"]], [("Data/x", ours)])
        entry = listed["uploads"][0]
        self.assertEqual((entry["parts"], entry["bytes"]), (0, 0))
        self.assertLess(abs(entry["ageSeconds"]), 60)
        self.assertTrue(entry["started"].endswith("Z"), entry)

        self.assertEqual(self.uploads("--abort")["aborted"], 0, "it is not a day old")
        self.assertEqual(self.uploads("--abort", "--older-than", "0s")["aborted"], 1)
        self.assertEqual(self.uploads()["uploads"], [])
        self.assertIn(others, self.server.send("GET", f"/{self.bucket}", "uploads="))

    def test_demands_the_owner_that_it_is_told(self):
        outcome = self.attache.run("store", "uploads", *self.store, "--expected-bucket-owner", "999999999999")
        self.assertEqual(outcome.status, 5, outcome)
        self.assertIn("999999999999", outcome.stderr)

    def test_a_directory_is_refused(self):
        outcome = self.attache.run("store", "uploads", "--s3-root-uri", "/some/where")
        self.assertEqual(outcome.status, 2, outcome)
        self.assertIn("/some/where", outcome.stderr)
