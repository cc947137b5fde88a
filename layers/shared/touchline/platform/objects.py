"""Files in a bucket, behind a port."""

from pathlib import Path
from typing import Any, Protocol

from touchline.kernel.errors import StoreUnavailable
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws

PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2


class Bucket(Protocol):
    """Keeps files by their keys. Both methods may raise StoreUnavailable."""

    def upload(self, path: Path, key: str, content_type: str) -> None:
        """Put a file there, in parts when it is large; it is there whole or not at all."""
        ...

    def link(self, key: str, name: str, seconds: int) -> str:
        """A URL that lets anybody who has it fetch the file under this name, for so long."""
        ...


class S3Bucket:
    """A bucket of S3. boto3 is loaded when it is first used."""

    def __init__(self, name: str, aws: Aws) -> None:
        self._name = name
        self._aws = aws
        self._made: Any = None

    def upload(self, path: Path, key: str, content_type: str) -> None:
        """See the port."""
        from boto3.exceptions import S3UploadFailedError  # noqa: PLC0415 - slow, seldom needed
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        parts = TransferConfig(
            multipart_threshold=PART_BYTES,
            multipart_chunksize=PART_BYTES,
            max_concurrency=PARTS_AT_ONCE,
        )
        try:
            self._s3.upload_file(
                str(path), self._name, key, {"ContentType": content_type}, Config=parts
            )
        except (S3UploadFailedError, BotoCoreError, ClientError) as error:
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error

    def link(self, key: str, name: str, seconds: int) -> str:
        """See the port."""
        asked = {
            "Bucket": self._name,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }
        return str(self._s3.generate_presigned_url("get_object", asked, ExpiresIn=seconds))

    def close(self) -> None:
        """Close the idle connections."""
        if self._made is not None:
            self._made.close()

    @property
    def _s3(self) -> Any:
        from touchline.platform.boto import client  # noqa: PLC0415 - slow, seldom needed

        self._made = self._made or client("s3", self._aws, BATCH)
        return self._made
