"""The expressions of a request: what AWS refuses of them, and of their names and values, before it looks at a table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html; words: DC tier3/error-messages and
https://github.com/architect/dynalite/blob/main/test/updateItem.js
"""

from __future__ import annotations

import re
from typing import Any

from moto.dynamodb.comparisons import create_condition_expression_parser
from moto.dynamodb.exceptions import (
    InvalidConditionExpression,
    InvalidUpdateExpressionInvalidDocumentPath,
    MockValidationException,
)
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.parsing.ast_nodes import (
    ExpressionAttributeName,
    ExpressionSelector,
    UpdateExpressionAddAction,
    UpdateExpressionDeleteAction,
    UpdateExpressionPath,
    UpdateExpressionRemoveAction,
    UpdateExpressionSetAction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from sandbox.refusals.dynamodb.key_conditions import refuse_operands
from sandbox.refusals.dynamodb.values import kept

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
EXPRESSION_BYTES = 4096
NAMES, VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"
TOKEN = re.compile(r"[#:]?\w+")
ROOT = re.compile(r"(?<![.\w#:])#?\w+")  # the attribute of an item where a path begins
PATHS = re.compile(r"\s*{path}(\s*,\s*{path})*\s*".format(path=r"#?\w+(\[\d+\])*(\.#?\w+(\[\d+\])*)*"))
CALLED = re.compile(r"(?<![#:\w])(?!(?:and|or|not|in|between)\b)([A-Za-z_]\w*)\s*\(", re.IGNORECASE)
FUNCTIONS = {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}
NUMERAL = re.compile(r"(?<![#:\w\[])\d")
GROUPED = re.compile(r"([=+(,]\s*)\(([^()]*)\)")  # what moto's parser of updates does not know
ACTIONS = [
    UpdateExpressionAddAction,
    UpdateExpressionDeleteAction,
    UpdateExpressionRemoveAction,
    UpdateExpressionSetAction,
]


def refuse_expressions(body: dict[str, Any], kinds: tuple[str, ...], legacy: tuple[str, ...], envelope: str) -> None:
    """`kinds` are the parameters of this action that are expressions, `legacy` those that they may not be mixed with.

    Keeps the values of the request as DynamoDB keeps them.
    """
    given = [kind for kind in kinds if kind in body]
    mixed = [name for name in legacy if name in body]
    if given and mixed:
        raise MockValidationException(
            f"{envelope}Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(mixed)}}} Expression parameters: {{{', '.join(given)}}}"
        )
    refuse_unneeded(body, given, kinds, envelope)
    for key, value in body.get(VALUES, {}).items():
        try:
            body[VALUES][key] = kept(value)
        except MockValidationException as error:
            text = f"{VALUES} contains invalid value: {error.exception_msg} for key {key}"
            raise MockValidationException(envelope + text) from error
    for kind in given:
        refuse_expression(kind, body, envelope)
    refuse_unused(body, given, envelope)


def refuse_unneeded(body: dict[str, Any], given: list[str], kinds: tuple[str, ...], envelope: str) -> None:
    """Names and values without an expression, and empty ones."""
    if NAMES in body and not given:
        raise MockValidationException(f"{NAMES} can only be specified when using expressions")
    if VALUES in body and not given:
        absent = " and ".join(f"{kind} is null" for kind in kinds if kind != "ProjectionExpression")
        text = f"{VALUES} can only be specified when using expressions: {absent}"
        raise MockValidationException(envelope + text)
    for name, sign in ((NAMES, "#"), (VALUES, ":")):
        if body.get(name) == {}:
            raise MockValidationException(f"{envelope}{name} must not be empty")
        for key in body.get(name, {}):
            if not key.startswith(sign):
                text = f'{name} contains invalid key: Syntax error; key: "{key}"'
                raise MockValidationException(envelope + text)


def refuse_expression(kind: str, body: dict[str, Any], envelope: str) -> None:
    if len(body[kind].encode()) > EXPRESSION_BYTES:
        size = f"Expression size has exceeded the maximum allowed size; expression size: {len(body[kind].encode())}"
        raise MockValidationException(f"{envelope}Invalid {kind}: {size}")
    # moto takes a line's end for a syntax error
    text = body[kind] = " ".join(body[kind].split())
    if not text:
        raise MockValidationException(f"{envelope}Invalid {kind}: The expression can not be empty;")
    for token in TOKEN.findall(text):
        if token[0] == "#" and token not in body.get(NAMES, {}):
            what = f"name used in the document path is not defined; attribute name: {token}"
        elif token[0] == ":" and token not in body.get(VALUES, {}):
            what = f"value used in expression is not defined; attribute value: {token}"
        else:
            continue
        raise MockValidationException(f"{envelope}Invalid {kind}: An expression attribute {what}")
    if kind == "ProjectionExpression":
        refuse_projection(text)
    elif kind == "KeyConditionExpression":
        refuse_operands(body)
    elif kind == "UpdateExpression":
        body[kind] = GROUPED.sub(r"\1\2", text)
    else:
        refuse_condition(kind, body, envelope)


def refuse_projection(text: str) -> None:
    if not PATHS.fullmatch(text):
        raise MockValidationException("Invalid ProjectionExpression: Syntax error;")
    for token in TOKEN.findall(re.sub(r"\[\d+\]", "", text)):
        if token.upper() in ReservedKeywords.get_reserved_keywords():
            reason = f"Attribute name is a reserved keyword; reserved keyword: {token}"
            raise MockValidationException(f"Invalid ProjectionExpression: {reason}")


def refuse_condition(kind: str, body: dict[str, Any], envelope: str) -> None:
    """What moto's parser trips over is a syntax error, whose token and place it does not tell."""
    for name in CALLED.findall(body[kind]):
        if name not in FUNCTIONS:
            raise MockValidationException(f"{envelope}Invalid {kind}: Invalid function name; function: {name}")
    try:
        if NUMERAL.search(body[kind]):
            raise ValueError("a value stands in an expression by its name only")
        create_condition_expression_parser(body[kind], body.get(NAMES, {}), body.get(VALUES, {})).parse()
    except InvalidConditionExpression as error:
        text = error.exception_msg.replace("ConditionExpression", kind, 1)
        raise MockValidationException(envelope + text) from error
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise MockValidationException(f"{envelope}Invalid {kind}: Syntax error;") from error


def refuse_unused(body: dict[str, Any], given: list[str], envelope: str) -> None:
    used = {token for kind in given for token in TOKEN.findall(body[kind])}
    for name in (NAMES, VALUES):
        unused = [key for key in body.get(name, {}) if key not in used]
        if unused:
            text = f"Value provided in {name} unused in expressions: keys: {{{', '.join(unused)}}}"
            raise MockValidationException(envelope + text)


def as_expression(updates: dict[str, Any], envelope: str) -> dict[str, Any]:
    """AttributeUpdates in today's words, for moto does not keep the types of all that they put.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html
    """
    sections: dict[str, list[str]] = {}
    values = {}
    for number, update in enumerate(updates.values()):
        action, name, value = update.get("Action", "PUT"), f"#{number}", f":{number}"
        if "Value" in update:
            values[value] = kept(update["Value"], envelope)
            section, written = ("SET", f"{name} = {value}") if action == "PUT" else (action, f"{name} {value}")
        elif action == "DELETE":
            section, written = "REMOVE", name
        else:
            text = "Only DELETE action is allowed when no attribute value is specified"
            raise MockValidationException(f"{envelope}One or more parameter values were invalid: {text}")
        sections.setdefault(section, []).append(written)
    expression = " ".join(f"{section} {', '.join(written)}" for section, written in sections.items())
    names = {f"#{number}": name for number, name in enumerate(updates)}
    given = {"UpdateExpression": expression, NAMES: names, VALUES: values}
    return {parameter: content for parameter, content in given.items() if content}


def updated_paths(expression: str, names: dict[str, str]) -> list[list[str]]:
    """What an update writes: [["a"], ["map", "key"], ["list[1]"]]."""
    actions = UpdateExpressionParser.make(expression).find_clauses(ACTIONS)
    return [path(action.children[0], names) for action in actions]


def path(node: UpdateExpressionPath, names: dict[str, str]) -> list[str]:
    parts: list[str] = []
    for each in node.children:
        if isinstance(each, ExpressionAttributeName):
            parts.append(names[each.to_str()])
        elif isinstance(each, ExpressionSelector):
            parts[-1] += f"[{each.get_index()}]"
        elif each.children:
            parts.append(each.children[0])
    return parts


def refuse_paths(attributes: dict[str, DynamoType], paths: list[list[str]]) -> None:
    """A path leads through maps. What is missing on its way is moto's to refuse."""
    for parts in paths:
        inside = attributes
        for part in parts[:-1]:
            name, *indices = re.findall(r"[^\[\]]+", part)
            found = inside.get(name)
            for index in map(int, indices):
                found = found.value[index] if found and found.is_list() and index < len(found.value) else None
            if found is None:
                break
            if not found.is_map():
                raise InvalidUpdateExpressionInvalidDocumentPath
            inside = found.value
