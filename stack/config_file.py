"""A YAML file, read with distrust: it becomes plain data, lines of keys, and problems in plain words.

PyYAML builds recursively, so the file is first looked over as a flat stream of events: what is nested too
deeply, or holds aliases, tags or a second document, is never built. Only what a person writes on purpose
becomes a number (`512`, `0.5`); what YAML 1.1 makes of `on`, `1:20` or `0777` becomes UNFIT, which fits no
key. The price of reading the nodes ourselves is this page; what it buys is a line for every problem.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES, MAX_DEPTH = 64 * 1024, 10
UNFIT = object()  # a scalar that YAML understands, but that no key of ours takes

Keys = tuple[str, ...]  # the whole way down: ("function", "memory_mb")

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17}|[0-9]{0,18}\.[0-9]{0,18})")
_KINDS = {"str": "a text", "value": "a text", "int": "a number", "float": "a number", "bool": "true or false"}
_KINDS |= {
    "null": "nothing",
    "timestamp": "a date",
    "seq": "a list",
    "map": "a group of keys",
    "merge": "a merge key",
}
_SYNTAX = {  # what PyYAML says, and what a person would
    "mapping values are not allowed": "a second ':', or a wrong indentation; a text with ': ' needs quotes",
    "could not find expected ':'": "a ': ' (a colon and a space) is missing after a key",
    "expected <block end>": "this line is not indented like those it belongs to",
    "end of stream": "a quote is opened here and never closed",
    "expected ',' or": "a bracket is never closed, or a ',' is missing",
    "cannot start any token": "this character cannot begin a value; write the value in quotes",
}
_WRONG = {
    **dict.fromkeys(("greater_than", "greater_than_equal"), "is too small"),
    **dict.fromkeys(("less_than", "less_than_equal"), "is too large"),
    "literal_error": "is not one of the choices",
}


class ConfigError(Exception):
    """All that is wrong, one line each: `config.yaml:LINE: key: what is wrong, what is allowed`."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class ConfigFile:
    """What the file (and the command line over it) says, and what is wrong with it so far."""

    path: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Keys, int] = field(default_factory=dict)
    written: dict[Keys, tuple[str, str]] = field(default_factory=dict)  # as it stands there, and what YAML takes it for
    flags: set[str] = field(default_factory=set)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def override(self, flag: str, value: str) -> None:
        self.data[flag], self.written[(flag,)] = value, (value, "a text")
        self.flags.add(flag)

    def problem(self, keys: Keys, text: str, line: int | None = None) -> None:
        line = 0 if keys[0] in self.flags and line is None else line or self.lines.get(keys, 1)
        place = f"{self.path}:{line}: {dotted(keys)}" if line else f"--{keys[0]}"
        self.problems.append((line, f"{place}: {text}"))

    def misfit(self, keys: Keys, error_type: str, schema: Mapping[str, Any]) -> None:
        """A value of the wrong type or outside of its range, in the words of the JSON Schema."""
        section = schema
        for key in keys[:-1]:
            section = section["properties"][key]
        known = section.get("properties", {})
        rule = known.get(keys[-1], {"type": ["string"]})  # what is allowed without being known is a tag
        text, kind = self.written[keys]
        value = shown(text) if kind == "a text" else legible(text) if text else kind
        options = [str(option) for option in rule.get("enum", []) if option is not None]
        if error_type == "extra_forbidden":
            self.problem(keys, _unknown(keys, known, schema))
        elif rule["type"][0] == "string" and kind == "nothing":
            self.problem(keys, 'is empty, allowed is a text; the empty text is ""')
        elif rule["type"][0] == "string" and not options and text:
            self.problem(keys, f"{value} is {kind} to YAML, allowed is a text: put it in quotes, {shown(text)}")
        elif rule["type"][0] in ("integer", "number") and kind == "a text" and _NUMBER.fullmatch(text):
            self.problem(keys, f"{value} is a text, allowed is a number: take the quotes away, {text}")
        else:
            near = get_close_matches(text[:80], options, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.problem(
                keys,
                f"{value} {_WRONG.get(error_type, 'does not fit')}, allowed {_allowed(rule, options)}{hint}",
            )

    def in_order(self) -> list[str]:
        return [text for _, text in sorted(self.problems, key=lambda problem: problem[0])]


def _allowed(rule: Mapping[str, Any], options: list[str]) -> str:
    if options:
        return f"are {', '.join(options)}"
    match rule["type"][0]:
        case "integer":
            return f"is a whole number from {rule['minimum']} to {rule['maximum']}"
        case "number":
            return f"is a number above {rule['exclusiveMinimum']}, up to {rule['maximum']}"
        case "object":
            return f"are keys below it: {', '.join(rule.get('properties', ['each with a text']))}"
    return "is one text"


def _unknown(keys: Keys, known: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    near = get_close_matches(keys[-1][:80].lower(), known, 1)
    if not near:  # perhaps it only stands in the wrong place
        near = [
            f"{name}.{keys[-1]}"
            for name, rule in schema["properties"].items()
            if keys[-1] in rule.get("properties", ())
        ]
    return f"there is no such key, {f'did you mean {near[0]}?' if near else 'allowed are ' + ', '.join(known)}"


def shown(text: str) -> str:
    """A text in quotes, on one line and short enough for a message."""
    return f'"{legible(text)}"'


def legible(text: str) -> str:
    text = text if len(text) <= 40 else f"{text[:39]}…"
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def dotted(keys: Keys) -> str:
    return ".".join(map(legible, keys))


def laid_over(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what was given laid over them. An empty value (`prefix:`) leaves the default."""
    merged = dict(defaults)
    for key, value in given.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = laid_over(merged[key], value)
        elif value is not None or key not in defaults:
            merged[key] = value
    return merged


def read(path: Path) -> ConfigFile:
    """The file's data, lines and first problems. Raises ConfigError when nothing of it can be used."""
    text = _text(path)
    file = ConfigFile(path)
    try:
        _look_over(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{path}:{line}: holds an invisible control character; delete it") from None
    except yaml.MarkedYAMLError as error:
        said = error.problem or "cannot be read"
        begun = re.search("end of stream|stream end|could not find", said)  # what lacks its end is shown at its start
        mark = (begun and error.context_mark) or error.problem_mark
        words = next((words for theirs, words in _SYNTAX.items() if theirs in said), said)
        raise ConfigError(f"{path}:{mark.line + 1 if mark else 1}: is not YAML: {words}") from None
    kind = "nothing" if root is None else _kind(root)
    if isinstance(root, yaml.MappingNode):
        file.data = _mapping(root, (), file)
    elif kind != "nothing":
        raise ConfigError(f"{path}:{_line(root)}: is {kind}, allowed are keys with values, such as region: us-east-1")
    return file


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path}: is {'a directory' if path.is_dir() else 'a device or a pipe'}, not a file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        text = raw.decode()
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{path}: there is no such file; run this where it is, or give --config") from None
    except UnicodeDecodeError as error:
        if len(raw) <= MAX_BYTES:
            line = raw.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it in that encoding") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES // 1024} KiB; that is not a configuration of this stack")
    for char, what in (("\0", "a NUL byte; save it as plain text"), ("\t", "a tab; write spaces instead")):
        if char in text:
            raise ConfigError(f"{path}:{text.count(chr(10), 0, text.index(char)) + 1}: holds {what}")
    return text


def _look_over(path: Path, text: str) -> None:
    """Refuses, without recursion, what must not be built."""
    depth = documents = 0
    for event in _events(path, text):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        refused = {
            "is a second document; delete the --- and what follows": documents > 1,
            f"is nested more than {MAX_DEPTH} levels deep": depth > MAX_DEPTH,
            "is an anchor or alias (& or *); write the value itself": getattr(event, "anchor", None) is not None,
            "is a tag (!); write the value itself, or in quotes": getattr(event, "tag", None) is not None,
            "holds half of a character; write it whole": re.search("[\ud800-\udfff]", getattr(event, "value", "")),
        }
        for why, is_so in refused.items():
            if is_so:
                raise ConfigError(f"{path}:{_line(event)}: {why}")


def _events(path: Path, text: str) -> Iterator[Any]:
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError):  # PyYAML's own slips: "\UFFFFFFFF", a %YAML version of 5000 digits
        raise ConfigError(f"{path}:{loader.line + 1}: is not YAML: a number out of range") from None


def _mapping(node: yaml.MappingNode, above: Keys, file: ConfigFile) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        keys, line = (*above, str(key_node.value)), _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            file.problem((*above, "?"), f"is {_kind(key_node)}, allowed is one word as the key", line)
        elif _kind(key_node) != "a text":
            file.problem(keys, f"is {_kind(key_node)} to YAML, allowed is a text as the key", line)
        elif keys in file.lines:
            file.problem(keys, f"stands here twice, allowed is once; the first is on line {file.lines[keys]}", line)
        else:
            scalar = isinstance(value_node, yaml.ScalarNode)
            file.lines[keys] = line
            file.written[keys] = (value_node.value if scalar else "", _kind(value_node))
            data[keys[-1]] = _scalar(value_node) if scalar else UNFIT
            if isinstance(value_node, yaml.MappingNode):
                data[keys[-1]] = _mapping(value_node, keys, file)
    return data


def _scalar(node: yaml.ScalarNode) -> Any:
    kind, text = _kind(node), node.value
    if kind == "nothing":
        return None
    if kind == "a number" and _NUMBER.fullmatch(text) and text.strip("+-."):
        return float(text) if "." in text else int(text)
    return text if kind == "a text" else UNFIT


def _kind(node: yaml.Node) -> str:
    return _KINDS.get(str(node.tag).rpartition(":")[2], "something else")


def _line(where: Any) -> int:
    return int(where.start_mark.line) + 1
