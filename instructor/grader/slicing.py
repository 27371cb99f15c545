"""Which statements of a notebook its functions need: what gives their names a value, and what may change those values."""

import ast
import builtins
import contextlib
import dis
import re

ANY_NAME = {"globals", "locals", "vars", "exec", "eval", "setattr", "get_ipython"}  # what has these may do anything
SETTERS = re.compile(r"set|manual|seed|use|filter|chdir|register|insert|append")


def parts(node: ast.AST):
    """A statement's nodes; without those that run only later, when a function that it defines is called."""
    yield node
    later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for name, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST) and not (later and name == "body"):
                yield from parts(part)


def binds(node: ast.stmt) -> set[str]:
    """The names that a statement at the top level gives a value."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if isinstance(node, definitions):
        return {node.name}
    within = list(parts(node))
    names = {n.id for n in within if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {n.name for n in within if isinstance(n, definitions)}
    imports = [alias for n in within if isinstance(n, (ast.Import, ast.ImportFrom)) for alias in n.names]
    return names | {(alias.asname or alias.name).split(".")[0] for alias in imports}


def touches(node: ast.stmt) -> set[str]:
    """The names whose things a statement may change: it stores into them, calls their methods, or hands them on."""
    found = set()
    for part in parts(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
            found.add(root(part))
        if isinstance(part, ast.Call):
            found |= {root(part.func)} if isinstance(part.func, ast.Attribute) else set()
            given = [*part.args, *(keyword.value for keyword in part.keywords)]
            found |= {name.id for name in given if isinstance(name, ast.Name)}
    return found


def root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def asks_for(code) -> set[str]:
    """The global names that a piece of code, and the functions in it, look up."""
    own = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*(asks_for(part) for part in code.co_consts if hasattr(part, "co_code")))


def needed(statements: list[tuple[int, ast.stmt]], wanted: set[str]) -> list[tuple[int, ast.stmt]]:
    """The statements that give the wanted names their values, in order, with all that these need in turn.

    Imports and whatever may do anything run always. A statement that may change a needed thing is needed; not one that
    merely calls a needed function, or a module's function that sets nothing: that may be an hour's training.
    """
    fixed = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    facts = [(pair, binds(pair[1]), touches(pair[1]), runs_always(pair[1])) for pair in statements]
    constant = set(vars(builtins)).union(*(bound for (_, node), bound, _, _ in facts if isinstance(node, fixed)))
    chosen: set[int] = set()
    while True:
        before = len(chosen)
        for place, ((_, node), bound, touched, always) in enumerate(facts):
            if place not in chosen and (bound & wanted or always or (touched & wanted) - constant):
                chosen.add(place)
                with contextlib.suppress(SyntaxError, ValueError):
                    asked = asks_for(compile(ast.Module([node], []), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
                    wanted = wanted | (asked if bound & wanted else asked & constant)
        if len(chosen) == before:
            return [statements[place] for place in sorted(chosen)]


def runs_always(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)) or any(
        isinstance(n, ast.Name) and n.id in ANY_NAME for n in parts(node)
    ):
        return True
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        return any(runs_always(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt))
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return any(isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) for n in parts(node))
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and bool(SETTERS.match(call.func.attr))
