"""What Lambda refuses of the code that is uploaded.

LS:lambda test_create_lambda_exceptions, TestLambdaSizeLimits.
"""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

from sandbox.lambda_.answers import Invalid, Refusal

LARGEST_ZIP_BYTES = 52_428_800
LARGEST_UNZIPPED_BYTES = 262_144_000


def require_code(code: dict[str, Any]) -> None:
    """`code` is FunctionCode: what comes from S3 or ECR is not looked at."""
    # https://github.com/fog/fog-aws/blob/master/lib/fog/aws/requests/lambda/update_function_code.rb
    if not {"ZipFile", "S3Bucket", "ImageUri"} & code.keys():
        raise Invalid("Please provide a source for function code.")
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
