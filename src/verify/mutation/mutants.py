"""Mutants of C++ sources, found in the syntax tree of clang, and the one text that holds them all.

A site is a piece of source with its alternatives. All stand in the text at once, and theca_mutant(n) of
selector.hpp chooses one when the program runs. A mutant that does not compile is stillborn and left out.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from clang import cindex
from clang.cindex import CursorKind as K

FLAGS = ["-xc++", "-std=c++23", "-ferror-limit=0", "-Wno-everything", "-Wno-c++11-narrowing"]

# Boundary and negation: whatever finds both finds the other four orders as well.
RELATIONAL = {"<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="]}
ARITHMETIC = {"+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
              "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"]}
LOGICAL = {"&&": ["||"], "||": ["&&"]}
ASSIGNED = {"+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "%=": ["/="],
            "|=": ["&="], "&=": ["|="], "^=": ["|="], "<<=": [">>="], ">>=": ["<<="]}
STEPPED = {"++": "--", "--": "++"}
CALLED = {"std::min": "std::max", "std::max": "std::min"}

INTEGER = re.compile(r"(0[xXbB])?[0-9A-Fa-f']+[uUlLzZ]*$")
CONSTANT = re.compile(r"k[A-Z]\w*$")
FUNCTIONS = {K.FUNCTION_DECL, K.CXX_METHOD, K.CONSTRUCTOR, K.DESTRUCTOR, K.FUNCTION_TEMPLATE, K.CONVERSION_FUNCTION}
SCOPES = {K.NAMESPACE, K.CLASS_DECL, K.STRUCT_DECL, K.CLASS_TEMPLATE, K.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION}
LOOPS = {K.WHILE_STMT, K.FOR_STMT, K.CXX_FOR_RANGE_STMT, K.DO_STMT}
EFFECTS = {K.CALL_EXPR, K.BINARY_OPERATOR, K.COMPOUND_ASSIGNMENT_OPERATOR, K.UNARY_OPERATOR, K.UNEXPOSED_EXPR,
           K.CONTINUE_STMT, K.BREAK_STMT}


@dataclass
class Mutant:
    file: str
    function: str
    line: int
    operator: str
    original: str
    mutated: str
    nth: int = 1  # of those that read alike in the function
    number: int = -1
    site: int = -1  # number of the first mutant of its site

    @property
    def key(self):
        return (self.file, self.function, self.original, self.mutated, self.nth)


@dataclass
class Site:
    start: int
    end: int
    statement: bool
    alternatives: list = field(default_factory=list)  # (Mutant, text)


def one_line(text):
    return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", "", text)).strip()


class Source:
    """The sites of one file, and its text with all of them in it."""

    def __init__(self, name, path, includes, functions=None):
        self.name = name
        self.data = path.read_bytes()
        self.only = functions
        self.sites = {}
        self.alike = {}
        unit = cindex.Index.create().parse(str(path), args=FLAGS + [f"-I{i}" for i in includes])
        errors = [d for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        if errors:
            raise SystemExit(f"mutation: {name} does not compile: {errors[0]}")
        self.path = str(path)
        self._scope(unit.cursor, "")

    # ---- walking ----------------------------------------------------------------------------------------

    def _here(self, cursor):
        file = cursor.extent.start.file
        return file is not None and file.name == self.path

    def _text(self, start, end):
        return self.data[start:end].decode()

    @staticmethod
    def _range(cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def _scope(self, cursor, name):
        for child in cursor.get_children():
            if not self._here(child):
                continue
            if child.kind in SCOPES:
                inner = "" if child.kind == K.NAMESPACE else child.spelling
                self._scope(child, "::".join(filter(None, [name, inner])))
            elif child.kind in FUNCTIONS:
                self._function(child, name)
            elif child.kind == K.FIELD_DECL and cursor.kind != K.STRUCT_DECL:  # a struct's are filled in by others
                self.function = name
                self._after_name(child)

    def _function(self, cursor, scope):
        # A member that is defined outside of its class stands under the class all the same.
        parent = cursor.semantic_parent
        classes = []
        while parent is not None and parent.kind in SCOPES and parent.kind != K.NAMESPACE:
            classes.insert(0, parent.spelling)
            parent = parent.semantic_parent
        spelling = re.sub(r"<.*", "", cursor.spelling) if not cursor.spelling.startswith("operator") else cursor.spelling
        self.function = "::".join(classes + [spelling])
        if self.only is not None and self.function not in self.only:
            return
        children = list(cursor.get_children())
        bodies = [c for c in children if c.kind == K.COMPOUND_STMT]
        if not bodies:
            return
        self.returns = cursor.result_type
        before = max([c.extent.end.offset for c in children if c.kind == K.PARM_DECL], default=cursor.location.offset)
        for child in children:
            if child.kind == K.COMPOUND_STMT:
                self._statements(child)
            elif cursor.kind == K.CONSTRUCTOR and child.extent.start.offset > before and child.kind.is_expression():
                self._expression(child)

    def _after_name(self, variable):
        """The initialiser of a variable or field; expressions before the name are of its type."""
        if "constexpr" in self._text(variable.extent.start.offset, variable.location.offset).split():
            return
        for child in variable.get_children():
            if child.extent.start.offset > variable.location.offset:
                self._expression(child)

    def _statements(self, block):
        for child in block.get_children():
            self._statement(child)

    def _statement(self, s):
        children = list(s.get_children())
        if s.kind == K.COMPOUND_STMT:
            self._statements(s)
        elif s.kind == K.DECL_STMT:
            for child in children:
                if child.kind == K.VAR_DECL:
                    self._after_name(child)
        elif s.kind == K.IF_STMT:
            fixed = re.match(r"if\s+constexpr", self._text(*self._range(s)))
            while children and children[0].kind in (K.DECL_STMT, K.VAR_DECL):
                first = children.pop(0)
                self._statement(first) if first.kind == K.DECL_STMT else self._after_name(first)
                if first.kind == K.VAR_DECL and children and children[0].kind.is_expression():
                    children.pop(0)  # the variable, read as a condition
            if children and children[0].kind.is_expression() and not self._ends_statement(children[0]):
                condition = children.pop(0)
                if not fixed:
                    self._condition(condition)
            for child in children:
                self._statement(child)
        elif s.kind in LOOPS:
            body = children[0] if s.kind == K.DO_STMT else children[-1]
            for child in children:
                if child == body:
                    self._statement(child)
                elif child.kind == K.DECL_STMT:
                    self._statement(child)
                elif child.kind.is_expression():
                    self._condition(child) if s.kind == K.WHILE_STMT else self._expression(child)
        elif s.kind == K.SWITCH_STMT:
            self._expression(children[0])
            self._statement(children[-1])
        elif s.kind in (K.CASE_STMT, K.DEFAULT_STMT):
            self._statement(children[-1])
        elif s.kind == K.RETURN_STMT:
            self._return(s, children)
        elif s.kind in EFFECTS:
            start, end = self._range(s)
            self._add(start, self._semicolon(end), "deleted statement", self._text(start, end), "", ";", True)
            if s.kind.is_expression():
                self._expression(s)

    def _semicolon(self, offset):
        return self.data.index(b";", offset) + 1

    def _ends_statement(self, cursor):
        return self.data[cursor.extent.end.offset:].lstrip().startswith(b";")

    def _is_default(self, value, text):
        bare = self._bare(value)
        first = bare.kind == K.DECL_REF_EXPR and bare.referenced.kind == K.ENUM_CONSTANT_DECL and \
            bare.referenced.enum_value == 0
        return first or re.fullmatch(r"0|nullptr|std::nullopt|\w*\{0?\}", text)

    def _return(self, s, children):
        start, end = self._range(s)
        after = self._semicolon(end)
        if not children:
            return
        value = children[0]
        a, b = self._range(value)
        text = self._text(a, b)
        # What a lambda returns is told by the value, and a value of another type would not compile.
        returns = (value.type if self.in_lambda else self.returns).get_canonical()
        kind = returns.kind
        if self.in_lambda:
            pass
        elif kind == cindex.TypeKind.VOID:
            self._add(start, after, "returned value", "return " + text, "return", "return;", True)
        elif kind != cindex.TypeKind.BOOL and not self._is_default(value, text):
            self._add(start, after, "returned value", "return " + text, "return {}", "return {};", True)
        integral = cindex.TypeKind.CHAR_U.value <= kind.value <= cindex.TypeKind.INT128.value
        if kind == cindex.TypeKind.BOOL and text not in ("true", "false"):
            if self._is_binary(value):
                self._add(a, b, "returned value", text, f"!({text})", f"!({text})")
            else:
                self._condition(value)
                return
        elif integral and not INTEGER.match(text):
            self._add(a, b, "returned value", text, f"{text} + 1", f"({text}) + 1")
        self._expression(value)

    # ---- expressions ------------------------------------------------------------------------------------

    in_lambda = False

    def _operator(self, e):
        """(left, operator, right) of a binary operator, built in or overloaded or rewritten; else nothing."""
        if e.kind not in (K.BINARY_OPERATOR, K.COMPOUND_ASSIGNMENT_OPERATOR, K.CALL_EXPR, K.UNEXPOSED_EXPR):
            return None
        children = [c for c in e.get_children() if c.kind.is_expression()]
        if len(children) == 3 and e.kind == K.CALL_EXPR:
            if self._text(*self._range(children[1])) not in self._binary_names:
                return None
            children = [children[0], children[2]]
        if len(children) != 2:
            return None
        (a, b), (c, d) = map(self._range, children)
        if not b <= c or (a, d) != self._range(e):
            return None
        between = one_line(self._text(b, c))
        # An operand in parentheses that the tree leaves out
        return (children[0], between, children[1]) if between in self._binary_names else None

    _binary_names = set(RELATIONAL) | set(ARITHMETIC) | set(LOGICAL) | set(ASSIGNED)

    def _bare(self, e):
        """Without what stands for conversions: nodes of the same extent with one child."""
        while e.kind == K.UNEXPOSED_EXPR:
            inner = [c for c in e.get_children() if c.kind.is_expression() and self._range(c) == self._range(e)]
            if len(inner) != 1:
                # A comparison rewritten with <=>: its operands stand one deeper.
                deeper = [g for c in e.get_children() for g in c.get_children() if self._range(g) == self._range(e)]
                if len(deeper) != 1:
                    return e
                inner = deeper
            e = inner[0]
        return e

    def _is_binary(self, e):
        e = self._bare(e)
        return self._operator(e) is not None

    def _condition(self, e):
        """Something that is asked for true or false: a leaf is negated."""
        bare = self._bare(e)
        while bare.kind == K.PAREN_EXPR:
            bare = self._bare(next(iter(bare.get_children())))
        op = self._operator(bare)
        text = self._text(*self._range(bare))
        if op is None and text not in ("true", "false") and not text.startswith("!") and bare.kind != K.CXX_BOOL_LITERAL_EXPR:
            a, b = self._range(bare)
            self._add(a, b, "negation", text, f"!{text}", f"!({text})", boolean=True)
        self._expression(bare)

    def _expression(self, e):
        children = list(e.get_children())
        a, b = self._range(e)
        text = self._text(a, b)
        if e.kind == K.LAMBDA_EXPR:
            outer, self.in_lambda = self.in_lambda, True
            for child in children:
                if child.kind == K.COMPOUND_STMT:
                    self._statement(child)
                elif child.kind.is_expression():
                    self._expression(child)
            self.in_lambda = outer
            return
        if self.data[:a].endswith(b"<"):
            return  # a template's first argument, computed while compiling; the operator has a space behind it
        if e.kind == K.INTEGER_LITERAL and INTEGER.match(text):
            self._add(a, b, "constant", text, f"{text} + 1", f"{text} + 1")
            if int(re.sub(r"[uUlLzZ']", "", text) if text[:2].lower() != "0x" else re.sub(r"[uUlLzZ']", "", text), 0) > 0:
                self._add(a, b, "constant", text, f"{text} - 1", f"{text} - 1")
            return
        if e.kind == K.CXX_BOOL_LITERAL_EXPR and text in ("true", "false"):
            other = "false" if text == "true" else "true"
            self._add(a, b, "constant", text, other, other)
            return
        if e.kind == K.DECL_REF_EXPR and CONSTANT.match(text):
            kind = e.type.get_canonical().kind.value
            if cindex.TypeKind.CHAR_U.value <= kind <= cindex.TypeKind.INT128.value and e.referenced is not None \
                    and e.referenced.kind != K.ENUM_CONSTANT_DECL:
                self._add(a, b, "constant", text, f"{text} + 1", f"{text} + 1")
                self._add(a, b, "constant", text, f"{text} - 1", f"{text} - 1")
            return
        if e.kind == K.UNARY_OPERATOR:
            inner = self._text(*self._range(children[0]))
            if text.startswith("!"):
                self._add(a, b, "negation", text, inner, f"static_cast<bool>({inner})", boolean=True)
            elif text[:2] in STEPPED:
                self._add(a, b, "arithmetic", text, STEPPED[text[:2]] + inner, STEPPED[text[:2]] + inner)
            elif text[-2:] in STEPPED:
                self._add(a, b, "arithmetic", text, inner + STEPPED[text[-2:]], inner + STEPPED[text[-2:]])
            elif text.startswith("-") or text.startswith("~"):
                self._add(a, b, "arithmetic", text, inner, f"({inner})")
        if e.kind == K.CALL_EXPR:
            for called, other in CALLED.items():
                if text.startswith(called) and not text[len(called)].isalnum():
                    self._add(a, b, "arithmetic", text, other + text[len(called):], other + text[len(called):])
        op = self._operator(e)
        if op is not None:
            self._binary(a, b, *op)
            return
        if e.kind == K.CONDITIONAL_OPERATOR:
            self._condition(children.pop(0))
        for child in children:
            if child.kind.is_expression():
                self._expression(child)
            elif child.kind == K.COMPOUND_STMT:
                self._statement(child)

    def _binary(self, a, b, left, operator, right):
        l, r = self._text(*self._range(left)), self._text(*self._range(right))
        l = self._text(a, left.extent.end.offset)
        for kind, table in (("relational", RELATIONAL), ("arithmetic", ARITHMETIC), ("logical", LOGICAL),
                            ("arithmetic", ASSIGNED)):
            for other in table.get(operator, []):
                self._add(a, b, kind, f"{l} {operator} {r}", f"{l} {other} {r}", f"{l} {other} {r}")
        if operator in LOGICAL:
            for side in (l, r):
                self._add(a, b, "logical", f"{l} {operator} {r}", side, f"static_cast<bool>({side})")
            self._condition(left)
            self._condition(right)
        else:
            self._expression(left)
            self._expression(right)

    def _add(self, start, end, operator, original, mutated, text, statement=False, boolean=False):
        site = self.sites.setdefault((start, end, statement), Site(start, end, statement))
        site.boolean = getattr(site, "boolean", False) or boolean
        if any(t == text for _, t in site.alternatives):
            return
        original, mutated = one_line(original), one_line(mutated)
        mutated = mutated or "(deleted)"
        line = self.data.count(b"\n", 0, start) + 1
        mutant = Mutant(self.name, self.function, line, operator, original, mutated)
        site.alternatives.append((mutant, text))

    # ---- writing ----------------------------------------------------------------------------------------

    def mutants(self):
        """In the order of the source; numbers those that read alike within a function."""
        alike = {}
        found = []
        for site in sorted(self.sites.values(), key=lambda s: (s.start, -s.end, not s.statement)):
            for mutant, _ in site.alternatives:
                key = (mutant.function, mutant.original, mutant.mutated)
                alike[key] = alike.get(key, 0) + 1
                mutant.nth = alike[key]
                found.append(mutant)
        return found

    def written(self, stillborn):
        """The source with all its mutants but those."""
        order = sorted(self.sites.values(), key=lambda s: (s.start, -s.end, not s.statement))
        self.order, self.stillborn = order, stillborn
        text, _ = self._render(0, len(self.data), 0)
        return text

    def _render(self, start, end, index):
        parts, at = [], start
        while index < len(self.order) and self.order[index].start < end:
            site = self.order[index]
            if site.end > end:
                raise SystemExit(f"mutation: sites cross in {self.name} at {self._text(site.start, site.end)!r}")
            parts.append(self._text(at, site.start))
            inner, index = self._render_inside(site, index)
            alternatives = [(m, t) for m, t in site.alternatives if m.number not in self.stillborn]
            first = True
            chosen = []
            for mutant, alternative in alternatives:
                mutant.site = alternatives[0][0].number
                select = f"theca_mutant{'' if first else '_too'}({mutant.number})"
                first = False
                chosen.append((select, alternative))
            if not chosen:
                parts.append(inner)
            elif site.statement:
                parts.append("{ " + "".join(f"if ({s}) {t} else " for s, t in chosen) + inner + " }")
            else:
                last = f"static_cast<bool>({inner})" if site.boolean else f"({inner})"
                parts.append("(" + "".join(f"{s} ? ({t}) : " for s, t in chosen) + last + ")")
            at = site.end
        parts.append(self._text(at, end))
        return "".join(parts), index

    def _render_inside(self, site, index):
        """The text of a site with the sites that lie in it; one of the same extent lies in it as well."""
        return self._render_from(site.start, site.end, index + 1)

    def _render_from(self, start, end, index):
        return self._render(start, end, index)


def at_fault(text, offset):
    """Number of the mutant that a compiler's error at this place of a written source is about."""
    best = None
    for match in re.finditer(r"theca_mutant(?:_too)?\((\d+)\)\s*(\?|\))\s*", text):
        if match.start() > offset:
            break
        depth, at = 0, match.end()
        if match[2] == "?":
            while at < len(text):
                depth += (text[at] == "(") - (text[at] == ")")
                at += 1
                if depth == 0:
                    break
        else:
            at = text.index(";", at) + 1
        if offset <= at:
            best = int(match[1])
    return best
