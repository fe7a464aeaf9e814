"""Which resource fits a path best, in whatever order the resources were made."""

from types import SimpleNamespace

import pytest

from sandbox.gateway.routing import candidates

PATHS = ["/", "/a", "/{x}", "/a/b", "/a/{y}", "/{x}/b", "/a/{rest+}", "/{rest+}"]


def found(paths, path):
    """The resources' paths, the best first."""
    resources = {each: SimpleNamespace(get_path=lambda each=each: each) for each in paths}
    return [resource.get_path() for resource, _ in candidates(SimpleNamespace(resources=resources), path)]


@pytest.mark.parametrize(
    ("path", "best"),
    [
        ("/", ["/"]),
        ("/a", ["/a", "/{x}", "/{rest+}"]),
        ("/c", ["/{x}", "/{rest+}"]),
        ("/a/b", ["/a/b", "/a/{y}", "/a/{rest+}", "/{x}/b", "/{rest+}"]),
        ("/c/b", ["/{x}/b", "/{rest+}"]),
        ("/a/b/c", ["/a/{rest+}", "/{rest+}"]),
        ("/a//c", ["/{rest+}"]),
    ],
)
def test_the_best_fitting_resource_comes_first(path, best):
    for first in range(len(PATHS)):
        turned = PATHS[first:] + PATHS[:first]
        assert found(turned, path) == found(turned[::-1], path) == best


@pytest.mark.parametrize(
    ("resource", "path", "parameters"),
    [
        ("/{x}/b", "/a/b", {"x": "a"}),
        ("/{x}/b/", "/a/b/", {"x": "a"}),
        ("/{x}/{y}", "/a%2Fb/c%20d", {"x": "a%2Fb", "y": "c%20d"}),
        ("/a/{rest+}", "/a/b//c/", {"rest": "b//c"}),
        ("/{x}/{rest+}", "/a/b/c", {"x": "a", "rest": "b/c"}),
        ("/a", "/%61", {}),
    ],
)
def test_parameters_are_what_was_sent_and_fixed_segments_may_be_escaped(resource, path, parameters):
    api = SimpleNamespace(resources={"only": SimpleNamespace(get_path=lambda: resource)})
    assert [told for _, told in candidates(api, path)] == [parameters]
