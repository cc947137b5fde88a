"""Files in a bucket, as the emulator's S3 takes them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from touchline.kernel.errors import StoreUnavailable
from touchline.platform.boto import client
from touchline.platform.objects import PART_BYTES, S3Bucket
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws


@pytest.fixture
def bucket(emulated: Aws, fresh_name: str) -> Iterator[S3Bucket]:
    place = {"LocationConstraint": emulated.aws_region}
    with closing(client("s3", emulated, BATCH)) as s3:
        s3.create_bucket(Bucket=fresh_name, CreateBucketConfiguration=place)
    with closing(S3Bucket(fresh_name, emulated)) as made:
        yield made


@pytest.mark.parametrize("size", [0, 1_000, PART_BYTES + 1_000])
def test_a_file_is_fetched_by_its_link_as_it_was_put(
    bucket: S3Bucket, tmp_path: Path, size: int
) -> None:
    content = b"0123456789" * (size // 10)
    path = tmp_path / "rows.csv"
    path.write_bytes(content)

    bucket.upload(path, "shop/exp_1/rows.csv", "text/csv; charset=utf-8")
    answer = httpx.get(bucket.link("shop/exp_1/rows.csv", "decisions 1.csv", 60))

    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="decisions 1.csv"'


def test_a_file_that_is_put_again_is_the_new_one(bucket: S3Bucket, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    for content in (b"old", b"new"):
        path.write_bytes(content)
        bucket.upload(path, "rows.csv", "text/csv")

    assert httpx.get(bucket.link("rows.csv", "rows.csv", 60)).content == b"new"


def test_a_bucket_that_takes_nothing_is_unavailable(emulated: Aws, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"x")

    missing = S3Bucket("no-such-bucket-anywhere", emulated)
    with closing(missing), pytest.raises(StoreUnavailable):
        missing.upload(path, "rows.csv", "text/csv")
