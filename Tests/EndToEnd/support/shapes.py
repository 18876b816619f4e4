"""Holds every answer against botocore's model of it: members that are not modelled, wrong types and missing members."""

import json

SERVICES = {"ecr", "ecs", "logs"}


class ShapeError(AssertionError):
    """An answer that the service model does not describe."""


def watch(client):
    """Checks each answer of a client of an AWS JSON service from now on."""
    if client.meta.service_model.service_name in SERVICES:
        client.meta.events.register("after-call", _check)
    return client


def _check(http_response, parsed, model, **_):
    document = json.loads(http_response.content)
    operation = model.name
    headers = {name.lower(): value for name, value in http_response.headers.items()}
    if headers.get("content-type") != "application/x-amz-json-1.1":
        raise ShapeError(f"{operation}: content type {headers.get('content-type')}")
    if not headers.get("x-amzn-requestid"):
        raise ShapeError(f"{operation}: no request id")
    if http_response.status_code == 200:
        check(document, model.output_shape, operation)
    elif not isinstance(document.get("__type"), str) or not isinstance(document.get("message"), str):
        raise ShapeError(f"{operation}: an error without code or text: {document}")


def check(value, shape, path):
    """Raises unless `value` is JSON of `shape`."""
    if value is None:
        raise ShapeError(f"{path} is null; an absent member is left out")
    _KINDS[shape.type_name](value, shape, path)


def _structure(value, shape, path):
    _expect(isinstance(value, dict), value, shape, path)
    for name in value:
        if name not in shape.members:
            raise ShapeError(f"{path}.{name} is not in the model's {shape.name}")
    for name in shape.required_members:
        if name not in value:
            raise ShapeError(f"{path}.{name} is missing from {shape.name}")
    for name, member in value.items():
        check(member, shape.members[name], f"{path}.{name}")


def _list(value, shape, path):
    _expect(isinstance(value, list), value, shape, path)
    for index, element in enumerate(value):
        check(element, shape.member, f"{path}[{index}]")


def _map(value, shape, path):
    _expect(isinstance(value, dict), value, shape, path)
    for name, element in value.items():
        check(element, shape.value, f"{path}[{name}]")


def _string(value, shape, path):
    _expect(isinstance(value, str), value, shape, path)
    if shape.enum and value not in shape.enum:
        raise ShapeError(f"{path} is {value!r}, none of {shape.name}: {shape.enum}")


def _integer(value, shape, path):
    _expect(isinstance(value, int) and not isinstance(value, bool), value, shape, path)


def _number(value, shape, path):
    _expect(isinstance(value, (int, float)) and not isinstance(value, bool), value, shape, path)


def _boolean(value, shape, path):
    _expect(isinstance(value, bool), value, shape, path)


def _expect(right, value, shape, path):
    if not right:
        raise ShapeError(f"{path} is {value!r}, no {shape.type_name}")


_KINDS = {
    "structure": _structure, "list": _list, "map": _map, "string": _string, "integer": _integer, "long": _integer,
    "float": _number, "double": _number, "timestamp": _number, "boolean": _boolean,
}
