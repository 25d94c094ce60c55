"""The contract that every ObjectStore keeps, and S3's own operations, on a second real server: MinIO."""

from support.s3_server import MinioServer
from support.store_contract import StoreContractCase

# It knows no accounts, so that none can be demanded as the owner of a bucket.
NO_OWNERS = ["HasTheServerRefuseABucketOfAnotherOwner"]
# It lists the unfinished uploads of one key, not those below a prefix.
LACKS = {"ATTACHE_TEST_S3_UPLOADS": "by key"}


class Minio(StoreContractCase):
    def test_the_s3_store_keeps_the_contract(self):
        self.assertEqual(self.run_contract(MinioServer(self.folder), "", **LACKS), NO_OWNERS)

    def test_the_s3_store_keeps_the_contract_over_tls(self):
        server = MinioServer(self.folder, tls=True)
        self.assertEqual(self.run_contract(server, "", **LACKS), NO_OWNERS)
