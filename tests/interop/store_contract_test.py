"""The contract that every ObjectStore keeps, and S3's own operations, on versitygw. It lacks none of them."""

from support.s3_server import ACCESS_KEY, S3Server
from support.store_contract import StoreContractCase


class StoreContract(StoreContractCase):
    def test_the_s3_store_keeps_it_on_a_real_server(self):
        self.assertEqual(self.run_contract(S3Server(self.folder), ACCESS_KEY), [])

    def test_the_s3_store_keeps_it_over_tls(self):
        self.assertEqual(self.run_contract(S3Server(self.folder, tls=True), ACCESS_KEY), [])
