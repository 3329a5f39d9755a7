"""No method of ours hides another one of the same model by having its name.

A model is spread over files and mixins: a second method of a name replaces the first one
for all its callers, unless it calls `super()`.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent


def get_classes():
    for path in sorted(ROOT.glob("ar_collections*/**/*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                yield path.relative_to(ROOT), node


def get_names(node):
    """(model, models that it inherits beside itself)"""
    found = {"_name": None, "_inherit": []}
    for part in node.body:
        target = isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "")
        if target in found:
            found[target] = ast.literal_eval(part.value)
    parents = found["_inherit"]
    parents = [parents] if isinstance(parents, str) else parents
    model = found["_name"] or next(iter(parents), None)
    return model, [parent for parent in parents if parent != model]


def calls_super(method):
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == method.name
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "super"
        for node in ast.walk(method)
    )


def is_abstract(method):
    """Made to be replaced: it does nothing but say so."""
    last = method.body[-1]
    raised = last.exc if isinstance(last, ast.Raise) else None
    return getattr(raised, "id", "") == "NotImplementedError"


def find_hidden(classes):
    methods, parents = defaultdict(list), defaultdict(set)
    for path, node in classes:
        model, mixins = get_names(node)
        parents[model].update(mixins)
        for part in node.body:
            if model and isinstance(part, ast.FunctionDef) and not is_abstract(part):
                where = f"{path}:{part.lineno}"
                methods[model, part.name].append((where, calls_super(part)))
    for (model, name), own in sorted(methods.items()):
        every = [*own]
        for parent in parents[model]:
            every += methods.get((parent, name), [])
        # the first one of all has nothing to call
        if sum(not calls for _where, calls in every) > 1:
            yield f"{model}.{name}: " + ", ".join(where for where, _calls in every)


def test_no_method_hides_another():
    classes = list(get_classes())
    assert len(classes) > 200
    assert not list(find_hidden(classes))


def test_a_hidden_method_is_found():
    code = """
class A(Model):
    _name = "a"
    def _get(self): return 1
class B(Model):
    _name = "b"
    _inherit = ["a"]
    def _get(self): return 2
"""
    classes = [("x.py", node) for node in ast.parse(code).body]
    assert list(find_hidden(classes)) == ["b._get: x.py:8, x.py:4"]
