"""What Lambda refuses of the code that is uploaded.

LS:lambda test_create_lambda_exceptions, TestLambdaSizeLimits.
"""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

from moto.s3.models import s3_backends

from sandbox.lambda_.answers import Invalid, Refusal
from sandbox.permissions.identities import ACCOUNT

LARGEST_ZIP_BYTES = 52_428_800
LARGEST_UNZIPPED_BYTES = 262_144_000


def require_code(code: dict[str, Any]) -> None:
    """`code` is FunctionCode: of what comes from S3 it is only asked whether it is there; of ECR, nothing."""
    # https://github.com/fog/fog-aws/blob/master/lib/fog/aws/requests/lambda/update_function_code.rb
    if not {"ZipFile", "S3Bucket", "ImageUri"} & code.keys():
        raise Invalid("Please provide a source for function code.")
    if "S3Bucket" in code:
        require_object(code["S3Bucket"], code.get("S3Key", ""))
    if "ZipFile" not in code:
        return
    archive = io.BytesIO(base64.b64decode(code["ZipFile"]))
    if archive.getbuffer().nbytes >= LARGEST_ZIP_BYTES:
        text = f"Zipped size must be smaller than {LARGEST_ZIP_BYTES} bytes"
        raise Refusal(413, "RequestEntityTooLargeException", text)
    try:
        with zipfile.ZipFile(archive) as opened:
            unzipped_bytes = sum(entry.file_size for entry in opened.infolist())
    except zipfile.BadZipFile as error:
        text = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise Invalid(text) from error
    if unzipped_bytes >= LARGEST_UNZIPPED_BYTES:
        raise Invalid(f"Unzipped size must be smaller than {LARGEST_UNZIPPED_BYTES} bytes")


def require_object(bucket: str, key: str) -> None:
    """https://github.com/awslabs/live-streaming-with-automated-multi-language-subtitling/issues/45
    https://github.com/aws-samples/aws-account-vending-machine/issues/23
    """
    found = next((s3.buckets[bucket] for s3 in list(s3_backends[ACCOUNT].values()) if bucket in s3.buckets), None)
    told = "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}"
    if found is None:
        raise Invalid(told.format("NoSuchBucket", "The specified bucket does not exist"))
    if key not in found.keys:
        raise Invalid(told.format("NoSuchKey", "The specified key does not exist."))
