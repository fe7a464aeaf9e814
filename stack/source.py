"""lambda_function.py before it is shipped: checked, and zipped to the same bytes on every machine and day."""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import zipfile
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "lambda_function.py"


class SourceError(Exception):
    """lambda_function.py cannot work. The message says where and why."""


def check_source(source: Path, handler: str) -> None:
    """Raises SourceError unless `source` is valid Python that defines the handler at top level."""
    try:
        code = source.read_bytes()
        compile(code, source.name, "exec", dont_inherit=True)  # finds more than the parser: a stray `return`
        tree = ast.parse(code, filename=source.name)
    except OSError as error:
        raise SourceError(f"{source.name}: cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", str(error))
        raise SourceError(f"{source.name}:{line}: {reason}; mend it and run again") from error
    name = handler.rsplit(".", 1)[1]
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {alias.asname or alias.name for alias in node.names}
    if name not in defined:
        raise SourceError(f"{source.name}: defines no `{name}`, which function.handler ({handler}) names")


def code_zip(source: Path) -> bytes:
    """A zip with the one file: fixed date and mode, and stored, because zlib versions differ in their bytes."""
    entry = zipfile.ZipInfo("lambda_function.py", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(entry, source.read_bytes())
    return buffer.getvalue()


def code_sha256(code: bytes) -> str:
    """As AWS gives it: base64 of the zip's SHA-256."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()
