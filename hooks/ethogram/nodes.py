"""YAML read as nodes, so that every fault has its place, and what was typed stays what it is."""

import yaml

from ethogram.findings import Finding

_HINT = "Look for a missing quote or colon, or a wrong indent, here or just above."


class NodeReader:
    """Reads one file and collects what is wrong with it on the way.

    Attributes:
        path: the file, as findings name it.
        findings: all of one rule.
    """

    def __init__(self, path: str, rule: str) -> None:
        self.path, self._rule = path, rule
        self.findings: list[Finding] = []

    def fault(self, at: yaml.Node | yaml.Mark | None, message: str, hint: str) -> None:
        """Note a fault at a node, at a mark, or at the start of the file."""
        mark = at.start_mark if isinstance(at, yaml.Node) else at
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        found = Finding.of(self._rule, self.path, place, message, hint)
        if found not in self.findings:  # an alias shows the same node twice
            self.findings.append(found)

    def broken(self, error: yaml.YAMLError, hint: str) -> None:
        """Note that the file is no YAML, at the place that the parser names."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        self.fault(mark, f"This is no YAML: {why}", hint)

    def compose(self, text: str, message: str, hint: str) -> yaml.MappingNode | None:
        """Read a text into nodes; None where it has no entry, or is no YAML, which is a fault.

        Args:
            text: the file's.
            message, hint: what to say where it is YAML, and no mapping.
        """
        try:
            # Not the C loader: in that one, brackets without end would take the process down.
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            self.broken(error, _HINT)
            return None
        except (RecursionError, ValueError, OverflowError):  # brackets in brackets; `\UFFFFFFFF`
            self.fault(None, "This is no YAML that anyone could read", _HINT)
            return None
        if isinstance(root, yaml.MappingNode):
            return root
        if root is not None and not (isinstance(root, yaml.ScalarNode) and not root.value):
            self.fault(root, message, hint)
        return None
