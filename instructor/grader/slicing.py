"""Which statements of a notebook its functions need: what gives their names a value, and what may change those values."""

import ast
import builtins
import dis
import re

ANY_NAME = {"globals", "locals", "vars", "exec", "eval", "setattr", "get_ipython"}  # what has these may do anything
SETTERS = re.compile(r"set|manual|seed|use|filter|chdir|register|insert|append")


def stores(code) -> set[str]:
    """The names that a piece of code at the top level gives a value."""
    return {step.argval for step in dis.get_instructions(code) if step.opname in ("STORE_NAME", "STORE_GLOBAL")}


def asks_for(code) -> set[str]:
    """The global names that a piece of code, and the functions in it, look up."""
    own = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*(asks_for(part) for part in code.co_consts if hasattr(part, "co_code")))


def touches(node: ast.stmt) -> set[str]:
    """The names whose things a statement may change: it stores into them, calls their methods, or hands them on."""
    found = set()
    for part in ast.walk(node):
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


def needed(statements: list[tuple[int, ast.stmt]], wanted: set[str]) -> list[tuple[int, ast.stmt]]:
    """The statements that give the wanted names their values, in order, with all that these need in turn.

    Imports and whatever may do anything run always. A statement that may change a needed thing is needed; not one that
    merely calls a needed function, or a module's function that sets nothing: that may be an hour's training.
    """
    fixed = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    facts, constant = [], set(vars(builtins))
    for _, node in statements:
        try:
            code = compile(ast.Module([node], []), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            stored, asked, always = stores(code), asks_for(code), runs_always(node)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            stored, asked, always = set(), set(), True  # what is wrong with it is told when it is to run
        facts.append((stored, asked, touches(node), always))
        constant |= stored if isinstance(node, fixed) else set()
    chosen: set[int] = set()
    while True:
        before = len(chosen)
        for place, (stored, asked, touched, always) in enumerate(facts):
            if place not in chosen and (stored & wanted or always or (touched & wanted) - constant):
                chosen.add(place)
                wanted = wanted | (asked if stored & wanted else asked & constant)
        if len(chosen) == before:
            return [statements[place] for place in sorted(chosen)]


def runs_always(node: ast.stmt) -> bool:
    within = list(ast.walk(node))
    if isinstance(node, (ast.Import, ast.ImportFrom)) or any(
        isinstance(n, ast.Name) and n.id in ANY_NAME for n in within
    ):
        return True
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        return any(runs_always(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt))
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return any(isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) for n in within)
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and bool(SETTERS.match(call.func.attr))
